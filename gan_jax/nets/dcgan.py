"""The deep convolutional GAN (Radford et al. 2016), for any resolution, class-conditional when there are classes."""

import math
from functools import partial
from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.nets.checks import ANY_SPACE, Label, base_size, block_channels, check_label, check_option, halvings
from gan_jax.nets.heads import Said, judged
from gan_jax.nets.layers import Conv, ConvTranspose, Dense
from gan_jax.nets.minibatch import minibatch_stddev
from gan_jax.nets.normalization import BatchNorm, ConditionalBatchNorm, LayerNorm


class Generator(nn.Module):
    """Transposed convolutions up to the image from a base of 4 to 7 pixels, with (conditional) batch normalisation.

    `width` is the number of channels of the last hidden block, doubled per block towards the base up to `max_width`;
    `channels` gives them one by one instead, the base's first.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 64
    max_width: Positive = 512
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    initializer: str = "dcgan"

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch *space channels"]:
        """Returns float32 images in [-1, 1]."""
        check_label(label, self.num_classes)
        channels = block_channels(
            self.channels[::-1], self.width, self.max_width, halvings(self.image_shape, ANY_SPACE)
        )[::-1]
        sides = base_size(self.image_shape)
        shared = dict(initializer=self.initializer, dtype=self.dtype)

        x = Dense(math.prod(sides) * channels[0], use_bias=False, name="base", **shared)(latent, train=train)
        x = x.reshape(-1, *sides, channels[0])
        for block, features in enumerate([*channels[1:], self.image_shape[-1]]):
            norm = ConditionalBatchNorm(self.num_classes, self.axis_name, self.dtype, name=f"norm_{block}")
            x = nn.relu(norm(x, label, train=train))
            last = block == len(channels) - 1
            x = ConvTranspose(features, use_bias=last, name=f"up_{block}", **shared)(x, train=train)
        return jnp.tanh(x.astype(jnp.float32))


class Discriminator(nn.Module):
    """Strided convolutions from the image down to the base, then a projection of the flattened features.

    `width` is the number of channels of the first block, doubled per block up to `max_width`; `channels` gives them one
    by one instead, from the image on. `normalization` is "batch" (as published: every layer but the first), "layer",
    "spectral" or "none"; a penalty on gradients asks for one that does not mix examples. `minibatch_stddev` is a group
    size, 0 for none; `hidden` is the size of a dense layer before the logits, 0 for none; `head` one of heads.HEADS.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 64
    max_width: Positive = 512
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    normalization: str = "batch"
    minibatch_stddev: Count = 0
    hidden: Count = 0
    head: str = "projection"
    initializer: str = "dcgan"

    @nn.compact
    def __call__(
        self,
        image: Float[Array, "batch *space channels"],
        label: Label = None,
        *,
        train: bool,
    ) -> Said:
        """Returns float32 logits, and what else the head says."""
        check_label(label, self.num_classes)
        check_option("normalization", self.normalization, ("batch", "layer", "spectral", "none"))
        norms = {"batch": partial(BatchNorm, self.axis_name), "layer": LayerNorm}
        shared = dict(spectral=self.normalization == "spectral", initializer=self.initializer, dtype=self.dtype)

        x = image
        channels = block_channels(self.channels, self.width, self.max_width, halvings(self.image_shape, ANY_SPACE))
        for block, features in enumerate(channels):
            norm = norms.get(self.normalization) if block > 0 else None
            down = Conv(features, kernel_size=4, stride=2, use_bias=norm is None, name=f"down_{block}", **shared)
            x = down(x, train=train)
            if norm is not None:
                x = norm(dtype=self.dtype, name=f"norm_{block}")(x, train=train)
            x = nn.leaky_relu(x, 0.2)
        if self.minibatch_stddev:
            x = minibatch_stddev(x, self.minibatch_stddev)
        x = x.reshape(x.shape[0], -1)
        if self.hidden:
            x = nn.leaky_relu(Dense(self.hidden, name="hidden", **shared)(x, train=train), 0.2)
        return judged(x, label, self.head, self.num_classes, train=train, **shared)
