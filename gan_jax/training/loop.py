"""The training loop: it knows an objective's init, losses and sample, and nothing else of the game."""

import logging
import signal
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import jax
import numpy as np

from gan_jax.checkpoint import Checkpoints
from gan_jax.config import experiment, schema
from gan_jax.config import files as configs
from gan_jax.data import loader
from gan_jax.data.dataset import Dataset
from gan_jax.errors import DivergedError, InputError
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, parallel, pictures
from gan_jax.training import step as steps
from gan_jax.training.reporting import Reporter
from gan_jax.training.signals import Signals
from gan_jax.training.summary import summary
from gan_jax.training.watch import Watch
from gan_jax.types import Batch, TrainState

log = logging.getLogger(__name__)


def run(config: dict[str, Any], workdir: Path) -> int:
    """Trains as the config says, going on from the newest checkpoint in `workdir`.

    Returns the exit status: 0, or 128 plus the number of the signal that stopped the run after it had saved.
    """
    config = schema.resolve_config(config)
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    metrics = assembly.dry_run(config, facts)
    _check_workdir(config, workdir)
    workdir.mkdir(parents=True, exist_ok=True)
    settings = config["checkpoint"]
    with Checkpoints(workdir, settings["keep"], settings["best"]) as checkpoints, Signals() as signals:
        training = Training(config, facts, data, metrics)
        state = training.start(checkpoints)
        with Reporter(workdir, config["steps"], config["batch_size"], int(state.step)) as reporter:
            if jax.process_index() == 0:
                configs.save(config, workdir / "config.json")
            finished = training.proceed(state, checkpoints, reporter, signals)
    return 0 if finished else 128 + (signals.received or signal.SIGTERM)


def _check_workdir(config: dict[str, Any], workdir: Path) -> None:
    """Refuses to go on with a run under another config, but for what does not change what it computes."""
    file = workdir / "config.json"
    if not file.exists() or not any((workdir / "checkpoints").glob("[0-9]*")):
        return
    changed = configs.changes(configs.read(file), config)
    refused = {key: values for key, values in changed.items() if not key.startswith(schema.HARMLESS)}
    if refused:
        listing = "\n".join(f"  {key}: {old!r} -> {new!r}" for key, (old, new) in refused.items())
        raise InputError(
            f"{workdir} holds a run with another config:\n{listing}\nUndo this, or give another --workdir."
        )
    for key, (old, new) in changed.items():
        log.info("Changed since the run began: %s: %r -> %r", key, old, new)


@contextmanager
def _told_of_divergence() -> Iterator[None]:
    """A run whose average is not finite goes on without its pictures and evaluations: the live parameters may be."""
    try:
        yield
    except DivergedError as error:
        log.warning("%s", error)


class Training:
    """A compiled experiment, and what happens between its steps."""

    def __init__(self, config: dict[str, Any], facts: dict[str, Any], data: Dataset, metrics: list[str]) -> None:
        self.config, self.facts, self.data, self.metrics = config, facts, data, metrics
        self.devices = parallel.make_devices(config["parallel"]["mode"])
        self.turns = assembly.make_turns(config)
        self.evals = assembly.make_evals(config)
        self.examples = config["batch_size"] * max(turn.repeats for turn in self.turns.values())
        # Networks that average over devices do so in the step alone: they are initialised and sampled without.
        self.objective = experiment.make_objective(config, facts)
        step = assembly.make_step(config, facts, self.devices.axis_name)
        self.call = self.devices.compile(parallel.make_run(step, config["data"]["flip"]))
        self.programs: dict[Any, jax.stages.Compiled] = {}

    def start(self, checkpoints: Checkpoints) -> TrainState:
        """The state to go on from: the newest whole checkpoint's, or a new one."""
        batch = experiment.example_batch(self.facts, self.config["batch_size"])
        init = partial(steps.init, self.objective, self.turns)
        key = jax.random.key(self.config["seed"])
        shapes = jax.eval_shape(init, key, batch)
        restored = checkpoints.restore_latest(self.devices.template(shapes))
        if restored is not None:
            return restored.state
        return self.devices.once(init, key, batch)

    def proceed(self, state: TrainState, checkpoints: Checkpoints, reporter: Reporter, signals: Signals) -> bool:
        """Steps until the end or a signal; samples, evaluates, saves and reports on the way.

        Returns whether it came to the end.
        """
        step, total = int(state.step), self.config["steps"]
        if step >= total:
            log.info("The run is at step %d of %d: there is nothing left to do.", step, total)
            return True
        together = self.config["parallel"]["steps_per_call"]
        report, saving = self.config["report"], self.config["checkpoint"]
        watch = Watch(self.metrics, list(self.turns), report["every"], self.config["max_skipped"], reporter, step)
        sampler = Sampler(self.objective, state.ema, self.facts)
        resident = self.devices.replicate(self.data.arrays()) if self.data.fits_in_memory else {}
        if step == 0:
            reporter.real(*pictures.real(self.data, sampler.num_classes, report["samples"], self.config["seed"]))
        stopped = False
        with closing(self.batches(step)) as batches:
            while step < total and not stopped:
                begin, step = step, min(step - step % together + together, total)
                put = self.devices.put_batches([next(batches) for _ in range(begin, step)])
                with jax.transfer_guard("disallow"):
                    state, told = self.compiled(state, put, resident)(state, put, resident)
                    watch.tell(step, told)
                if begin == 0:
                    players = {name: player.variables.params for name, player in state.players.items()}
                    log.info("%s", summary(players, self.compiled(state, put, resident)))
                stopped = signals.stop(begin // together + 1)

                def due(every: int, begin: int = begin, step: int = step) -> bool:
                    return step == total or (every > 0 and step // every > begin // every)

                if due(report["samples_every"]):
                    sampler.variables = state.ema
                    with _told_of_divergence():
                        reporter.samples(step, *pictures.generated(sampler, report["samples"]))
                measured: dict[str, float] = {}
                stopped = stopped or signals.now
                wanted = [name for name in self.evals if due(self.evals[name].every) and not stopped]
                try:
                    with signals.interrupting():
                        for name in wanted:
                            with _told_of_divergence():
                                measured |= self.measure(name, state, sampler)
                    stopped = stopped or signals.now
                finally:  # an evaluation that fails costs no checkpoint
                    if measured:
                        watch.catch_up()
                        reporter.evaluation(step, measured)
                    if due(saving["every"]) or stopped or saving["best"].removeprefix("-") in measured:
                        watch.catch_up()
                        checkpoints.save(state, {"config": self.config, "facts": self.facts}, measured)
        watch.finish()
        if self.data.skipped:
            log.warning("Examples that could not be read and were skipped: %d", len(self.data.skipped))
        return step == total and not signals.now

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
        sampler.variables = state.ema
        found = self.evals[name].function(sampler, self.data)
        return {f"{name}/{key}" if key else name: value for key, value in found.items()}

    def compiled(self, state: TrainState, batches: Batch, resident: dict[str, jax.Array]) -> jax.stages.Compiled:
        """The program for that many steps in one call."""
        shapes = tuple(leaf.shape for leaf in jax.tree.leaves(batches))
        if shapes not in self.programs:
            self.programs[shapes] = self.call.lower(state, batches, resident).compile()
        return self.programs[shapes]
