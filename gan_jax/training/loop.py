"""The training loop: it knows an objective's init, losses and draws, and nothing else of the game."""

import functools
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jax.experimental import multihost_utils

from gan_jax.config import experiment, schema, trust
from gan_jax.config import files as configs
from gan_jax.data import loader
from gan_jax.data.dataset import Dataset
from gan_jax.errors import DivergedError, InputError
from gan_jax.runs import kept
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, initial, parallel, pictures, rehearsal
from gan_jax.training import step as steps
from gan_jax.training.reporting import Reporter
from gan_jax.training.signals import Signals
from gan_jax.training.summary import banner, describe, summary
from gan_jax.training.watch import Watch
from gan_jax.types import Batch, Frozen, Objective, TrainState

log = logging.getLogger(__name__)


def dry_run(config: dict[str, Any], workdir: Path) -> str:
    """Checks all that can be checked without compiling, and tells what would run; nothing is written."""
    config = schema.resolve_config(config)
    data, facts, frozen, trial = _prepared(config, workdir)
    return describe(config, data, facts, frozen, trial)


def _prepared(
    config: dict[str, Any], workdir: Path
) -> tuple[Dataset, dict[str, Any], dict[str, Frozen], assembly.Trial]:
    """A run's data, what they say, its frozen networks, and what a try on shapes found; or an InputError."""
    trust.trust(trust.modules_of(config))  # it is the user's own
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    _check_workdir(config, workdir)
    frozen = experiment.make_frozen(config, kept.read_all(workdir, config["frozen"]))
    trial = assembly.dry_run(config, facts, frozen)
    objective = experiment.make_objective(config, facts, frozen=frozen)
    rehearsal.try_evals(config, data, facts, objective, trial.state)
    return data, facts, frozen, trial


