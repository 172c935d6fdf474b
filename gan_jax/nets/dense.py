"""Networks of dense layers: for what is no image, and for small images as a row of numbers."""

import math
from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Positive
from gan_jax.nets.checks import Label
from gan_jax.nets.convolutional import with_label
from gan_jax.nets.layers import Dense

Widths = Annotated[tuple[int, ...], Bounds(1)]


class Discriminator(nn.Module):
    """Tells vectors, such as latents, apart; the defaults are the critic of FactorVAE (Kim & Mnih 2018, appendix)."""

    width: Positive = 1000
    depth: Positive = 5

    @nn.compact
    def __call__(self, vector: Float[Array, "batch *vector"], *, train: bool) -> Float[Array, " batch"]:
        """Returns logits."""
        x = vector.reshape(len(vector), -1)
        for layer in range(self.depth):
            x = nn.leaky_relu(Dense(self.width, name=f"dense_{layer}")(x, train=train), 0.2)
        return Dense(1, initializer="lecun", name="logits")(x, train=train)[:, 0]


class Half(nn.Module):
    """What encoder and decoder are told: the sizes of their layers of tanh; without any they are linear.

    The defaults are the network of Burda et al. 2016 with one stochastic layer.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    hidden: Widths = (200, 200)

    def through(
        self, x: Float[Array, "batch inputs"], label: Label, outputs: int, *, train: bool
    ) -> Float[Array, "batch outputs"]:
        """The layers, and a linear one."""
        x = with_label(x, label, self.num_classes)
        shared = dict(initializer="xavier", dtype=self.dtype)
        for layer, width in enumerate(self.hidden):
            x = nn.tanh(Dense(width, name=f"hidden_{layer}", **shared)(x, train=train))
        return Dense(outputs, name="outputs", **shared)(x, train=train).astype(jnp.float32)


class Encoder(Half):
    """From an image to the mean and log-variance of q(z | x)."""

    latent_size: Positive = 50

    @nn.compact
    def __call__(
        self, image: Float[Array, "batch *space channels"], label: Label = None, *, train: bool
    ) -> tuple[Float[Array, "batch latent"], Float[Array, "batch latent"]]:
        """Returns float32 mean and log-variance, the latter kept in [-30, 20] so that its exponential is finite."""
        moments = self.through(image.reshape(len(image), -1), label, 2 * self.latent_size, train=train)
        mean, log_variance = jnp.split(moments, 2, axis=-1)
        return mean, jnp.clip(log_variance, -30.0, 20.0)


class Decoder(Half):
    """From a latent to the `out_channels` that a likelihood needs of each pixel."""

    out_channels: int = 0

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool
    ) -> Float[Array, "batch *space outputs"]:
        """Returns the likelihood's float32 parameters, unbounded."""
        *space, _ = self.image_shape
        x = self.through(latent, label, math.prod(space) * self.out_channels, train=train)
        return x.reshape(-1, *space, self.out_channels)
