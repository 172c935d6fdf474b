"""Densities of diagonal Gaussians and of their mixtures, in nats."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

LOG_TWO_PI = 1.8378770664093453

Mixture = tuple[
    Float[Array, "*batch components"], Float[Array, "components *latent"], Float[Array, "components *latent"]
]
"""Log-weights that sum to one, for all or for each example, means and log-variances."""


def log_density(
    z: Float[Array, "*#shape"], mean: Float[Array, "*#shape"], log_variance: Float[Array, "*#shape"]
) -> Float[Array, "*shape"]:
    """log N(z; mean, variance), number by number."""
    return -0.5 * (LOG_TWO_PI + log_variance + (z - mean) ** 2 * jnp.exp(-log_variance))


def divergence_by_number(
    mean: Float[Array, "*#shape"],
    log_variance: Float[Array, "*#shape"],
    other_mean: Float[Array, "*#shape"],
    other_log_variance: Float[Array, "*#shape"],
) -> Float[Array, "*shape"]:
    """KL of one Gaussian from another, number by number."""
    narrower = log_variance - other_log_variance
    distance = (mean - other_mean) ** 2 * jnp.exp(-other_log_variance)
    return 0.5 * (distance + jnp.expm1(narrower) - narrower)


def log_mixture(z: Float[Array, "batch *latent"], mixture: Mixture) -> Float[Array, " batch"]:
    """The log-density of a mixture of diagonal Gaussians."""
    log_weights, means, log_variances = mixture
    by_component = log_density(z[:, None], means[None], log_variances[None])
    return jax.nn.logsumexp(log_weights + by_component.reshape(len(z), len(means), -1).sum(axis=-1), axis=1)


def divergence(
    z: Float[Array, "batch *latent"],
    mean: Float[Array, "batch *latent"],
    log_variance: Float[Array, "batch *latent"],
    mixture: Mixture,
) -> Float[Array, " batch"]:
    """KL of a Gaussian from a mixture: exact where that is of one Gaussian, else as the draw z of the first has it."""
    _, means, log_variances = mixture
    if len(means) == 1:
        by_number = divergence_by_number(mean, log_variance, means, log_variances)
        return by_number.reshape(len(z), -1).sum(axis=1)
    return log_density(z, mean, log_variance).reshape(len(z), -1).sum(axis=1) - log_mixture(z, mixture)