def run(config: dict[str, Any], workdir: Path) -> int:
    """Trains as the config says, going on from the newest checkpoint in `workdir`.

    Returns the exit status: 0, or 128 plus the number of the signal that stopped the run after it had saved.
    """
    config = schema.resolve_config(config)
    data, facts, frozen, trial = _prepared(config, workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    frozen = _keep(workdir, frozen)
    settings = config["checkpoint"]
    with Checkpoints(workdir, settings["keep"], settings["best"]) as checkpoints, Signals() as signals:
        training = Training(config, facts, frozen, data, trial)
        state = training.start(checkpoints)
        with Reporter(workdir, config["steps"], config["batch_size"], int(state.step)) as reporter:
            if jax.process_index() == 0:
                configs.save(config, workdir / "config.json")
            log.info("%s", banner(config, data, workdir, int(state.step)))
            finished = training.proceed(state, checkpoints, reporter, signals)
    return 0 if finished else 128 + (signals.received or signal.SIGTERM)


def _keep(workdir: Path, frozen: dict[str, Frozen]) -> dict[str, Frozen]:
    """The networks with the identities of their copies in the workdir, which are made where there are none."""
    if jax.process_index() == 0:
        for name, network in frozen.items():
            if kept.read(workdir, name) is None:
                kept.save(workdir, name, network)
    if frozen:
        multihost_utils.sync_global_devices("frozen networks are kept")
    copies = kept.read_all(workdir, list(frozen))
    return {name: network._replace(**copies[name]._asdict()) for name, network in frozen.items()}


def _check_workdir(config: dict[str, Any], workdir: Path) -> None:
    """Refuses to go on with a run under another config, but for what does not change what it computes."""
    file = workdir / "config.json"
    if not file.exists() or not any((workdir / "checkpoints").glob("[0-9]*")):
        return
    changed = configs.changes(configs.read(file), config)
    refused = {key: values for key, values in changed.items() if not key.startswith(schema.HARMLESS)}
    if refused:
        listing = (f"  {key}: {old!r} -> {new!r}" for key, (old, new) in refused.items())
        raise InputError(
            f"{workdir} holds a run with another config:", *listing, "Undo this, or give another --workdir."
        )
    for key, (old, new) in changed.items():
        log.info("Changed since the run began: %s: %r -> %r", key, old, new)
    kept.check_present(workdir, config["frozen"])


@contextmanager
def _told_of_divergence() -> Iterator[None]:
    """A run whose average is not finite goes on without its pictures and evaluations: the live parameters may be."""
    try:
        yield
    except DivergedError as error:
        log.warning("%s", error)


class Stage(NamedTuple):
    """What is compiled anew when a stage begins."""

    objective: Objective
    call: Callable  # (state, batches, resident) -> (state, report)
    programs: dict[Any, jax.stages.Compiled]  # of the call, by shapes


class Training:
    """A compiled experiment, and what happens between its steps."""

    def __init__(
        self,
        config: dict[str, Any],
        facts: dict[str, Any],
        frozen: dict[str, Frozen],
        data: Dataset,
        trial: assembly.Trial,
    ) -> None:
        self.config, self.facts, self.frozen, self.data, self.trial = config, facts, frozen, data, trial
        self.devices = parallel.make_devices(config["parallel"]["mode"], shard=config["parallel"]["shard"])
        self.turns = assembly.make_turns(config)
        self.evals = assembly.make_evals(config)
        self.examples = config["batch_size"] * max(turn.repeats for turn in self.turns.values())
        self.description = {
            "config": config,
            "facts": facts,
            "frozen": {name: network.identity["sha256"] for name, network in frozen.items()},
        }

    @functools.cache  # noqa: B019  # one for each stage of the run that is trained
    def stage(self, number: int) -> Stage:
        """The objective and the step of a stage."""
        # Networks that average over devices do so in the step alone: they are initialised and sampled without.
        objective = experiment.make_objective(self.config, self.facts, None, number, self.frozen)
        name, whole = self.devices.axis_name, self.devices.whole
        step = assembly.make_step(self.config, self.facts, name, number, self.frozen, whole)
        call = self.devices.compile(parallel.make_run(step, self.data.flipped), self.trial.state)
        return Stage(objective, call, {})

    @functools.cache  # noqa: B019
    def sampler(self, number: int) -> Sampler:
        """Of a stage's objective; its variables are to be set before use."""
        return Sampler(self.stage(number).objective, {}, self.facts, lambda: self.data)

    def start(self, checkpoints: Checkpoints) -> TrainState:
        """The state to go on from: the newest whole checkpoint's, or a new one."""
        batch = experiment.example_batch(self.facts, self.config["batch_size"])
        init = partial(steps.init, self.stage(0).objective, self.turns)
        key = jax.random.key(self.config["seed"])
        restored = checkpoints.restore_latest(self.devices.template(jax.eval_shape(init, key, batch)))
        if restored is not None:
            kept.check_same(checkpoints.directory.parent, self.description["frozen"], restored.description["frozen"])
            state = restored.state
        else:
            given = initial.given(self.config, {name: p.variables for name, p in self.trial.state.players.items()})
            state = self.devices.once(init, key, batch, {}, given)
        frozen = {name: network.variables for name, network in self.frozen.items()}
        return state.replace(frozen=self.devices.replicate(frozen))

    def proceed(self, state: TrainState, checkpoints: Checkpoints, reporter: Reporter, signals: Signals) -> bool:
        """Steps until the end or a signal; samples, evaluates, saves and reports on the way.

        Returns whether it came to the end.
        """
        step, total = int(state.step), self.config["steps"]
        if step >= total:
            log.info("The run is at step %d of %d: there is nothing left to do.", step, total)
            return True
        report = self.config["report"]
        watch = Watch(self.trial.metrics, list(self.turns), report["every"], self.config["max_skipped"], reporter, step)
        resident = self.devices.replicate(self.data.arrays()) if self.data.fits_in_memory else {}
        stopped, calls = False, 0
        with closing(self.batches(step)) as batches:
            while step < total and not stopped:
                begin, step = step, self.end_of_call(step)
                put = self.devices.put_batches([next(batches) for _ in range(begin, step)])
                stage = experiment.stage_of(self.config, begin)
                with jax.transfer_guard("disallow"):
                    state, told = self.compiled(stage, state, put, resident)(state, put, resident)
                    watch.tell(step, told)
                if begin == 0:
                    players = {name: player.variables.params for name, player in state.players.items()}
                    log.info("%s", summary(players, self.compiled(stage, state, put, resident)))
                calls += 1
                stopped = signals.stop(calls)
                stopped = self.between(begin, state, stage, stopped, watch, checkpoints, reporter, signals)
        watch.finish()
        reporter.curves(last=True)
        if self.data.skipped:
            log.warning("Examples that could not be read and were skipped: %d", len(self.data.skipped))
        return step == total and not signals.now

    def end_of_call(self, step: int) -> int:
        """The step after which the call that begins at `step` ends: none crosses a stage's boundary."""
        together = self.config["parallel"]["steps_per_call"]
        ahead = [boundary for boundary in self.config["stages"] if boundary > step]
        return min([step - step % together + together, self.config["steps"], *ahead])

    def between(
        self,
        begin: int,
        state: TrainState,
        stage: int,
        stopped: bool,
        watch: Watch,
        checkpoints: Checkpoints,
        reporter: Reporter,
        signals: Signals,
    ) -> bool:
        """What is due after a call that began at step `begin`; returns whether the run stops here."""
        step, saving = self.end_of_call(begin), self.config["checkpoint"]
        ends_stage = step in self.config["stages"]

        def due(every: int) -> bool:
            return step == self.config["steps"] or ends_stage or (every > 0 and step // every > begin // every)

        sampler = self.sampler(stage)
        measured: dict[str, float] = {}
        try:
            if begin == 0:
                self.show_data(reporter, sampler)
            with signals.interrupting(), _told_of_divergence():
                if due(self.config["report"]["samples_every"]):
                    self.show(step, state, sampler, reporter)
            wanted = [name for name in self.evals if due(self.evals[name].every) and not (stopped or signals.now)]
            with signals.interrupting():
                for name in wanted:
                    with _told_of_divergence():
                        measured |= self.measure(name, state, sampler)
            stopped = stopped or signals.now
        finally:  # a picture or an evaluation that fails costs no checkpoint
            if measured:
                watch.catch_up()
                reporter.evaluation(step, measured)
            if due(saving["every"]) or stopped or saving["best"].removeprefix("-") in measured:
                watch.catch_up()
                checkpoints.save(state, self.description, measured)
        return stopped

    def show_data(self, reporter: Reporter, sampler: Sampler) -> None:
        """Some of the real images, to hold the generated ones against."""
        count, seed = self.config["report"]["samples"], self.config["seed"]
        picture = pictures.real(self.data, sampler.num_classes, count, seed)
        if picture is not None:
            reporter.real(picture)

    def show(self, step: int, state: TrainState, sampler: Sampler, reporter: Reporter) -> None:
        """A picture of every draw that can be shown, and one of the run so far."""
        sampler.variables = {**state.frozen, **state.ema}
        for name, picture in pictures.drawn(sampler, self.config["report"]["samples"]):
            reporter.samples(step, picture, name)
        reporter.curves(last=False)

    def batches(self, step: int) -> Iterator[dict[str, np.ndarray]]:
        """This host's batches, from the given step on."""
        return loader.batches(
            self.data,
            seed=self.config["seed"],
            start_step=step,
            examples_per_step=self.examples,
            host=jax.process_index(),
            hosts=jax.process_count(),
        )

    def measure(self, name: str, state: TrainState, sampler: Sampler) -> dict[str, float]:
        """The values of an evaluation; it draws by seed from the average, so training does not notice."""
        sampler.variables = {**state.frozen, **state.ema}
        found = self.evals[name].function(sampler, self.data)
        return {f"{name}/{key}" if key else name: value for key, value in found.items()}

    def compiled(
        self, stage: int, state: TrainState, batches: Batch, resident: dict[str, jax.Array]
    ) -> jax.stages.Compiled:
        """The program for that many steps of a stage in one call."""
        shapes = tuple(leaf.shape for leaf in jax.tree.leaves(batches))
        _, call, programs = self.stage(stage)
        if shapes not in programs:
            programs[shapes] = call.lower(state, batches, resident).compile()
        return programs[shapes]
