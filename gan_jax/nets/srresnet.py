"""SRResNet (Ledig et al. 2017): residual blocks with batch normalisation over the small picture, then enlargement."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Count, Positive
from gan_jax.nets.activation import ChannelPReLU
from gan_jax.nets.dropout import KeyData
from gan_jax.nets.enlarging import enlarged
from gan_jax.nets.layers import Conv
from gan_jax.nets.normalization import normalized
from gan_jax.types import Local


class Generator(nn.Module):
    """The defaults are published, with `normalization="batch"`; without it, "none", the same is learned faster."""

    image_shape: tuple[int, ...]
    scale: int  # how many times as long the sides become
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 64
    blocks: Count = 16
    normalization: str = "batch"
    initializer: str = "lecun"

    @property
    def local(self) -> Local | None:
        """A normalisation over places would look at all of a picture."""
        return None if self.normalization == "instance" else Local(2 * self.blocks + 11)

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch height width inputs"], keys: KeyData | None = None, *, train: bool
    ) -> Float[Array, "batch rows columns channels"]:
        """Returns float32 images around [-1, 1]; there is no noise, so `keys` are not read."""
        shared = dict(initializer=self.initializer, dtype=self.dtype)

        def conv(x: Array, name: str) -> Array:
            layer = Conv(self.width, self.normalization != "batch", name=name, **shared)
            return normalized(layer(x, train=train), self.normalization, self.axis_name, f"{name}_norm", train=train)

        def prelu(x: Array, name: str) -> Array:
            return ChannelPReLU(name=name)(x)

        first = Conv(self.width, kernel_size=9, name="first", **shared)(source.astype(self.dtype), train=train)
        x = first = prelu(first, "first_prelu")
        for block in range(self.blocks):
            x = x + conv(prelu(conv(x, f"block_{block}_0"), f"block_{block}_prelu"), f"block_{block}_1")
        x = enlarged(first + conv(x, "last"), self.scale, activation=prelu, train=train, **shared)
        x = Conv(self.image_shape[-1], kernel_size=9, name="image", **shared)(x, train=train)
        return x.astype(jnp.float32)
