"""Shares of classes that an imperfect classifier counts, corrected by what is known of its mistakes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer

from gan_jax.errors import InputError
from gan_jax.metrics.intervals import Interval, Z

LEAST = 100  # images whose shares are asked for
LEAST_KNOWN = 20  # images of each class, by which a classifier's mistakes are known
LEAST_RIGHT = 0.6  # of each class
MOST_UNCERTAIN = 10.0  # condition number of the matrix that is solved with


class Confusion(NamedTuple):
    """How often each true class (row) is read as each class (column), in images whose class is known."""

    classes: tuple[str, ...]
    counts: Integer[np.ndarray, "true read"]

    @property
    def rates(self) -> Float[np.ndarray, "true read"]:
        """P(read as j | truly i)."""
        return self.counts / self.counts.sum(axis=1, keepdims=True)


class Shares(NamedTuple):
    """The share of each class: as counted, corrected, and the ends of 95 % intervals."""

    counted: Float[np.ndarray, "classes"]
    solved: Float[np.ndarray, "classes"]  # corrected, without bias: of a rare class it may be below 0
    corrected: Float[np.ndarray, "classes"]  # the nearest that are shares
    low: Float[np.ndarray, "classes"]
    high: Float[np.ndarray, "classes"]
    deviation: Float[np.ndarray, "classes"]  # standard, of `solved`
    count: int


def confusion(
    true: Integer[np.ndarray, "n"], read: Integer[np.ndarray, "n"], classes: Sequence[str], what: str
) -> Confusion:
    """Counts a classifier's mistakes; `what` is how an error calls the attribute.

    Raises:
        InputError: by these counts nothing can be corrected. A class has too few images whose class is known, the
            classifier is no better than chance at one, or it confuses classes so much that no share can be told.
    """
    size = len(classes)
    counts = np.bincount(true * size + read, minlength=size * size).reshape(size, size)
    found = Confusion(tuple(classes), counts)
    known = counts.sum(axis=1)
    if known.min() < LEAST_KNOWN:
        raise InputError(
            f"{what}: only {known.min()} images are known to be {classes[known.argmin()]!r}; give {LEAST_KNOWN} of "
            "each class at least, by which the mistakes of reading are counted, or leave the class out."
        )
    right = np.diag(found.rates)
    if right.min() < LEAST_RIGHT:
        worst = right.argmin()
        raise InputError(
            f"{what}: {classes[worst]!r} is read right in {right[worst]:.0%} of {known[worst]} images (chance: "
            f"{1 / size:.0%}; needed: {LEAST_RIGHT:.0%}). Train the classifier for longer or on more images, or join "
            "the classes that it cannot tell apart."
        )
    condition = np.linalg.cond(found.rates)
    if condition > MOST_UNCERTAIN:
        raise InputError(
            f"{what}: the confusion matrix is nearly singular (condition number {condition:.3g}, at most "
            f"{MOST_UNCERTAIN:.0f}): shares cannot be told from it. Join the classes that are read as each other."
        )
    return found


def corrected(read: Integer[np.ndarray, "n"], known: Confusion, what: str) -> Shares:
    """The shares of classes behind what was read: q = Cᵀp, solved for p (of two classes: Rogan & Gladen 1978).

    The interval of a class squares and adds two parts (MOVER, Zou & Donner 2008): Wilson's of what was counted, and
    that of the confusion matrix by the delta method. Where nothing is misread it is Wilson's.
    """
    size, n = len(known.classes), len(read)
    if n < LEAST:
        raise InputError(f"{what}: {n} images are too few for shares: give {LEAST} at least.")
    q = np.bincount(read, minlength=size) / n
    inverse = np.linalg.inv(known.rates.T)  # p = inverse @ q
    solved = inverse @ q
    p = _on_simplex(solved)
    # Two images more of each class, so that a matrix without mistakes is not taken for certain.
    total = known.counts.sum(axis=1) + 2
    smooth = (known.counts + 2 / size) / total[:, None]
    of_rates = sum(p[i] ** 2 / total[i] * _covariance(smooth[i]) for i in range(size))
    matrix = np.sqrt(np.einsum("ja,ab,jb->j", inverse, of_rates, inverse))
    counting = np.sqrt(np.maximum(np.einsum("ja,ab,jb->j", inverse, _covariance(q), inverse), 0) / n)
    ends = np.array([_score_interval(row, q, j, n) for j, row in enumerate(inverse)])
    low = solved - np.hypot(solved - ends[:, 0], Z * matrix)
    high = solved + np.hypot(ends[:, 1] - solved, Z * matrix)
    return Shares(q, solved, p, np.clip(low, 0, 1), np.clip(high, 0, 1), np.hypot(counting, matrix), n)


def known_shares(true: Integer[np.ndarray, "n"], classes: int) -> Shares:
    """The shares of a whole set of which all classes are known: they are what they are."""
    share = np.bincount(true, minlength=classes) / len(true)
    return Shares(share, share, share, share, share, np.zeros(classes), len(true))


def _covariance(p: Float[np.ndarray, "classes"]) -> Float[np.ndarray, "classes classes"]:
    return np.diag(p) - np.outer(p, p)


def _score_interval(
    values: Float[np.ndarray, "classes"], q: Float[np.ndarray, "classes"], own: int, n: int
) -> tuple[float, float]:
    """Wilson's interval of the mean of what a reading counts for: z² more of them, half of `own`, half of the others.

    Of two classes it is Wilson's interval of a share, as a linear function carries it over.
    """
    others = np.where(np.arange(len(q)) == own, 0, q + 1e-12)
    poles = np.array([values[own], values @ others / others.sum()])
    variance = max(values**2 @ q - (values @ q) ** 2, 0)
    centre = (n * (values @ q) + Z**2 * poles.mean()) / (n + Z**2)
    half = Z / (n + Z**2) * np.sqrt(n * variance + Z**2 * (np.ptp(poles) / 2) ** 2)
    return centre - half, centre + half


def _on_simplex(p: Float[np.ndarray, "classes"]) -> Float[np.ndarray, "classes"]:
    """The nearest shares that are not negative and add up to one (Duchi et al. 2008)."""
    falling = np.sort(p)[::-1]
    excess = (np.cumsum(falling) - 1) / np.arange(1, len(p) + 1)
    return np.maximum(p - excess[np.flatnonzero(falling > excess)[-1]], 0)


def amplification(generated: Shares, training: Shares) -> list[Interval]:
    """Log odds of each class in generated images less those in the training data: 0 where it is as frequent.

    Unlike the ratio of shares it does not explode for rare classes. Shares within half an image of 0 or 1 are taken to
    be half an image from it.
    """
    value = _logit(generated, generated.corrected) - _logit(training, training.corrected)
    below = _logit(generated, generated.corrected) - _logit(generated, generated.low)
    above = _logit(generated, generated.high) - _logit(generated, generated.corrected)
    below_training = _logit(training, training.corrected) - _logit(training, training.low)
    above_training = _logit(training, training.high) - _logit(training, training.corrected)
    ends = value - np.hypot(below, above_training), value + np.hypot(above, below_training)
    return [Interval(*map(float, row)) for row in zip(value, *ends, strict=True)]


def _logit(shares: Shares, p: Float[np.ndarray, "classes"]) -> Float[np.ndarray, "classes"]:
    inside = (shares.count * p + 0.5) / (shares.count + 1)
    return np.log(inside / (1 - inside))


def discrepancy(generated: Shares, training: Shares) -> tuple[float, float]:
    """The Euclidean distance of two rows of shares (Choi et al. 2020), and what chance alone makes of it."""
    chance = np.sqrt(np.sum(generated.deviation**2 + training.deviation**2))
    return float(np.linalg.norm(generated.corrected - training.corrected)), float(chance)
