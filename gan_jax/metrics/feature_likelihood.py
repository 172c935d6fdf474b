"""The feature likelihood divergence of Jiralerspong et al. (arXiv 2302.04440): fidelity, variety and copies in one."""

import numpy as np
from jaxtyping import Float
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from gan_jax.metrics.samples import Features, checked, same_size

STEPS = 50
NARROWEST = 1e-4  # variance of a Gaussian, of features with a variance of one


def likelihood_gap(train: Features, held_out: Features, fake: Features) -> float:
    """100/d times the nats by which training samples are likelier than held-out ones: FLD of these less that of those.

    The density is a mixture of one Gaussian around each fake sample, of equal weights, whose widths are fitted to the
    training samples; around a copy it becomes narrow. Features are scaled to the held-out set's mean and deviation.
    The paper fits by gradient steps, this by 50 of EM, which has no rate to choose. As fitting alone makes
    training samples likelier, hold the gap against that with both sets exchanged. Memory: fake x train numbers.
    """
    train, held_out, fake = checked(train, "training"), checked(held_out, "held-out"), checked(fake, "fake")
    same_size(train.shape[1], held_out.shape[1])
    same_size(train.shape[1], fake.shape[1])
    mean, deviation = held_out.mean(axis=0), held_out.std(axis=0) + 1e-6
    train, held_out, fake = ((side - mean) / deviation for side in (train, held_out, fake))
    size = train.shape[1]
    of_train, of_held_out = (cdist(side, fake, "sqeuclidean") for side in (train, held_out))
    variance = np.full(len(fake), of_train.min(axis=1).mean() / size + NARROWEST)
    for _ in range(STEPS):
        parts = _log_parts(of_train, variance, size)
        share = np.exp(parts - logsumexp(parts, axis=1, keepdims=True))
        taken = share.sum(axis=0)
        fitted = (share * of_train).sum(axis=0) / (size * np.maximum(taken, 1e-12))
        variance = np.where(taken > 1e-6, np.maximum(fitted, NARROWEST), variance)  # of one near nothing it stays
    likelihoods = [logsumexp(_log_parts(side, variance, size), axis=1).mean() for side in (of_train, of_held_out)]
    return float(100 / size * (likelihoods[0] - likelihoods[1]))


def _log_parts(
    squared: Float[np.ndarray, "samples fake"], variance: Float[np.ndarray, "fake"], size: int
) -> Float[np.ndarray, "samples fake"]:
    """The logarithm of each Gaussian's part in each sample's density."""
    return -squared / (2 * variance) - size / 2 * np.log(2 * np.pi * variance) - np.log(len(variance))
