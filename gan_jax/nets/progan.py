"""Progressive growing (Karras et al. 2018): networks that see and make larger images in each stage of a run."""

import math
from functools import partial
from typing import Annotated, Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.checks import Label, base_size, block_channels, check_label, halvings
from gan_jax.nets.layers import Conv, Dense, shares
from gan_jax.nets.minibatch import minibatch_stddev
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.remat import rematerialized
from gan_jax.nets.resample import average_pool, upsample

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width features"]
Fade = Float[Array, ""] | None


def level_of(image_shape: tuple[int, ...], stage: int, num_stages: int) -> int:
    """How often the sides are doubled in a stage, from the base: in the last as often as the image's shape asks for."""
    most = halvings(image_shape)
    if num_stages - 1 > most:
        raise InputError(f"stages: an image of shape {image_shape} can grow {most} times, not {num_stages - 1} times.")
    return most - (num_stages - 1 - stage)


def faded(old: Images, new: Images, fade: Float[Array, ""]) -> Images:
    """From the old to the new as `fade` goes from 0 to 1."""
    return old + fade.astype(old.dtype) * (new - old)


class Stacked(nn.Module):
    """What both networks are told: all levels are made at the start, and a stage uses those that it has reached.

    `remat` saves memory for time.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    stage: int = 0
    num_stages: int = 1
    dtype: Any = jnp.float32
    width: Positive = 16
    max_width: Positive = 512
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    remat: bool = False

    def levels(self) -> tuple[int, tuple[int, ...]]:
        """The level of this stage, and the channels of all levels from the base on."""
        level = level_of(self.image_shape, self.stage, self.num_stages)
        blocks = halvings(self.image_shape) + 1
        return level, block_channels(self.channels, self.width, self.max_width, blocks)[::-1]

    def conv(self, features: int, name: str, size: int = 3, gain: float = math.sqrt(2)) -> Conv:
        """An equalised convolution."""
        return Conv(features, kernel_size=size, equalized=True, gain=gain, dtype=self.dtype, name=name)


class Generator(Stacked):
    """Two convolutions at each size, with pixel normalisation, from a base of 4 to 7 pixels up to the stage's.

    While a size is new, its images are mixed with those of the size before, doubled (Karras et al. 2018, figure 2).
    `width` is the number of channels at the image's size, doubled per block towards the base up to `max_width`.
    """

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"], label: Label = None, fade: Fade = None, *, train: bool
    ) -> NewImages:
        """Images of the stage's size, float32, about [-1, 1]; without `fade` the last that training has given."""
        check_label(label, self.num_classes)
        level, features = self.levels()
        last = self.variable("progress", "fade", jnp.ones, ())
        if train and fade is not None and not self.is_initializing():
            last.value = fade
        fade = last.value if fade is None else fade

        def activated(x: Array) -> Array:
            return unit_mean_square(nn.leaky_relu(x, 0.2))

        x = unit_mean_square(latent)
        if self.num_classes:
            x = jnp.concatenate([x, shares(label, self.num_classes)], axis=-1)
        height, width = base_size(self.image_shape)
        dense = Dense(height * width * features[0], False, equalized=True, gain=math.sqrt(2) / 4, name="base")
        x = dense(x, train=train).reshape(-1, height, width, features[0]).astype(self.dtype)
        x = activated(x + self.param("base_bias", nn.initializers.zeros, (features[0],)).astype(self.dtype))
        x = activated(self.conv(features[0], "conv_0")(x, train=train))

        def image_of(x: Array, number: int) -> Array:
            to_image = self.conv(self.image_shape[-1], f"image_{number}", size=1, gain=1.0)
            return to_image(x, train=train).astype(jnp.float32)

        def grown(network: "Generator", x: Array, width: int, number: int) -> Array:
            x = activated(network.conv(width, f"up_{number}")(upsample(x), train=train))
            return activated(network.conv(width, f"conv_{number}")(x, train=train))

        made = [image_of(x, 0)] if level <= 1 or self.is_initializing() else [None]
        for number, width in enumerate(features[1:], start=1):
            if number > level and not self.is_initializing():
                break
            x = rematerialized(partial(grown, width=width, number=number), self.remat)(self, x)
            made.append(image_of(x, number) if number >= level - 1 or self.is_initializing() else None)
        return faded(upsample(made[level - 1]), made[level], fade) if self.stage else made[level]


class Discriminator(Stacked):
    """The generator's mirror image, with the standard deviation of groups of examples at the base.

    While a size is new, what is seen at it is mixed with what is seen of images of half the size. `width` is the number
    of channels at the image's size, doubled per block up to `max_width`; `minibatch_stddev` a group size, 0 for none.
    """

    minibatch_stddev: Count = 4

    @nn.compact
    def __call__(self, image: Images, label: Label = None, fade: Fade = None, *, train: bool) -> Float[Array, " batch"]:
        """Float32 logits of images of the stage's size."""
        check_label(label, self.num_classes)
        level, features = self.levels()
        if self.is_initializing():  # which is shown an image of full size
            level = len(features) - 1

        def seen(image: Images, number: int) -> Array:
            return nn.leaky_relu(self.conv(features[number], f"from_image_{number}", size=1)(image, train=train), 0.2)

        def shrunk(network: "Discriminator", x: Array, number: int) -> Array:
            x = nn.leaky_relu(network.conv(features[number], f"conv_{number}")(x, train=train), 0.2)
            x = nn.leaky_relu(network.conv(features[number - 1], f"down_{number}")(x, train=train), 0.2)
            return average_pool(x)

        x, smaller = seen(image, level), image
        for number in range(level, 0, -1):
            x = rematerialized(partial(shrunk, number=number), self.remat)(self, x)
            if (number == level and self.stage) or self.is_initializing():
                smaller = average_pool(smaller)
                x = faded(seen(smaller, number - 1), x, jnp.ones(()) if fade is None else fade)
        if self.minibatch_stddev:
            x = minibatch_stddev(x, self.minibatch_stddev)
        x = nn.leaky_relu(self.conv(features[0], "conv_0")(x, train=train), 0.2).astype(jnp.float32)
        dense = Dense(features[0], equalized=True, gain=math.sqrt(2), name="dense")
        x = nn.leaky_relu(dense(x.reshape(len(x), -1), train=train), 0.2)
        said = Dense(max(self.num_classes, 1), equalized=True, name="logits")(x, train=train)
        return (said * jax.nn.one_hot(label, self.num_classes)).sum(axis=1) if self.num_classes else said[:, 0]
