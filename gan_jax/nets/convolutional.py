"""Plain convolutional encoder and decoder, class-conditional when there are classes."""

import math
from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Positive
from gan_jax.nets.checks import ANY_SPACE, Label, base_size, block_channels, check_label, halvings
from gan_jax.nets.layers import Conv, ConvTranspose, Dense, shares


def with_label(x: Float[Array, "batch features"], label: Label, num_classes: int) -> Array:
    """Appends the one-hot label, when there are classes."""
    check_label(label, num_classes)
    return jnp.concatenate([x, shares(label, num_classes, x.dtype)], axis=-1) if num_classes else x


class Encoder(nn.Module):
    """Strided convolutions down to 4 to 7 pixels and a dense layer, then the mean and log-variance of q(z | x).

    `width` is the number of channels of the first block, doubled per block up to `max_width`; `channels` gives them one
    by one instead, from the image on.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    latent_size: Positive = 64
    width: Positive = 32
    max_width: Positive = 256
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    hidden: Positive = 256
    initializer: str = "he"

    @nn.compact
    def __call__(
        self,
        image: Float[Array, "batch *space channels"],
        label: Label = None,
        *,
        train: bool,
    ) -> tuple[Float[Array, "batch latent"], Float[Array, "batch latent"]]:
        """Returns float32 mean and log-variance, the latter kept in [-30, 20] so that its exponential is finite."""
        shared = dict(initializer=self.initializer, dtype=self.dtype)
        channels = block_channels(self.channels, self.width, self.max_width, halvings(self.image_shape, ANY_SPACE))
        x = image
        for block, features in enumerate(channels):
            x = nn.silu(Conv(features, kernel_size=4, stride=2, name=f"down_{block}", **shared)(x, train=train))
        x = with_label(x.reshape(x.shape[0], -1), label, self.num_classes)
        x = nn.silu(Dense(self.hidden, name="hidden", **shared)(x, train=train))
        moments = Dense(2 * self.latent_size, initializer="lecun", dtype=self.dtype, name="moments")(x, train=train)
        mean, log_variance = jnp.split(moments.astype(jnp.float32), 2, axis=-1)
        return mean, jnp.clip(log_variance, -30.0, 20.0)


class Decoder(nn.Module):
    """A dense layer and transposed convolutions up to the image, of the `out_channels` that a likelihood needs.

    `width` is the number of channels of the last block, doubled per block towards the base up to `max_width`;
    `channels` gives them one by one instead, the base's first. Without `refine`, a 3x3 convolution behind the last
    block, the image is the last block itself: of voxels that convolution takes most of the time.
    """

    image_shape: tuple[int, ...]
    out_channels: int
    num_classes: int = 0
    dtype: Any = jnp.float32
    width: Positive = 32
    max_width: Positive = 256
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    hidden: Positive = 256
    refine: bool = True
    initializer: str = "he"

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch *space outputs"]:
        """Returns the likelihood's float32 parameters, unbounded."""
        shared = dict(initializer=self.initializer, dtype=self.dtype)
        blocks = halvings(self.image_shape, ANY_SPACE)
        base, *channels = block_channels(self.channels[::-1], self.width, self.max_width, blocks + self.refine)[::-1]
        sides = base_size(self.image_shape)

        x = with_label(latent, label, self.num_classes)
        x = nn.silu(Dense(self.hidden, name="hidden", **shared)(x, train=train))
        x = nn.silu(Dense(math.prod(sides) * base, name="base", **shared)(x, train=train))
        x = x.reshape(-1, *sides, base)
        for block, features in enumerate(channels):
            x = nn.silu(ConvTranspose(features, name=f"up_{block}", **shared)(x, train=train))
        last = Conv if self.refine else ConvTranspose
        x = last(self.out_channels, initializer="lecun", dtype=self.dtype, name="outputs")(x, train=train)
        return x.astype(jnp.float32)
