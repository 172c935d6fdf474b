"""A network that hides bits in images and reads them again (Zhu et al. 2018, HiDDeN; Yu et al. 2021)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Positive
from gan_jax.nets.checks import base_size, block_channels, halvings
from gan_jax.nets.layers import Conv, Dense
from gan_jax.nets.resample import upsample

Images = Float[Array, "batch height width channels"]
Signs = Float[Array, "batch bits"]  # -1 and 1


class Coder(nn.Module):
    """Both halves as one player, which the objective tells how many `bits` there are.

    `width` is the number of channels of the first block of either, doubled per block of the reader up to `max_width`.
    """

    image_shape: tuple[int, ...]
    bits: int
    dtype: Any = jnp.float32
    width: Positive = 32
    max_width: Positive = 256
    hidden: Positive = 256

    def setup(self) -> None:
        """Makes the two halves."""
        self.hider = _Hider(self.image_shape, self.width, self.dtype)
        self.reader = _Reader(self.image_shape, self.bits, self.width, self.max_width, self.hidden, self.dtype)

    def encode(self, image: Images, signs: Signs, *, train: bool) -> Images:
        """The image with the bits in it, float32 and near [-1, 1]."""
        return self.hider(image, signs, train=train)

    def decode(self, image: Images, *, train: bool) -> Float[Array, "batch bits"]:
        """The logit of each bit, float32."""
        return self.reader(image, train=train)

    def __call__(self, image: Images, signs: Signs, *, train: bool) -> Float[Array, "batch bits"]:
        """Reads what it has hidden; the first call, which makes the parameters of both halves."""
        return self.decode(self.encode(image, signs, train=train), train=train)


class _Hider(nn.Module):
    """Adds to an image what convolutions make of it and of the bits, which lie beside it as coarse maps."""

    image_shape: tuple[int, ...]
    width: int
    dtype: Any

    @nn.compact
    def __call__(self, image: Images, signs: Signs, *, train: bool) -> Images:
        height, width = base_size(self.image_shape)
        maps = nn.silu(Dense(height * width * self.width, dtype=self.dtype, name="maps")(signs, train=train))
        maps = upsample(maps.reshape(-1, height, width, self.width), 2 ** halvings(self.image_shape))
        x = jnp.concatenate([image.astype(self.dtype), maps], axis=-1)
        for block in range(3):
            x = nn.silu(Conv(self.width, dtype=self.dtype, name=f"conv_{block}")(x, train=train))
        change = Conv(image.shape[-1], initializer="small", dtype=self.dtype, name="change")(x, train=train)
        return image + change.astype(jnp.float32)


class _Reader(nn.Module):
    """Strided convolutions down to 4 to 7 pixels and two dense layers."""

    image_shape: tuple[int, ...]
    bits: int
    width: int
    max_width: int
    hidden: int
    dtype: Any

    @nn.compact
    def __call__(self, image: Images, *, train: bool) -> Float[Array, "batch bits"]:
        x = image
        for block, features in enumerate(block_channels((), self.width, self.max_width, halvings(self.image_shape))):
            x = nn.silu(Conv(features, kernel_size=4, stride=2, dtype=self.dtype, name=f"down_{block}")(x, train=train))
        x = nn.silu(Dense(self.hidden, dtype=self.dtype, name="hidden")(x.reshape(len(x), -1), train=train))
        logits = Dense(self.bits, initializer="lecun", dtype=self.dtype, name="logits")(x, train=train)
        return logits.astype(jnp.float32)
