"""From a run's folder to its sampler."""

from collections.abc import Iterable
from functools import partial
from pathlib import Path

from gan_jax import pinned
from gan_jax.config import trust
from gan_jax.config.experiment import make_data
from gan_jax.runs import digests
from gan_jax.runs.trained import open_run
from gan_jax.sampling.codes import with_codes
from gan_jax.sampling.sampler import Sampler


@pinned.held()
def load(workdir: str | Path, step: int | None = None, best: bool = False, plugins: Iterable[str] = ()) -> Sampler:
    """The sampler of a run's newest checkpoint, of a given step, or of the best by the run's own metric.

    Beside the draws of its objective it has those of codes: `z`, `from_z`, `class`, `from_class`.

    `plugins`: modules outside the package of which the run's config may name networks, losses and the like. They are
    trusted for as long as the process lives.
    """
    trust.trust(plugins)
    run = open_run(workdir, step, best)
    digest_of = {"config_sha256": digests.of_text(run.config), "checkpoint_sha256": run.digest}
    origin = {"run": run.name, "step": str(run.step), **digest_of}
    objective = with_codes(run.objective, run.facts, run.variables)
    return Sampler(objective, run.variables, run.facts, partial(make_data, run.config), origin)
