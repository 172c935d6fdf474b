"""The generator of ESRGAN (Wang et al. 2018) and Real-ESRGAN: residual blocks of densely connected convolutions."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Count, Positive
from gan_jax.nets.dropout import KeyData
from gan_jax.nets.enlarging import steps_of
from gan_jax.nets.layers import Conv
from gan_jax.nets.remat import apply_block
from gan_jax.nets.resample import upsample
from gan_jax.nets.shuffle import pixel_unshuffle
from gan_jax.types import Local

UNSHUFFLED = {1: 4, 2: 2}  # by the scale: what becomes channels first, so that blocks work on few pixels
RESIDUAL_SCALE = 0.2


class DenseBlock(nn.Module):
    """Five convolutions, each of all that was there before it; the last is added to the input."""

    growth: int
    dtype: Any

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width features"], *, train: bool
    ) -> Float[Array, "batch height width features"]:
        """The same shape."""
        seen, width = x, x.shape[-1]
        for number in range(5):
            features = self.growth if number < 4 else width
            y = Conv(features, gain=0.1, dtype=self.dtype, name=f"conv_{number}")(seen, train=train)
            if number < 4:
                seen = jnp.concatenate([seen, nn.leaky_relu(y, 0.2)], axis=-1)
        return x + RESIDUAL_SCALE * y


class ResidualBlock(nn.Module):
    """Three dense blocks, added to the input."""

    growth: int
    dtype: Any

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width features"], *, train: bool
    ) -> Float[Array, "batch height width features"]:
        """The same shape."""
        y = x
        for number in range(3):
            y = DenseBlock(self.growth, self.dtype, name=f"dense_{number}")(y, train=train)
        return x + RESIDUAL_SCALE * y


class Generator(nn.Module):
    """23 blocks are published, and 6 for drawings. Pictures are enlarged by repeating pixels, each time convolved."""

    image_shape: tuple[int, ...]
    scale: int  # how many times as long the sides become
    dtype: Any = jnp.float32
    width: Positive = 64
    growth: Positive = 32
    blocks: Count = 23
    remat: bool = False

    @property
    def local(self) -> Local:
        """15 convolutions in each block."""
        unshuffled = UNSHUFFLED.get(self.scale, 1)
        return Local((15 * self.blocks + 4) * unshuffled, unshuffled)

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch height width inputs"], keys: KeyData | None = None, *, train: bool
    ) -> Float[Array, "batch rows columns channels"]:
        """Returns float32 images around [-1, 1]; there is no noise, so `keys` are not read."""
        height, width = source.shape[1:3]
        unshuffled = UNSHUFFLED.get(self.scale, 1)
        beyond = [(0, 0), (0, -height % unshuffled), (0, -width % unshuffled), (0, 0)]
        x = pixel_unshuffle(jnp.pad(source, beyond, mode="edge"), unshuffled).astype(self.dtype)

        def conv(x: Array, name: str) -> Array:
            return Conv(self.width, dtype=self.dtype, initializer="lecun", name=name)(x, train=train)

        x = first = conv(x, "first")
        for block in range(self.blocks):
            layer = ResidualBlock(self.growth, self.dtype, name=f"block_{block}")
            x = apply_block(layer, x, remat=self.remat, train=train)
        x = first + conv(x, "last")
        for number, step in enumerate(steps_of(self.scale * unshuffled)):
            x = nn.leaky_relu(conv(upsample(x, step), f"enlarge_{number}"), 0.2)
        x = nn.leaky_relu(conv(x, "large"), 0.2)
        x = Conv(self.image_shape[-1], dtype=self.dtype, initializer="lecun", name="image")(x, train=train)
        return x[:, : height * self.scale, : width * self.scale].astype(jnp.float32)
