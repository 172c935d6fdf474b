"""The compact network of Real-ESRGAN (Wang et al. 2021): a stack of convolutions over the small picture."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Count, Positive
from gan_jax.nets.activation import ChannelPReLU
from gan_jax.nets.checks import check_colours
from gan_jax.nets.dropout import KeyData
from gan_jax.nets.layers import Conv
from gan_jax.nets.resample import upsample
from gan_jax.nets.shuffle import pixel_shuffle
from gan_jax.types import Local


class Generator(nn.Module):
    """3x3 convolutions with PReLUs; the last makes the large picture's pixels, to be added to the repeated source.

    `blocks` is the number of convolutions between the first and the last: 16 or 32 as published.
    """

    image_shape: tuple[int, ...]
    scale: int  # how many times as long the sides become
    dtype: Any = jnp.float32
    width: Positive = 64
    blocks: Count = 16
    initializer: str = "he"

    @property
    def local(self) -> Local:
        """Each convolution looks one pixel further."""
        return Local(self.blocks + 2)

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch height width channels"], keys: KeyData | None = None, *, train: bool
    ) -> Float[Array, "batch rows columns channels"]:
        """Returns float32 images around [-1, 1]; there is no noise, so `keys` are not read."""
        check_colours(source, self.image_shape)
        x = source.astype(self.dtype)
        for block in range(self.blocks + 1):
            x = Conv(self.width, initializer=self.initializer, dtype=self.dtype, name=f"conv_{block}")(x, train=train)
            x = ChannelPReLU(name=f"prelu_{block}")(x)
        x = Conv(source.shape[-1] * self.scale**2, initializer="small", dtype=self.dtype, name="image")(x, train=train)
        return upsample(source, self.scale) + pixel_shuffle(x, self.scale).astype(jnp.float32)
