"""Dropout as a network's noise: on in training and in sampling, a function of the example's own key."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from gan_jax import rng

KeyData = UInt32[Array, "batch words"]  # `jax.random.key_data` of one key per example


def dropout(x: Float[Array, "batch *space channels"], keys: KeyData | None, rate: float, place: int) -> Array:
    """Sets a share `rate` of each example's values to 0 and scales the others up (Srivastava et al. 2014).

    `place` tells layers with the same keys apart. Without keys nothing is dropped.
    """
    if keys is None:
        return x

    def mask(key: Array) -> Array:
        return jax.random.bernoulli(jax.random.fold_in(rng.wrapped(key), place), 1 - rate, x.shape[1:])

    return jnp.where(jax.vmap(mask)(keys), x / (1 - rate), 0)
