"""R3GAN (Huang et al. 2024): residual networks without normalisation, for any resolution."""

import math
from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.nets.checks import Label, base_size, block_channels, check_label, halvings, patched
from gan_jax.nets.layers import Conv, Dense, Embed
from gan_jax.nets.patches import from_patches, to_patches
from gan_jax.nets.remat import apply_block
from gan_jax.nets.resample import filtered

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width features"]

BILINEAR = (1.0, 2.0, 1.0)
ACTIVATION_GAIN = math.sqrt(2 / (1 + 0.2**2))  # that keeps the variance behind a leaky ReLU of slope 0.2


class ResidualBlock(nn.Module):
    """An inverted bottleneck: 1x1 to `expansion` times the channels, 3x3 within groups, 1x1 back, which starts at 0.

    Initialised by Fix-up (Zhang et al. 2019): with `depth` such blocks in the network, of three layers, the first two
    layers are scaled by depth^(-1/4), so that a step moves the output of all of them as it would that of one.
    """

    expansion: int
    group: int
    depth: int
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Images:
        """Of the shape of its input; at first the identity."""
        hidden = self.expansion * x.shape[-1]
        shared = dict(initializer="lecun", dtype=self.dtype, gain=ACTIVATION_GAIN * self.depth**-0.25)
        y = Conv(hidden, kernel_size=1, name="conv_0", **shared)(x, train=train)
        y = nn.leaky_relu(y, 0.2)
        y = Conv(hidden, kernel_size=3, group=min(self.group, hidden), name="conv_1", **shared)(y, train=train)
        y = nn.leaky_relu(y, 0.2)
        last = Conv(x.shape[-1], False, initializer="zeros", dtype=self.dtype, kernel_size=1, name="conv_2")
        return x + last(y, train=train)


class Stages(nn.Module):
    """What both networks are told, and the parts that they are put together of."""

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    width: Positive = 256
    max_width: Positive = 768
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    blocks: Positive = 2
    expansion: Positive = 2
    group: Count = 16
    patch: Positive = 1
    remat: bool = False

    def residual(self, x: Images, stage: int, stages: int, *, train: bool) -> Images:
        """All residual blocks of one size."""
        for number in range(self.blocks):
            settings = (self.expansion, self.group, self.blocks * stages, self.dtype)
            block = ResidualBlock(*settings, name=f"block_{stage}_{number}")
            x = apply_block(block, x, remat=self.remat, train=train)
        return x

    def widened(self, x: Images, width: int, stage: int, *, train: bool) -> NewImages:
        """With as many channels as the stage has."""
        if width == x.shape[-1]:
            return x
        layer = Conv(width, False, initializer="lecun", dtype=self.dtype, kernel_size=1, name=f"widen_{stage}")
        return layer(x, train=train)


class Generator(Stages):
    """A learned base of 4 to 7 pixels weighed by the latent, then residual blocks and bilinear up-sampling.

    `width` is the number of channels at the image's size, doubled per block towards the base up to `max_width`;
    `channels` gives them one by one instead, the base's first. `blocks` are residual blocks at each size, `group` the
    channels of a group of their 3x3 convolution, 0 for all. Published for CIFAR-10: width 768, 2 blocks, group 16.
    With a `patch` above 1 all of it is about images of so many times smaller sides, whose pixels are patches.
    """

    @nn.compact
    def __call__(self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool) -> Images:
        """Returns float32 images, about [-1, 1]."""
        check_label(label, self.num_classes)
        if self.num_classes:
            embed = Embed(latent.shape[-1], num_classes=self.num_classes, initializer="lecun", name="embed")
            embedded = embed(label, train=train)
            latent = jnp.concatenate([latent, embedded], axis=-1)
        shape = patched(self.image_shape, self.patch)
        stages = halvings(shape) + 1
        features = block_channels(self.channels[::-1], self.width, self.max_width, stages)[::-1]

        base = self.param("base", nn.initializers.normal(1.0), (*base_size(shape), features[0]))
        weights = Dense(features[0], False, initializer="lecun", dtype=self.dtype, name="weights")(latent, train=train)
        x = base.astype(self.dtype) * weights[:, None, None, :]
        for stage, width in enumerate(features):
            if stage:
                x = filtered(self.widened(x, width, stage, train=train), BILINEAR, up=2)
            x = self.residual(x, stage, stages, train=train)
        values = self.image_shape[-1] * self.patch**2
        to_image = Conv(values, kernel_size=1, initializer="lecun", dtype=self.dtype, name="image")
        return from_patches(to_image(x, train=train).astype(jnp.float32), self.patch)


class Discriminator(Stages):
    """Residual blocks and bilinear down-sampling to 4 to 7 pixels, and a learned template of these for each channel.

    `width` is the number of channels at the image's size, doubled per block up to `max_width`; `channels` gives them
    one by one instead, from the image on. The other settings are the generator's.
    """

    @nn.compact
    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Float[Array, " batch"]:
        """Returns float32 logits; examples do not see one another."""
        check_label(label, self.num_classes)
        stages = halvings(patched(self.image_shape, self.patch)) + 1
        features = block_channels(self.channels, self.width, self.max_width, stages)

        from_image = Conv(features[0], kernel_size=1, initializer="lecun", dtype=self.dtype, name="from_image")
        x = from_image(to_patches(image, self.patch), train=train)
        for stage, width in enumerate(features):
            if stage:
                x = self.widened(filtered(x, BILINEAR, down=2), width, stage, train=train)
            x = self.residual(x, stage, stages, train=train)
        x = x.astype(jnp.float32)
        size = x.shape[1] * x.shape[2]
        template = self.param("template", nn.initializers.normal(size**-0.5), x.shape[1:])
        x = (x * template).sum(axis=(1, 2))
        if not self.num_classes:
            return Dense(1, False, initializer="lecun", name="logits")(x, train=train)[:, 0]
        said = Dense(x.shape[-1], False, initializer="lecun", name="logits")(x, train=train)
        embed = Embed(x.shape[-1], num_classes=self.num_classes, initializer="lecun", name="embed")
        return (said * embed(label, train=train)).sum(axis=-1) / math.sqrt(x.shape[-1])
