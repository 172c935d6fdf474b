"""The Fréchet distance between Gaussians fitted to two sets of features, and its limit for infinitely many samples."""

import contextlib
from collections.abc import Callable
from functools import partial
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64
from tqdm import tqdm

from gan_jax.metrics.moments import Moments, measure
from gan_jax.metrics.samples import Estimate, Features, checked, same_size


def frechet_distance(real: Features | Moments, fake: Features | Moments) -> Estimate:
    """|μ₁ - μ₂|² + Tr Σ₁ + Tr Σ₂ - 2 Tr (Σ₁Σ₂)^½ (Dowson and Landau, 1982; Heusel et al., arXiv 1706.08500).

    Covariances are divided by n - 1, as in TTUR and torch-fidelity. It is FID only on Inception features. The value is
    biased upwards by the finite sample, for N(0, I_d) by about (d²/2 + 2d)/n with n samples on each side.
    """
    real, fake = (
        side if isinstance(side, Moments) else checked(side, name) for side, name in ((real, "real"), (fake, "fake"))
    )
    same_size(_size(real), _size(fake))
    if all(isinstance(side, np.ndarray) and len(side) < side.shape[1] for side in (real, fake)):
        return Estimate(_distance_of_few(real, fake))
    real, fake = (side if isinstance(side, Moments) else measure(side) for side in (real, fake))
    reference, other = sorted((real, fake), key=lambda side: side.count)
    return Estimate(_distance(_reference(reference), other))


def frechet_distance_infinite(real: Features | Moments, fake: Features, *, points: int = 15, seed: int = 0) -> Estimate:
    """The Fréchet distance to infinitely many generated samples (Chong and Forsyth, arXiv 1911.07023).

    The distance of random subsets of `fake` at `points` sizes, from min(5000, n/10) to n as in dgm-eval, is regressed
    on 1/size. The value is the intercept, and `sd` its standard error in that regression, which leaves out what all
    subsets share, the draw of `fake`. The bias of a finite `real` stays.
    """
    fake = checked(fake, "fake", at_least=2 * points)
    real = real if isinstance(real, Moments) else checked(real, "real")
    same_size(_size(real), _size(fake))
    distance = _distance_from(real, fake.shape[1] > len(fake))
    rng = np.random.default_rng(seed)
    sizes = np.linspace(min(5000, max(len(fake) // 10, 2)), len(fake), points).astype(int)
    distances = []
    for size in tqdm(sizes, "FD∞", leave=False, disable=None):
        subset = rng.choice(len(fake), size, replace=False)
        distances.append(distance(fake[subset]))
    (_, intercept), covariance = np.polyfit(1 / sizes, distances, 1, cov=True)
    return Estimate(float(intercept), float(np.sqrt(covariance[1, 1])))


def _distance_from(real: np.ndarray | Moments, few: bool) -> Callable[[np.ndarray], float]:
    """The distance from `real`, with what all sets share done once; `few`: they have fewer rows than columns."""
    if few and isinstance(real, np.ndarray) and len(real) < real.shape[1]:
        return partial(_distance_of_few, real)
    reference = _reference(real if isinstance(real, Moments) else measure(real))
    return lambda fake: _distance(reference, measure(fake))


def small_sample_warning(count: int, size: int) -> str | None:
    """What to tell a user whose smaller set has too few samples for Fréchet distances in `size` dimensions, if so.

    The rule, 5 samples per dimension, is TTUR's 10,000 for Inception's 2048.
    """
    if count >= 5 * size:
        return None
    rank = f"; its covariance has rank {count - 1} of {size}" if count <= size else ""
    return (
        f"{count} samples are few for a Fréchet distance in {size} dimensions{rank}. The value is too high by an "
        f"amount that depends on the count: compare it only with values of {count} samples, use {5 * size} or more, "
        "or report frechet_distance_infinite and kernel_distance beside it."
    )


class _Reference(NamedTuple):
    mean: Float64[np.ndarray, "size"]
    root: Float64[np.ndarray, "rank size"]  # rootᵀ root = covariance


def _reference(moments: Moments) -> _Reference:
    return _Reference(moments.mean, _root(moments.covariance))


def _root(covariance: Float64[np.ndarray, "size size"]) -> Float64[np.ndarray, "rank size"]:
    """R with RᵀR = covariance: Cholesky's, ten times as fast, or that of the eigenvectors where it is singular."""
    # A null direction's rounding noise, 1e-16 of the largest variance, would enter the trace as its square root.
    noise = len(covariance) * np.finfo(np.float64).eps
    with contextlib.suppress(np.linalg.LinAlgError):
        lower = np.linalg.cholesky(covariance)
        pivots = np.diag(lower) ** 2
        if pivots.min() > noise * pivots.max():
            return lower.T
    values, vectors = np.linalg.eigh(covariance)
    keep = values > noise * values[-1]
    return np.sqrt(values[keep])[:, None] * vectors[:, keep].T


def _distance(reference: _Reference, other: Moments) -> float:
    """By the symmetric form: the eigenvalues of Σ₁Σ₂ are those of R Σ₂ Rᵀ, real and not negative, for RᵀR = Σ₁."""
    product = np.linalg.eigvalsh(reference.root @ other.covariance @ reference.root.T)
    root_trace = np.sqrt(np.maximum(product, 0)).sum()
    traces = np.sum(reference.root**2) + np.trace(other.covariance)
    return float(np.sum((reference.mean - other.mean) ** 2) + traces - 2 * root_trace)


def _distance_of_few(real: np.ndarray, fake: np.ndarray) -> float:
    """By the nuclear norm: Tr (Σ₁Σ₂)^½ = ‖A₁A₂ᵀ‖_*, A the centred rows over √(n - 1), with no size² matrix at all."""
    means = [side.mean(axis=0, dtype=np.float64) for side in (real, fake)]
    first, second = ((side - mean) / np.sqrt(len(side) - 1) for side, mean in zip((real, fake), means, strict=True))
    root_trace = np.linalg.svd(first @ second.T, compute_uv=False).sum()
    return float(np.sum((means[0] - means[1]) ** 2) + np.sum(first**2) + np.sum(second**2) - 2 * root_trace)


def _size(side: np.ndarray | Moments) -> int:
    return len(side.mean) if isinstance(side, Moments) else side.shape[1]
