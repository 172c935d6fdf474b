"""Residual networks of SNGAN (Miyato et al. 2018) and WGAN-GP (Gulrajani et al. 2017), for any resolution."""

from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.attention import SelfAttention
from gan_jax.nets.checks import Label, base_size, block_channels, check_label, check_option, halvings
from gan_jax.nets.heads import Said, judged
from gan_jax.nets.layers import Conv, ConvAveragePool, Dense, UpsampleConv
from gan_jax.nets.normalization import ConditionalBatchNorm, LayerNorm
from gan_jax.nets.resample import average_pool, upsample

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width features"]


class GeneratorBlock(nn.Module):
    """Batch normalisation, ReLU, up-sampling and convolution, twice; beside it a linear shortcut."""

    features: int
    num_classes: int
    axis_name: str | None
    dtype: Any
    spectral: bool
    initializer: str

    @nn.compact
    def __call__(self, x: Images, label: Label, *, train: bool) -> NewImages:
        """The sides are doubled."""
        shared = dict(spectral=self.spectral, dtype=self.dtype)
        norms = [ConditionalBatchNorm(self.num_classes, self.axis_name, self.dtype, name=f"norm_{i}") for i in range(2)]

        y = nn.relu(norms[0](x, label, train=train))
        y = UpsampleConv(self.features, initializer=self.initializer, name="conv_0", **shared)(y, train=train)
        y = nn.relu(norms[1](y, label, train=train))
        y = Conv(self.features, initializer=self.initializer, name="conv_1", **shared)(y, train=train)
        # Before the up-sampling, with which it commutes, the shortcut's convolution is four times cheaper.
        shortcut = Conv(self.features, kernel_size=1, initializer="xavier", name="shortcut", **shared)(x, train=train)
        return upsample(shortcut) + y


class DiscriminatorBlock(nn.Module):
    """ReLU and convolution, twice, then average pooling if `down`; beside it a shortcut, linear where shapes change.

    The `first` block has no normalisation and no ReLU before its first convolution: it sees the image itself.
    """

    features: int
    dtype: Any
    spectral: bool
    initializer: str
    normalization: str
    down: bool
    first: bool
    shortcut_initializer: str = "xavier"

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> NewImages:
        """The sides are halved if `down`."""
        shared = dict(spectral=self.spectral, dtype=self.dtype)
        last_layer = ConvAveragePool if self.down else Conv

        def activate(y: Array, name: str) -> Array:
            return nn.relu(LayerNorm(self.dtype, name=name)(y, train=train) if self.normalization == "layer" else y)

        y = x if self.first else activate(x, "norm_0")
        y = Conv(self.features, initializer=self.initializer, name="conv_0", **shared)(y, train=train)
        y = nn.relu(y) if self.first else activate(y, "norm_1")
        y = last_layer(self.features, initializer=self.initializer, name="conv_1", **shared)(y, train=train)
        shortcut = average_pool(x) if self.down else x
        if self.down or x.shape[-1] != self.features:
            layer = Conv(self.features, kernel_size=1, initializer=self.shortcut_initializer, name="shortcut", **shared)
            shortcut = layer(shortcut, train=train)
        return shortcut + y


class Generator(nn.Module):
    """Residual blocks up to the image from a base of 4 to 7 pixels; the defaults are SNGAN's for CIFAR-10.

    `width` is the number of channels of the last block, doubled per block towards the base up to `max_width`;
    `channels` gives them one by one instead, the base's first. `attention` is the resolution (shorter side) of
    a block that self-attention follows, 0 for none.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 256
    max_width: Positive = 256
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    spectral: bool = False
    attention: Count = 0
    initializer: str = "he"

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch height width channels"]:
        """Returns float32 images in [-1, 1]."""
        check_label(label, self.num_classes)
        blocks = halvings(self.image_shape)
        base, *features = block_channels(self.channels[::-1], self.width, self.max_width, blocks + 1)[::-1]
        height, width = base_size(self.image_shape)
        check_attention(self.attention, [min(height, width) * 2 ** (block + 1) for block in range(blocks)])
        norm = (self.num_classes, self.axis_name, self.dtype)
        shared = dict(spectral=self.spectral, dtype=self.dtype)

        x = Dense(height * width * base, initializer="xavier", name="base", **shared)(latent, train=train)
        x = x.reshape(-1, height, width, base)
        for block, width in enumerate(features):
            layer = GeneratorBlock(width, *norm, self.spectral, self.initializer, name=f"block_{block}")
            x = layer(x, label, train=train)
            if min(x.shape[1:3]) == self.attention:
                x = SelfAttention(name="attention", **shared)(x, train=train)
        x = nn.relu(ConditionalBatchNorm(0, *norm[1:], name="norm")(x, None, train=train))
        x = Conv(self.image_shape[-1], initializer="xavier", name="image", **shared)(x, train=train)
        return jnp.tanh(x.astype(jnp.float32))


class Discriminator(nn.Module):
    """Residual blocks down to 8 to 15 pixels, two more there, then pooling; the defaults are SNGAN's for CIFAR-10.

    `width` is the number of channels of the first block, doubled per block up to `max_width`; `channels` gives them one
    by one instead. `normalization` is "none" or "layer"; WGAN-GP asks for "layer", `pooling="mean"` and no `spectral`.
    `attention` is the resolution (shorter side) of a block that self-attention follows, 0 for none; `head` is one of
    heads.HEADS.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    width: Positive = 128
    max_width: Positive = 128
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    spectral: bool = True
    normalization: str = "none"
    attention: Count = 0
    pooling: str = "sum"
    head: str = "projection"
    initializer: str = "he"

    @nn.compact
    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Said:
        """Returns float32 logits, and what else the head says."""
        check_label(label, self.num_classes)
        check_option("normalization", self.normalization, ("none", "layer"))
        check_option("pooling", self.pooling, ("sum", "mean"))
        downs = halvings(self.image_shape) - 1
        features = block_channels(self.channels, self.width, self.max_width, downs + 2)
        check_attention(self.attention, [min(self.image_shape[:2]) // 2**block for block in range(1, downs + 1)])

        x = image.astype(self.dtype)
        for block, width in enumerate(features):
            x = DiscriminatorBlock(
                width,
                self.dtype,
                self.spectral,
                self.initializer,
                self.normalization,
                down=block < downs,
                first=block == 0,
                name=f"block_{block}",
            )(x, train=train)
            if block < downs and min(x.shape[1:3]) == self.attention:
                x = SelfAttention(self.spectral, dtype=self.dtype, name="attention")(x, train=train)
        x = nn.relu(x).astype(jnp.float32)
        x = x.sum(axis=(1, 2)) if self.pooling == "sum" else x.mean(axis=(1, 2))
        shared = dict(spectral=self.spectral, dtype=self.dtype)
        return judged(x, label, self.head, self.num_classes, train=train, **shared)


def check_attention(attention: int, resolutions: list[int]) -> None:
    """Refuses a resolution at which the network has no block."""
    if attention and attention not in resolutions:
        choices = ", ".join(map(str, resolutions)) or "none here"
        raise InputError(f"attention={attention} is the resolution of no block; it can be 0 (off) or {choices}.")
