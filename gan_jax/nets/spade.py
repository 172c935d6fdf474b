"""Pictures of label maps by normalisation that each place of the map scales and shifts: SPADE (Park et al. 2019)."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.checks import check_option
from gan_jax.nets.dropout import Noise, laid_on, told_apart
from gan_jax.nets.layers import Conv
from gan_jax.nets.normalization import BatchNorm, InstanceNorm
from gan_jax.nets.resample import upsample

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch height width features"]
Source = Float[Array, "batch full_height full_width inputs"]


class SpatialNorm(nn.Module):
    """Normalisation without parameters, then a scale and a bias for every value, made of the source by convolutions."""

    kind: str
    axis_name: str | None
    hidden: int
    initializer: str
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, source: Source, *, train: bool) -> Images:
        """The source is brought to the size of `x` by leaving pixels out."""
        check_option("normalization", self.kind, ("batch", "instance"))
        norm = InstanceNorm(self.dtype) if self.kind == "instance" else BatchNorm(self.axis_name, False, self.dtype)
        shared = dict(initializer=self.initializer, dtype=self.dtype)
        seen = nn.relu(Conv(self.hidden, name="seen", **shared)(_reduced(source, x.shape[1:3]), train=train))
        scale, bias = (Conv(x.shape[-1], name=name, **shared)(seen, train=train) for name in ("scale", "bias"))
        return norm(x, train=train) * (1 + scale) + bias


class Block(nn.Module):
    """Two times spatial normalisation, leaky ReLU and a convolution; beside them a shortcut, learned between widths."""

    features: int
    norm: dict[str, Any]
    convolution: dict[str, Any]

    @nn.compact
    def __call__(self, x: Images, source: Source, *, train: bool) -> NewImages:
        """All convolutions but the norms' own have spectral normalisation."""
        middle = min(x.shape[-1], self.features)
        y = x
        for layer, features in enumerate((middle, self.features)):
            y = nn.leaky_relu(SpatialNorm(**self.norm, name=f"norm_{layer}")(y, source, train=train), 0.2)
            y = Conv(features, spectral=True, name=f"conv_{layer}", **self.convolution)(y, train=train)
        if x.shape[-1] != self.features:
            x = SpatialNorm(**self.norm, name="shortcut_norm")(x, source, train=train)
            x = Conv(self.features, False, True, kernel_size=1, name="shortcut", **self.convolution)(x, train=train)
        return x + y


class Generator(nn.Module):
    """From the source at a small size up: three blocks of the greatest width, then one at each size.

    The sides are those of the first map times two to the power of `levels`: 8 pixels for 256, as published. `width` is
    the number of channels at full size, doubled per level up to `max_width`; `hidden` that between a source and its
    scales. A source of `classes` is a label map, whose pixels hold numbers of classes, 0 to 255; of none it has
    colours. A latent is laid on the source, so that all scales and biases know it; keys are not used.
    """

    image_shape: tuple[int, ...]
    axis_name: str | None = None
    dtype: Any = jnp.float32
    levels: Positive = 5
    width: Positive = 64
    max_width: Positive = 1024
    hidden: Positive = 128
    classes: Count = 0
    normalization: str = "batch"
    initializer: str = "xavier"

    @nn.compact
    def __call__(self, source: Source, noise: Noise = None, *, train: bool) -> Images:
        """Returns float32 images in [-1, 1], as large as the source."""
        sides = source.shape[1:3]
        if any(side % 2**self.levels for side in sides):
            raise InputError(f"levels={self.levels}: sides of {sides[0]}x{sides[1]} are not halved so often.")
        source = _one_hot(source, self.classes) if self.classes else source
        source = laid_on(source.astype(self.dtype), told_apart(noise)[1])
        shared = dict(initializer=self.initializer, dtype=self.dtype)
        norm = dict(shared, kind=self.normalization, axis_name=self.axis_name, hidden=self.hidden)
        widths = [min(self.width * 2**level, self.max_width) for level in range(self.levels)][::-1]

        first = _reduced(source, tuple(side // 2**self.levels for side in sides))
        x = Conv(widths[0], name="first", **shared)(first, train=train)
        for number, features in enumerate([widths[0]] * 2 + widths):
            x = Block(features, norm, shared, name=f"block_{number}")(x, source, train=train)
            x = x if number == 1 or number == self.levels + 1 else upsample(x)
        x = Conv(self.image_shape[-1], name="image", **shared)(nn.leaky_relu(x, 0.2), train=train)
        return jnp.tanh(x.astype(jnp.float32))


def _reduced(source: Source, sides: tuple[int, ...]) -> Float[Array, "batch height width inputs"]:
    """The nearest pixel of each, so that a class stays what it is."""
    rows, columns = (own // side for own, side in zip(source.shape[1:3], sides, strict=True))
    return source[:, rows // 2 :: rows, columns // 2 :: columns]


def _one_hot(source: Source, classes: int) -> Float[Array, "batch full_height full_width classes"]:
    """Of the first channel, as the pixels of a picture are when they are scaled to [-1, 1]."""
    numbers = jnp.round((source[..., 0] + 1) * 127.5).astype(jnp.int32)
    return jax.nn.one_hot(numbers, classes, dtype=source.dtype)
