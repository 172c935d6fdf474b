"""Self-attention over the pixels of a feature map."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.nets.layers import Conv
from gan_jax.nets.resample import max_pool


class SelfAttention(nn.Module):
    """Adds what each pixel gathers from all others, scaled by a learned gain that starts at 0 (Zhang et al. 2019).

    Queries and keys have an eighth of the channels, values a half; the softmax is float32. `pooled` takes the largest
    of 2x2 keys and values, as the authors' code and BigGAN do: a quarter of the memory, for even sides.
    """

    spectral: bool = False
    initializer: str = "xavier"
    dtype: Any = jnp.float32
    pooled: bool = False

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width channels"], *, train: bool
    ) -> Float[Array, "batch height width channels"]:
        """Memory grows with the square of the number of pixels."""
        batch, height, width, channels = x.shape

        def pointwise(name: str, features: int, inputs: Array) -> Array:
            layer = Conv(features, False, self.spectral, self.initializer, self.dtype, kernel_size=1, name=name)
            return layer(inputs, train=train)

        def pixels(name: str, fraction: int, pooled: bool) -> Array:
            features = pointwise(name, max(channels // fraction, 1), x)
            features = max_pool(features) if pooled else features
            return features.reshape(batch, -1, features.shape[-1])

        query = pixels("query", 8, pooled=False)
        key, value = pixels("key", 8, self.pooled), pixels("value", 2, self.pooled)
        logits = jnp.einsum("bqc,bkc->bqk", query, key, preferred_element_type=jnp.float32)
        gathered = jnp.einsum("bqk,bkc->bqc", jax.nn.softmax(logits).astype(self.dtype), value)
        output = pointwise("output", channels, gathered.reshape(batch, height, width, -1))
        gain = self.param("gain", nn.initializers.zeros, ())
        return x + gain.astype(x.dtype) * output
