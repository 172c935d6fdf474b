"""The activation of StyleGANs and their kin."""

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
