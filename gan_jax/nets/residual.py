"""Residual encoder and decoder whose latents are maps, as in VQGAN (Esser et al. 2021) and latent diffusion."""

from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.attention import SelfAttention
from gan_jax.nets.checks import Label, block_channels, check_label, check_space
from gan_jax.nets.layers import Conv, Embed, UpsampleConv
from gan_jax.nets.normalization import GroupNorm

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width features"]


class ResidualBlock(nn.Module):
    """Group normalisation, SiLU and convolution, twice; beside it a shortcut, linear where the channels change."""

    features: int
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Float[Array, "batch height width features"]:
        """At first the shortcut alone, nearly."""
        y = x
        for layer, initializer in enumerate(("lecun", "small")):
            y = nn.silu(GroupNorm(self.dtype, name=f"norm_{layer}")(y, train=train))
            y = Conv(self.features, initializer=initializer, dtype=self.dtype, name=f"conv_{layer}")(y, train=train)
        if x.shape[-1] != self.features:
            shortcut = Conv(self.features, kernel_size=1, initializer="lecun", dtype=self.dtype, name="shortcut")
            x = shortcut(x, train=train)
        return x + y


class Stages(nn.Module):
    """What both halves are told.

    The sides are halved `levels` times. `width` is the number of channels at the image's size, doubled per level up to
    `max_width`; `channels` gives them one by one instead, from the image on, `levels` + 1 of them. `blocks` are
    residual blocks at each size; with `attention` the smallest map has self-attention.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    levels: Positive = 2
    width: Positive = 64
    max_width: Positive = 256
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    blocks: Positive = 2
    attention: bool = False

    def features(self) -> tuple[int, ...]:
        """The channels at each size, from the image on."""
        check_space(self.image_shape)
        height, width, _ = self.image_shape
        if height % 2**self.levels or width % 2**self.levels:
            raise InputError(f"levels={self.levels}: sides of {height}x{width} are not halved so often.")
        return block_channels(self.channels, self.width, self.max_width, self.levels + 1)

    def middle(self, x: Images, label: Label, *, train: bool) -> Images:
        """What happens to the smallest map, which sees the class."""
        check_label(label, self.num_classes)
        if self.num_classes:
            embed = Embed(
                x.shape[-1], initializer="dcgan", num_classes=self.num_classes, dtype=self.dtype, name="embed"
            )
            x = x + embed(label, train=train)[:, None, None, :]
        x = ResidualBlock(x.shape[-1], self.dtype, name="middle_0")(x, train=train)
        if self.attention:
            x = SelfAttention(dtype=self.dtype, name="attention")(x, train=train)
        return ResidualBlock(x.shape[-1], self.dtype, name="middle_1")(x, train=train)

    def at(self, x: Images, level: int, features: int, *, train: bool) -> Float[Array, "batch height width features"]:
        """The residual blocks of one size."""
        for block in range(self.blocks):
            x = ResidualBlock(features, self.dtype, name=f"block_{level}_{block}")(x, train=train)
        return x


class Encoder(Stages):
    """From an image to a map of vectors: a mean and a log-variance of each, or without `moments` the vectors."""

    latent_channels: Positive = 4
    moments: bool = True

    @nn.compact
    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Any:
        """Returns float32 maps; log-variances are kept in [-30, 20]."""
        features = self.features()
        shared = dict(initializer="lecun", dtype=self.dtype)
        x = Conv(features[0], name="image", **shared)(image, train=train)
        for level, width in enumerate(features):
            if level:
                x = Conv(x.shape[-1], stride=2, name=f"down_{level}", **shared)(x, train=train)
            x = self.at(x, level, width, train=train)
        x = nn.silu(GroupNorm(self.dtype, name="norm")(self.middle(x, label, train=train), train=train))
        size = self.latent_channels * (2 if self.moments else 1)
        x = Conv(size, name="latent", **shared)(x, train=train).astype(jnp.float32)
        if not self.moments:
            return x
        mean, log_variance = jnp.split(x, 2, axis=-1)
        return mean, jnp.clip(log_variance, -30.0, 20.0)


class Decoder(Stages):
    """From a map of vectors to the `out_channels` that a likelihood needs of each pixel."""

    out_channels: Count = 0

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch height width latent"], label: Label = None, *, train: bool
    ) -> NewImages:
        """Returns float32 values, unbounded."""
        features = self.features()
        shared = dict(initializer="lecun", dtype=self.dtype)
        x = Conv(features[-1], name="latent", **shared)(latent, train=train)
        x = self.middle(x, label, train=train)
        for level in reversed(range(len(features))):
            x = self.at(x, level, features[level], train=train)
            if level:
                x = UpsampleConv(features[level - 1], name=f"up_{level}", **shared)(x, train=train)
        x = nn.silu(GroupNorm(self.dtype, name="norm")(x, train=train))
        return Conv(self.out_channels, name="outputs", **shared)(x, train=train).astype(jnp.float32)
