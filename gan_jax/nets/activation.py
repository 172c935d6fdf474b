"""Activations that Flax has not: that of StyleGANs and their kin, and one with slopes that are learned."""

import math

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float


def scaled_leaky_relu(x: Float[Array, "..."], clamp: float = 0.0) -> Float[Array, "..."]:
    """A leaky ReLU of slope 0.2 times sqrt(2), which keeps the size of typical values (Karras et al. 2020).

    Held within `clamp`, if that is positive: activations of 16 bits stay where they are exact
    (Karras et al. 2020, ADA).
    """
    x = nn.leaky_relu(x, 0.2) * math.sqrt(2)
    return jnp.clip(x, -clamp, clamp) if clamp else x


class ChannelPReLU(nn.Module):
    """A leaky ReLU with a slope of its own for each channel, learned from 0.25 on (He et al. 2015)."""

    @nn.compact
    def __call__(self, x: Float[Array, "... channels"]) -> Float[Array, "... channels"]:
        """Computes in the dtype of `x`."""
        slopes = self.param("slope", nn.initializers.constant(0.25), (x.shape[-1],)).astype(x.dtype)
        return jnp.where(x >= 0, x, slopes * x)
