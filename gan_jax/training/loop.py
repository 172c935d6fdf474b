"""The training loop: it knows an objective's init, losses and draws, and nothing else of the game."""

import functools
import logging
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from gan_jax import pinned, rng
from gan_jax.config import experiment, schema, trust
from gan_jax.config import files as configs
from gan_jax.data import loader
from gan_jax.data.dataset import Dataset
from gan_jax.errors import DivergedError
from gan_jax.hosts import joined
from gan_jax.runs import kept
from gan_jax.runs import workdir as workdirs
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, identity, initial, parallel, rehearsal
from gan_jax.training import step as steps
from gan_jax.training.occasions import Occasions
from gan_jax.training.reporting import Reporter
from gan_jax.training.signals import Signals
from gan_jax.training.summary import banner, describe, summary
from gan_jax.training.watch import Watch, Window
from gan_jax.types import Batch, Frozen, Objective, TrainState

log = logging.getLogger(__name__)


@pinned.held()
def dry_run(config: dict[str, Any], workdir: Path) -> str:
    """Checks all that can be checked without compiling, and tells what would run; nothing is written."""
    config = schema.resolve_config(config)
    data, facts, frozen, _, trial = _prepared(config, workdir)
    return describe(config, data, facts, frozen, trial)


def _prepared(
    config: dict[str, Any], workdir: Path
) -> tuple[Dataset, dict[str, Any], dict[str, Frozen], dict[str, assembly.Eval], assembly.Trial]:
    """A run's data, what they say, its frozen networks, evaluations, and what a try on shapes found; or InputError."""
    trust.trust(trust.modules_of(config))  # it is the user's own
    workdirs.check_place(workdir)
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    workdirs.check_same_run(workdir, config, facts)
    frozen = experiment.make_frozen(config, kept.read_all(workdir, config["frozen"]))
    trial = assembly.dry_run(config, facts, frozen)
    objective = experiment.make_objective(config, facts, frozen=frozen)
    evals = assembly.make_evals(config)
    rehearsal.try_evals(config, data, facts, objective, trial.state)
    return data, facts, frozen, evals, trial


@pinned.held()
def run(config: dict[str, Any], workdir: Path) -> int:
    """Trains as the config says, going on from the newest checkpoint in `workdir`.

    Returns the exit status: 0, or 128 plus the number of the signal that stopped the run after it had saved.
    """
    config = schema.resolve_config(config)
    data, facts, frozen, evals, trial = _prepared(config, workdir)
    joined.agree("start of the run", identity.parts, config, facts, workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        if jax.process_index() == 0:
            stack.enter_context(workdirs.held(workdir))
        frozen = kept.keep(workdir, frozen)
        settings = config["checkpoint"]
        checkpoints = stack.enter_context(Checkpoints(workdir, settings["keep"], settings["best"]))
        signals = stack.enter_context(Signals())
        training = Training(config, facts, frozen, data, evals, trial)
        state, window = training.start(checkpoints)
        reporter = stack.enter_context(Reporter(workdir, config["steps"], config["batch_size"], int(state.step)))
        if jax.process_index() == 0:
            configs.save({**config, "facts": facts}, workdir / "config.json")
        log.info("%s", banner(config, data, workdir, int(state.step)))
        players, report = list(training.turns), config["report"]
        watch = Watch(trial.metrics, players, report["every"], config["max_skipped"], reporter, int(state.step), window)
        finished = training.proceed(
            state, Occasions(config, training.description, data, training.evals, checkpoints, reporter, watch, signals)
        )
    return 0 if finished else 128 + (signals.received or signal.SIGTERM)


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
        evals: dict[str, assembly.Eval],
        trial: assembly.Trial,
    ) -> None:
        self.config, self.facts, self.frozen, self.data, self.trial = config, facts, frozen, data, trial
        self.evals = evals
        self.devices = parallel.make_devices(config["parallel"]["mode"], shard=config["parallel"]["shard"])
        self.turns = assembly.make_turns(config)
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
        call = self.devices.compile(
            parallel.make_run(step, self.data.flipped, name, self.data.turned), self.trial.state
        )
        return Stage(objective, call, {})

    @functools.cache  # noqa: B019
    def sampler(self, number: int) -> Sampler:
        """Of a stage's objective; its variables are to be set before use."""
        return Sampler(self.stage(number).objective, {}, self.facts, lambda: self.data)

    def start(self, checkpoints: Checkpoints) -> tuple[TrainState, Window]:
        """The state to go on from, the newest whole checkpoint's or a new one, and its unreported metrics."""
        batch = experiment.example_batch(self.facts, self.config["batch_size"])
        init = partial(steps.init, self.stage(0).objective, self.turns)
        key = rng.key(self.config["seed"])
        restored = checkpoints.restore_latest(self.devices.template(self.trial.state.replace(frozen={})))
        if restored is not None:
            kept.check_same(checkpoints.directory.parent, self.description["frozen"], restored.description["frozen"])
            state, window = restored.state, restored.description["window"]
            checkpoints.scores.forget_after(restored.step)
        else:
            given = initial.given(self.config, {name: p.variables for name, p in self.trial.state.players.items()})
            state, window = self.devices.once(init, key, batch, {}, given), {}
        frozen = {name: network.variables for name, network in self.frozen.items()}
        return state.replace(frozen=self.devices.replicate(frozen)), window

    def proceed(self, state: TrainState, occasions: Occasions) -> bool:
        """Steps until the end or a signal; saves, samples, evaluates and reports on the way.

        Returns whether it came to the end.
        """
        step, total = int(state.step), self.config["steps"]
        watch, signals, hang = occasions.watch, occasions.signals, occasions.hang
        if step > 0:
            sampler = self.sampler(experiment.stage_of(self.config, step - 1))
            occasions.missed(self.begin_of_call(step), step, state, sampler)
        if step >= total:
            log.info("The run is at step %d of %d: there is nothing left to do.", step, total)
            return not signals.now
        resident = self.devices.replicate(self.data.arrays()) if self.data.fits_in_memory else {}
        stopped, calls = signals.now, 0
        with closing(self.batches(step)) as batches, hang.watching(occasions.checkpoints.directory.parent):
            while step < total and not stopped:
                hang.begin(step)
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
                stopped = occasions.after(begin, step, state, self.sampler(stage), signals.stop(calls))
        watch.finish()
        occasions.reporter.curves(last=True)
        if self.data.skipped:
            log.warning("Examples that could not be read and were skipped: %d", len(self.data.skipped))
        if watch.skipping:
            raise DivergedError(f"The run ended while no update of {' or '.join(watch.skipping)} was finite.")
        return step == total and not signals.now

    def begin_of_call(self, step: int) -> int:
        """The step at which the call that ends at `step` begins."""
        together = self.config["parallel"]["steps_per_call"]
        return max([(step - 1) // together * together, *(b for b in self.config["stages"] if b < step)])

    def end_of_call(self, step: int) -> int:
        """The step after which the call that begins at `step` ends: none crosses a stage's boundary."""
        together = self.config["parallel"]["steps_per_call"]
        ahead = [boundary for boundary in self.config["stages"] if boundary > step]
        return min([step - step % together + together, self.config["steps"], *ahead])

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

    def compiled(
        self, stage: int, state: TrainState, batches: Batch, resident: dict[str, jax.Array]
    ) -> jax.stages.Compiled:
        """The program for that many steps of a stage in one call."""
        shapes = tuple(leaf.shape for leaf in jax.tree.leaves(batches))
        _, call, programs = self.stage(stage)
        if shapes not in programs:
            programs[shapes] = call.lower(state, batches, resident).compile()
        return programs[shapes]
