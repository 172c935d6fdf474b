"""From a run's folder to its sampler."""

from functools import partial
from pathlib import Path

from gan_jax.config.experiment import make_data
from gan_jax.runs.trained import open_run
from gan_jax.sampling.sampler import Sampler


def load(workdir: str | Path, step: int | None = None, best: bool = False) -> Sampler:
    """The sampler of a run's newest checkpoint, of a given step, or of the best by the run's own metric."""
    run = open_run(workdir, step, best)
    origin = {"run": run.name, "step": str(run.step)}
    return Sampler(run.objective, run.variables, run.facts, partial(make_data, run.config), origin)
