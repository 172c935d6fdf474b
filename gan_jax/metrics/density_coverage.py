"""Density and coverage, which one outlier cannot inflate as it does precision and recall."""

from typing import NamedTuple

import numpy as np

from gan_jax.metrics.distances import count_in_balls, radii
from gan_jax.metrics.samples import Estimate, Features, checked_pair, proportion


class DensityCoverage(NamedTuple):
    """Fidelity (1 for equal laws, unbounded above) and diversity, with standard errors over samples."""

    density: Estimate
    coverage: Estimate


def density_coverage(real: Features, fake: Features, *, k: int = 5, closed: bool = False) -> DensityCoverage:
    """Density and coverage of Naeem et al. (arXiv 2002.09797), as prdc has them: k = 5, the surface is outside.

    Density is the number of real balls (radius: k-th neighbour) that a fake sample lies in, over k; coverage the share
    of real balls that hold a fake sample. With strict balls, sets that collapsed to one point score 0.
    """
    real, fake = checked_pair(real, fake, at_least=k + 1)
    counts = count_in_balls(real, radii(real, k), fake, closed=closed)
    density = counts.balls_of_point / k
    spread = float(np.std(density, ddof=1) / np.sqrt(len(density)))
    return DensityCoverage(Estimate(float(density.mean()), spread), proportion(counts.points_of_ball > 0))


def expected_coverage(real: int, fake: int, k: int) -> float:
    """The coverage that two samples of one law have on average (Naeem et al., equation 9), to hold a value against."""
    misses = np.arange(1, k + 1)
    return float(1 - np.prod((real - misses) / (real + fake - misses)))
