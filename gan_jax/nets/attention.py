"""Self-attention over the pixels of a feature map."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.nets.layers import Conv


class SelfAttention(nn.Module):
    """Adds what each pixel gathers from all others, scaled by a learned gain that starts at 0 (Zhang et al. 2019).

    Queries and keys have an eighth of the channels, values a half; the softmax is float32.
    """

    spectral: bool = False
    initializer: str = "xavier"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width channels"], *, train: bool
    ) -> Float[Array, "batch height width channels"]:
        """Memory grows with the square of the number of pixels."""
        batch, height, width, channels = x.shape

        def pointwise(name: str, features: int, inputs: Array) -> Array:
            layer = Conv(features, False, self.spectral, self.initializer, self.dtype, kernel_size=1, name=name)
            return layer(inputs, train=train)

        query, key, value = (
            pointwise(name, max(channels // fraction, 1), x).reshape(batch, height * width, -1)
            for name, fraction in (("query", 8), ("key", 8), ("value", 2))
        )
        logits = jnp.einsum("bqc,bkc->bqk", query, key, preferred_element_type=jnp.float32)
        gathered = jnp.einsum("bqk,bkc->bqc", jax.nn.softmax(logits).astype(self.dtype), value)
        output = pointwise("output", channels, gathered.reshape(batch, height, width, -1))
        gain = self.param("gain", nn.initializers.zeros, ())
        return x + gain.astype(x.dtype) * output
