"""The two halves of the evidence lower bound (Kingma and Welling 2014), per example in nats."""

from typing import Annotated

import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds
from gan_jax.losses.views import VaeView, batch_mean
from gan_jax.schedules import Scalar


def negative_log_likelihood(view: VaeView) -> Float[Array, "batch"]:
    """-log p(x | z) of the image under the decoder's likelihood, summed over its pixels."""
    return view.negative_log_likelihood


def kl_divergence(view: VaeView, *, free_bits: Annotated[Scalar, Bounds(0)] = 0.0) -> Float[Array, "batch"]:
    """KL(q(z | x) || N(0, I)) of a diagonal Gaussian; `weight` is the beta of Higgins et al. 2017.

    With `free_bits`, in nats per latent dimension (Kingma et al. 2016, appendix C.8), the batch mean of the values is
    sum_j max(free_bits, mean_batch KL_j): a dimension below the floor has no gradient.
    """
    by_dimension = 0.5 * (view.mean**2 + jnp.expm1(view.log_variance) - view.log_variance)
    below_floor = batch_mean(by_dimension, view.axis_name) < free_bits
    return jnp.where(below_floor, free_bits, by_dimension).sum(axis=1)
