"""EDSR (Lim et al. 2017): residual blocks without normalisation over the small picture, enlarged at the end."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Amount, Count, Positive
from gan_jax.nets.dropout import KeyData
from gan_jax.nets.enlarging import enlarged
from gan_jax.nets.layers import Conv
from gan_jax.types import Local


class Generator(nn.Module):
    """Two convolutions in each block, whose result is scaled by `residual_scale` before it is added.

    16 blocks of 64 channels are the published baseline, 32 of 256 with `residual_scale` 0.1 the large network.
    """

    image_shape: tuple[int, ...]
    scale: int  # how many times as long the sides become
    dtype: Any = jnp.float32
    width: Positive = 64
    blocks: Count = 16
    residual_scale: Amount = 1.0
    initializer: str = "lecun"

    @property
    def local(self) -> Local:
        """Each convolution looks one pixel further, those between enlargements and after them less."""
        return Local(2 * self.blocks + 4)

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch height width inputs"], keys: KeyData | None = None, *, train: bool
    ) -> Float[Array, "batch rows columns channels"]:
        """Returns float32 images around [-1, 1]; there is no noise, so `keys` are not read."""

        def conv(x: Array, name: str, initializer: str = self.initializer) -> Array:
            return Conv(self.width, initializer=initializer, dtype=self.dtype, name=name)(x, train=train)

        x = first = conv(source.astype(self.dtype), "first")
        for block in range(self.blocks):
            y = conv(nn.relu(conv(x, f"block_{block}_0", "he")), f"block_{block}_1", "small")
            x = x + self.residual_scale * y
        x = enlarged(first + conv(x, "last"), self.scale, initializer=self.initializer, dtype=self.dtype, train=train)
        x = Conv(self.image_shape[-1], initializer=self.initializer, dtype=self.dtype, name="image")(x, train=train)
        return x.astype(jnp.float32)
