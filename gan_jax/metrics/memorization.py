"""Are generated images copies of training images? Three audits, none reliable alone, and a control for each.

Stein et al. (arXiv 2306.04675) found that no such metric detects memorisation dependably: report all three, and
beside each the response to copies planted on purpose (`planted_copies`).
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, Int
from scipy.stats import rankdata
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA

from gan_jax.errors import InputError
from gan_jax.metrics.distances import nearest
from gan_jax.metrics.samples import Estimate, Features, checked, checked_pair, proportion, same_size


def authenticity(train: Features, fake: Features) -> Estimate:
    """AuthPct, in percent: the share of fake samples that are no noisy copies (Alaa et al., arXiv 2102.08921).

    A sample is authentic when it is farther from its nearest training sample than that one is from its own nearest
    neighbour in the training set. Fresh samples of the same law score well below 100 (16-d Gaussian: about 69).
    """
    train, fake = checked_pair(train, fake)
    own = nearest(train, train, 1, leave_self_out=True).distance[:, 0]
    closest = nearest(fake, train, 1)
    share = proportion(closest.distance[:, 0] > own[closest.index[:, 0]])
    return Estimate(100 * share.value, 100 * share.sd)


class CalibratedNeighbours(NamedTuple):
    """How near each fake sample is to its nearest training sample for that region, and which one it is."""

    ratio: Float64[np.ndarray, "fake"]
    index: Int[np.ndarray, "fake"]


def calibrated_neighbours(train: Features, fake: Features, *, k: int = 50) -> CalibratedNeighbours:
    """The distance to the nearest training sample over that one's mean distance to its k neighbours (Stein et al.).

    Near 1 for fresh samples, 0 for copies, in dense and sparse regions alike: sort by it to see the likeliest copies.
    """
    train, fake = checked_pair(checked(train, "training", at_least=k + 1), fake)
    closest = nearest(fake, train, 1)
    indices, inverse = np.unique(closest.index[:, 0], return_inverse=True)
    # One more neighbour than k, since each is found as its own; copies of it in the set count.
    spacing = nearest(train[indices], train, k + 1).distance.sum(axis=1) / k
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = closest.distance[:, 0] / spacing[inverse]
    return CalibratedNeighbours(np.nan_to_num(ratio, nan=0.0, posinf=np.inf), closest.index[:, 0])


def copying_score(train: Features, held_out: Features, fake: Features, *, cells: int = 3, seed: int = 0) -> Estimate:
    """C_T (Meehan et al., arXiv 2004.05675): are fake samples nearer to the training set than held-out ones are?

    A Mann-Whitney z-score of the distances to the nearest training sample, fake against held-out, in each k-means cell
    of the training set after PCA to 64 dimensions, averaged with the held-out shares; cells with 20 fake samples or
    fewer are left out. Below -3: copying; above 3: underfitting. `sd` is that of the score when nothing is copied.
    """
    train, held_out, fake = checked(train, "training", cells), checked(held_out, "held-out"), checked(fake, "fake", 21)
    same_size(train.shape[1], held_out.shape[1])
    same_size(train.shape[1], fake.shape[1])
    if train.shape[1] > 64 and len(train) > 64:
        reduction = PCA(64, random_state=seed).fit(train)
        train, held_out, fake = (reduction.transform(side) for side in (train, held_out, fake))
    clusters = KMeans(cells, n_init=10, random_state=seed).fit(train)
    cell_of = [clusters.predict(side) for side in (train, held_out, fake)]
    scores, weights = [], []
    for cell in range(cells):
        inside = [side[label == cell] for side, label in zip((train, held_out, fake), cell_of, strict=True)]
        if len(inside[2]) <= 20:
            continue
        if not len(inside[1]):
            raise InputError(f"Cell {cell} of {cells} has no held-out samples; use fewer cells or more of them.")
        expected, obtained = (nearest(side, inside[0], 1).distance[:, 0] for side in inside[1:])
        scores.append(_mann_whitney(obtained, expected))
        weights.append(len(inside[1]))
    if not scores:
        raise InputError(
            f"No cell holds more than 20 of the {len(fake)} fake samples; use fewer cells or more of them."
        )
    weights = np.array(weights) / np.sum(weights)
    return Estimate(float(weights @ scores), float(np.linalg.norm(weights)))


def _mann_whitney(first: np.ndarray, second: np.ndarray) -> float:
    """The z-score of U, which counts the pairs with `first` above `second`, with the authors' continuity correction."""
    m, n = len(first), len(second)
    u = rankdata(np.concatenate([first, second]))[:m].sum() - m * (m + 1) / 2
    return float((u - (m * n / 2 - 0.5)) / np.sqrt(m * n * (m + n + 1) / 12))


def relative_scale(held_out: Features, fake: Features, *, cells: int = 3, seed: int = 0) -> float:
    """How wide fake samples lie within cells of the held-out set, relative to held-out ones: 1 for those of one law.

    Below about 0.9 they are too narrow, and authenticity and the copying score fall as far as of copies: narrow sets
    lie near the middle of their cells, where training samples are dense.
    """
    held_out, fake = checked_pair(checked(held_out, "held-out", cells), fake)
    clusters = KMeans(cells, n_init=10, random_state=seed).fit(held_out)
    labels = clusters.labels_, clusters.predict(fake)
    spreads, weights = [], []
    for cell in range(cells):
        inside = [side[label == cell] for side, label in zip((held_out, fake), labels, strict=True)]
        if min(map(len, inside)) > 1:
            real, generated = (np.sqrt(part.var(axis=0).sum()) for part in inside)
            spreads.append(generated / real)
            weights.append(len(inside[1]))
    return float(np.average(spreads, weights=weights)) if spreads else 0.0


def planted_copies(train: Features, fake: Features, share: float, *, seed: int = 0) -> np.ndarray:
    """The fake samples with a share of them replaced by training samples, the positive control of a copy detector."""
    train, fake = checked_pair(train, fake)
    rng = np.random.default_rng(seed)
    count = round(share * len(fake))
    if not 0 <= share <= 1 or count > len(train):
        raise InputError(f"share={share} of {len(fake)} samples cannot be planted from {len(train)} training samples.")
    planted = fake.copy()
    planted[rng.choice(len(fake), count, replace=False)] = train[rng.choice(len(train), count, replace=False)]
    return planted


def control(
    audit: Callable[[np.ndarray], Estimate],
    train: Features,
    fake: Features,
    shares: Sequence[float] = (0.0, 0.1, 0.5, 1.0),
    *,
    seed: int = 0,
) -> dict[float, Estimate]:
    """What an audit of fake features says when known shares of them are copies; trust it as far as this responds."""
    return {share: audit(planted_copies(train, fake, share, seed=seed)) for share in shares}
