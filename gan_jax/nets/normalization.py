"""Normalisation of activations, with float32 statistics whatever the activations are."""

import math
from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.nets.checks import Label, check_option
from gan_jax.nets.layers import Embed

Images = Float[Array, "batch *space channels"]


class BatchNorm(nn.Module):
    """Batch normalisation (Ioffe & Szegedy 2015), over all devices of `axis_name` where one is given."""

    axis_name: str | None = None
    affine: bool = True
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Images:
        """Training follows the statistics with momentum 0.9 (collection `batch_stats`); evaluation uses them."""
        return nn.BatchNorm(
            use_running_average=not train,
            momentum=0.9,
            epsilon=1e-5,
            dtype=self.dtype,
            use_scale=self.affine,
            use_bias=self.affine,
            axis_name=self.axis_name,
            name="norm",
        )(x)


class ConditionalBatchNorm(nn.Module):
    """Batch normalisation with a scale and a bias per class (Dumoulin et al. 2017); the plain one without classes."""

    num_classes: int
    axis_name: str | None = None
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Images, label: Label, *, train: bool) -> Images:
        """Every class starts at scale 1 and bias 0."""
        conditional = self.num_classes > 0
        x = BatchNorm(self.axis_name, affine=not conditional, dtype=self.dtype, name="batch")(x, train=train)
        if not conditional:
            return x
        scale, bias = (
            Embed(x.shape[-1], num_classes=self.num_classes, initializer="zeros", dtype=self.dtype, name=name)(
                label, train=train
            ).reshape(len(x), *(1,) * (x.ndim - 2), -1)
            for name in ("scale", "bias")
        )
        return x * (1 + scale) + bias


class LayerNorm(nn.Module):
    """Layer normalisation over each image (Ba et al. 2016), which leaves the examples independent of each other."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Images:
        """A scale and a bias per channel; `train` changes nothing."""
        del train
        return nn.LayerNorm(reduction_axes=tuple(range(1, x.ndim)), epsilon=1e-5, dtype=self.dtype, name="norm")(x)


class InstanceNorm(nn.Module):
    """Every channel of every image to mean 0 and variance 1 (Ulyanov et al. 2016), without parameters."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Images:
        """An image depends on itself alone; `train` changes nothing."""
        del train
        x = x.astype(jnp.float32)
        axes = tuple(range(1, x.ndim - 1))
        centred = x - x.mean(axes, keepdims=True)
        return (centred * jax.lax.rsqrt(jnp.square(centred).mean(axes, keepdims=True) + 1e-5)).astype(self.dtype)


class GroupNorm(nn.Module):
    """Groups of an image's channels to mean 0 and variance 1 (Wu & He 2018): 32 groups, or fewer that divide them."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Images:
        """A scale and a bias per channel; an image depends on itself alone, and `train` changes nothing."""
        del train
        groups = math.gcd(32, x.shape[-1])
        return nn.GroupNorm(num_groups=groups, epsilon=1e-6, dtype=self.dtype, name="norm")(x)


def unit_length(x: Float[Array, "*shape features"]) -> Float[Array, "*shape features"]:
    """Each vector along the last axis scaled to a length of 1, float32; one of zeros stays as it is."""
    wide = x.astype(jnp.float32)
    return wide / jnp.sqrt(jnp.square(wide).sum(axis=-1, keepdims=True) + 1e-12)


def unit_mean_square(x: Float[Array, "*shape features"]) -> Float[Array, "*shape features"]:
    """Each vector along the last axis scaled to a mean square of 1, summed in float32.

    It is the pixel normalisation of Karras et al. 2018, and RMSNorm without its gain (Zhang & Sennrich 2019).
    """
    wide = x.astype(jnp.float32)
    return (wide * jax.lax.rsqrt(jnp.square(wide).mean(axis=-1, keepdims=True) + 1e-8)).astype(x.dtype)


NORMS = ("batch", "instance", "none", "spectral")  # of networks from pictures to pictures


def normalized(x: Images, kind: str, axis_name: str | None, name: str, *, train: bool) -> Images:
    """The activations normalised in one of the ways of NORMS; `spectral` and `none` leave them as they are."""
    check_option("normalization", kind, NORMS)
    if kind == "batch":
        return BatchNorm(axis_name, dtype=x.dtype, name=name)(x, train=train)
    return InstanceNorm(x.dtype, name=name)(x, train=train) if kind == "instance" else x
