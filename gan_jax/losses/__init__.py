"""Loss terms: functions of a View that return one value per example; configs name them as this package does."""

from gan_jax.losses.adversarial import (
    AdversarialLoss,
    hinge,
    least_squares,
    minimax,
    nonsaturating,
    relativistic_average,
    relativistic_paired,
    wasserstein,
)
from gan_jax.losses.latent import kl_divergence, negative_log_likelihood
from gan_jax.losses.paired import l1, perceptual
from gan_jax.losses.path_length import path_length
from gan_jax.losses.penalties import dragan, drift, gradient_penalty, lecam, r1, r2

__all__ = [
    "AdversarialLoss",
    "dragan",
    "drift",
    "gradient_penalty",
    "hinge",
    "kl_divergence",
    "l1",
    "least_squares",
    "lecam",
    "minimax",
    "negative_log_likelihood",
    "nonsaturating",
    "path_length",
    "perceptual",
    "r1",
    "r2",
    "relativistic_average",
    "relativistic_paired",
    "wasserstein",
]
