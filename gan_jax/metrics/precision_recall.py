"""Improved precision and recall: the share of each set inside the other's manifold of nearest-neighbour balls."""

from typing import NamedTuple

from gan_jax.metrics.distances import count_in_balls, radii
from gan_jax.metrics.samples import Estimate, Features, checked_pair, proportion


class PrecisionRecall(NamedTuple):
    """Fidelity and diversity, each with the binomial standard error of its share."""

    precision: Estimate
    recall: Estimate


def precision_recall(real: Features, fake: Features, *, k: int = 3, closed: bool = True) -> PrecisionRecall:
    """Precision and recall of Kynkäänniemi et al. (arXiv 1904.06991): k = 3, and a sample on the surface is inside.

    Precision is the share of fake samples in at least one ball around a real sample whose radius is the distance to
    its k-th neighbour; recall the same with the sets exchanged. prdc uses k = 5 and `closed=False`; dgm-eval k = 5.
    """
    real, fake = checked_pair(real, fake, at_least=k + 1)
    precision = count_in_balls(real, radii(real, k), fake, closed=closed).balls_of_point > 0
    recall = count_in_balls(fake, radii(fake, k), real, closed=closed).balls_of_point > 0
    return PrecisionRecall(proportion(precision), proportion(recall))
