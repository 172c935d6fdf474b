"""What is due between calls of the step: saving, then pictures and evaluations, so that what fails loses nothing."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from gan_jax.data.dataset import Dataset
from gan_jax.errors import DivergedError
from gan_jax.hosts import joined
from gan_jax.provenance.marks import asked_with_pictures
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import pictures
from gan_jax.training.assembly import Eval
from gan_jax.training.hang import Hang
from gan_jax.training.reporting import Reporter
from gan_jax.training.signals import Signals
from gan_jax.training.watch import Watch
from gan_jax.types import TrainState

log = logging.getLogger(__name__)


@contextmanager
def _told_of_divergence() -> Iterator[None]:
    """A run whose average is not finite goes on without its pictures and evaluations: the live parameters may be."""
    try:
        yield
    except DivergedError as error:
        log.warning("%s", error)


def _passed(every: int, begin: int, step: int) -> bool:
    return every > 0 and step // every > begin // every


class Occasions:
    """Saves, shows and evaluates when the config says so."""

    def __init__(
        self,
        config: dict[str, Any],
        description: dict[str, Any],
        data: Dataset,
        evals: Mapping[str, Eval],
        checkpoints: Checkpoints,
        reporter: Reporter,
        watch: Watch,
        signals: Signals,
    ) -> None:
        self.config, self.description, self.data, self.evals = config, description, data, evals
        self.checkpoints, self.reporter, self.watch, self.signals = checkpoints, reporter, watch, signals
        self.hang = Hang()

    def after(self, begin: int, step: int, state: TrainState, sampler: Sampler, stopped: bool) -> bool:
        """What is due after the call of the steps from `begin` to `step`; returns whether the run stops here."""
        report, saving = self.config["report"], self.config["checkpoint"]
        wanted = self._wanted(begin, step)
        best = saving["best"].removeprefix("-").partition("/")[0]
        if self._due(saving["every"], begin, step) or stopped or best in wanted:
            self._save(step, state)
        if begin == 0:
            self._show_data(sampler)
        if self._due(report["samples_every"], begin, step):
            self._show(step, state, sampler)
        if not (stopped or self.signals.now):
            self._evaluate(wanted, step, state, sampler)
        if self.signals.now:
            self._save(step, state)
        return stopped or self.signals.now

    def missed(self, begin: int, step: int, state: TrainState, sampler: Sampler) -> None:
        """Evaluates what an earlier session saved, and did not live to evaluate."""
        done = self.checkpoints.scores.evaluations(step)
        self._evaluate([name for name in self._wanted(begin, step) if name not in done], step, state, sampler)

    def _wanted(self, begin: int, step: int) -> list[str]:
        """The evaluations that are due; the end of a stage is none of the run's, and its pictures may be smaller."""
        last = step == self.config["steps"]
        return [name for name, it in self.evals.items() if last or _passed(it.every, begin, step)]

    def _due(self, every: int, begin: int, step: int) -> bool:
        return step == self.config["steps"] or step in self.config["stages"] or _passed(every, begin, step)

    def _save(self, step: int, state: TrainState) -> None:
        """Parameters are finite at all times, but while updates are skipped a run may be past saving."""
        self.watch.catch_up()
        if self.watch.skipping:
            log.warning("Not saved after step %d: no update of %s.", step, " or ".join(self.watch.skipping))
        else:
            self.checkpoints.save(state, {**self.description, "window": self.watch.window})

    def _show_data(self, sampler: Sampler) -> None:
        """Some of the real images, to hold the generated ones against."""
        count, seed = self.config["report"]["samples"], self.config["seed"]
        picture = pictures.real(self.data, sampler.num_classes, count, seed)
        if picture is not None:
            self.reporter.real(picture)

    def _show(self, step: int, state: TrainState, sampler: Sampler) -> None:
        """A picture of every draw that can be shown, and one of the run so far."""
        self.checkpoints.verify()
        sampler.variables = {**state.frozen, **state.ema}
        with self.signals.interrupting(), _told_of_divergence():
            for name, picture in pictures.drawn(sampler, self.config["report"]["samples"]):
                asked = sampler.conditions("" if name == "samples" else name).values()
                self.reporter.samples(step, picture, name, composite=asked_with_pictures(asked))
            self.reporter.curves(last=False)

    def _evaluate(self, names: list[str], step: int, state: TrainState, sampler: Sampler) -> None:
        """Evaluations draw by seed from the average, so training does not notice them."""
        if names:
            self.checkpoints.verify()
            sampler.variables = {**state.frozen, **state.ema}
        measured: dict[str, float] = {}
        try:
            with self.signals.interrupting(), self.hang.paused():
                for name in names:
                    joined.meet(f"evaluation {name} after step {step}")
                    with _told_of_divergence():
                        found = self.evals[name].function(sampler, self.data)
                        values = {f"{name}/{key}" if key else name: value for key, value in found.items()}
                        measured |= values
                        self.checkpoints.scores.add(step, name, values)
        finally:
            if measured:
                self.watch.catch_up()
                self.reporter.evaluation(step, measured)
