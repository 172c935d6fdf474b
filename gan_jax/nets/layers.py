"""Dense, embedding and convolution layers: float32 weights, optional spectral normalisation, compute in `dtype`."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.errors import InputError
from gan_jax.nets.checks import Label, check_option
from gan_jax.nets.resample import conv_average_pool, upsample_conv
from gan_jax.nets.spatial import Padding, conv, conv_transpose
from gan_jax.nets.spectral import SpectralNorm

Images = Float[Array, "batch *space inputs"]
NewImages = Float[Array, "batch *new_space features"]

_scaling = nn.initializers.variance_scaling
INITIALIZERS = {  # each a function of `in_axis` and `out_axis`
    "dcgan": lambda **_: nn.initializers.normal(0.02),  # Radford et al. 2016
    "he": partial(_scaling, 2.0, "fan_in", "truncated_normal"),  # He et al. 2015
    "xavier": partial(_scaling, 1.0, "fan_avg", "uniform"),  # Glorot & Bengio 2010
    "lecun": partial(_scaling, 1.0, "fan_in", "truncated_normal"),  # LeCun et al. 1998
    "unit": lambda **_: nn.initializers.normal(1.0),
    "orthogonal": lambda out_axis, **_: nn.initializers.orthogonal(column_axis=out_axis),  # Saxe et al. 2014
    "faint": partial(_scaling, 0.02**2, "fan_avg", "normal"),  # of CUT and FastCUT (Park et al. 2020): xavier's, 0.02
    "torch": partial(_scaling, 1 / 3, "fan_in", "uniform"),  # PyTorch's own, and so VDVAE's (Child 2021)
    "small": partial(_scaling, 0.01, "fan_avg", "uniform"),  # a tenth of xavier, for branches that begin near zero
    "zeros": lambda **_: nn.initializers.zeros,
}


def shares(label: Label, num_classes: int, dtype: Any = jnp.float32) -> Float[Array, "batch num_classes"]:
    """Labels as one share of their class and none of the others; shares of classes as they are."""
    return label.astype(dtype) if label.ndim == 2 else jax.nn.one_hot(label, num_classes, dtype=dtype)


class Layer(nn.Module):
    """What the layers share: a weight, a bias, and how they are drawn and normalised.

    `gain` scales the weight as it is drawn. An `equalized` layer (Karras et al. 2018) is drawn with unit variance and
    scaled at every use by gain / sqrt(inputs), so that optimizers which divide by the size of gradients move all layers
    alike; `rate` makes it learn so many times as fast.
    """

    features: int
    use_bias: bool = True
    spectral: bool = False
    initializer: str = "he"
    dtype: Any = jnp.float32
    gain: float = 1.0
    equalized: bool = False
    rate: float = 1.0
    first_bias: float = 0.0

    def parameter(self, name: str, initialize: Callable[..., Array], shape: tuple[int, ...]) -> Array:
        """As `param`, which at each use traces how a parameter is drawn: half of the time to trace a network."""
        if not self.has_variable("params", name):
            return self.param(name, initialize, shape)
        value = self.get_variable("params", name)
        if value.shape != shape:
            raise InputError(f"{'/'.join(self.path)}/{name} is of the shape {value.shape}, and should be of {shape}.")
        return value

    def weight(self, shape: tuple[int, ...], train: bool, in_axis: int = -2, out_axis: int = -1) -> Array:
        """The layer's weight, normalised; float32."""
        check_option("initializer", self.initializer, INITIALIZERS)
        if self.equalized:
            weight = self.parameter("kernel", nn.initializers.normal(1 / self.rate), shape)
            weight *= self.gain * self.rate / math.sqrt(math.prod(shape) / shape[out_axis])
        else:
            initialize = INITIALIZERS[self.initializer](in_axis=in_axis, out_axis=out_axis)
            weight = self.parameter("kernel", lambda *drawn: self.gain * initialize(*drawn), shape)
        if self.spectral:
            weight = SpectralNorm(out_axis, name="spectral")(weight, train=train)
        return weight

    def biased(self, x: Array) -> Array:
        """Adds the bias, where there is one."""
        if not self.use_bias:
            return x
        rate = self.rate if self.equalized else 1.0
        bias = self.parameter("bias", nn.initializers.constant(self.first_bias / rate), (self.features,))
        return x + (rate * bias).astype(self.dtype)


class Dense(Layer):
    """A matrix product over the last axis."""

    @nn.compact
    def __call__(self, x: Float[Array, "... inputs"], *, train: bool) -> Float[Array, "... features"]:
        """Any leading axes."""
        weight = self.weight((x.shape[-1], self.features), train).astype(self.dtype)
        rows = x.astype(self.dtype).reshape(-1, x.shape[-1])  # one product, which XLA:CPU runs 1.3 times faster
        return self.biased((rows @ weight).reshape(*x.shape[:-1], self.features))


class Embed(Layer):
    """One vector per class; zero initialisation makes it a table of offsets."""

    num_classes: int = 0

    @nn.compact
    def __call__(self, label: Label, *, train: bool) -> Float[Array, "batch features"]:
        """Looks the labels up; of shares of classes it is the mean of their vectors."""
        table = self.weight((self.num_classes, self.features), train).astype(self.dtype)
        return label.astype(self.dtype) @ table if label.ndim == 2 else jnp.take(table, label, axis=0)


def _window(size: int, x: Array) -> tuple[int, ...]:
    """The sides of a kernel over all dimensions of space."""
    return (size,) * (x.ndim - 2)


class Conv(Layer):
    """A convolution of pictures or voxels, of all channels or of each group of `group` alone."""

    kernel_size: int = 3
    stride: int = 1
    group: int = 0
    padding: Padding = "SAME"

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> NewImages:
        """The sides are divided by the stride and rounded up, or with 'VALID' what the kernel fits into."""
        inputs = self.group or x.shape[-1]
        weight = self.weight((*_window(self.kernel_size, x), inputs, self.features), train)
        return self.biased(conv(x.astype(self.dtype), weight, self.stride, self.padding))


class ConvTranspose(Layer):
    """A transposed convolution, the adjoint of `Conv`."""

    kernel_size: int = 4
    stride: int = 2

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> NewImages:
        """The sides are multiplied by the stride."""
        shape = (*_window(self.kernel_size, x), self.features, x.shape[-1])
        weight = self.weight(shape, train, in_axis=-1, out_axis=-2)
        return self.biased(conv_transpose(x.astype(self.dtype), weight, self.stride))


class UpsampleConv(Layer):
    """Nearest up-sampling by two, then a 3x3 convolution."""

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> NewImages:
        """The sides are doubled."""
        return self.biased(upsample_conv(x.astype(self.dtype), self.weight((3, 3, x.shape[-1], self.features), train)))


class ConvAveragePool(Layer):
    """A 3x3 convolution, then 2x2 average pooling."""

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> NewImages:
        """The sides, which must be even, are halved."""
        kernel = self.weight((3, 3, x.shape[-1], self.features), train)
        return self.biased(conv_average_pool(x.astype(self.dtype), kernel))
