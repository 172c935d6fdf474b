"""Conditions that are vectors already: embeddings of somebody else's network, or a few numbers."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Positive
from gan_jax.nets.layers import Dense
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.reading import Read, masked_mean


class Encoder(nn.Module):
    """A dense layer on a vector, or on each of several, whose mean is then the sentence."""

    dtype: Any = jnp.float32
    width: Positive = 64

    @nn.compact
    def __call__(
        self, vectors: Float[Array, "batch inputs"] | Float[Array, "batch parts inputs"], *, train: bool
    ) -> Read:
        """Vectors are scaled to a mean square of 1 first, whatever the network that made them thought fit."""
        parts = vectors[:, None] if vectors.ndim == 2 else vectors
        there = jnp.any(parts != 0, axis=-1)
        layer = Dense(self.width, initializer="lecun", dtype=self.dtype, name="dense")
        x = layer(unit_mean_square(parts), train=train).astype(jnp.float32)
        return Read(masked_mean(x, there), x, there)
