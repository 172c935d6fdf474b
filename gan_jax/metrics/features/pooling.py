"""Pooling as the published networks do it, written as shifted slices: on XLA:CPU several times faster than windows."""

import functools

import jax.numpy as jnp
from jaxtyping import Array, Float

Image = Float[Array, "batch height width channels"]
Map = Float[Array, "batch _ _ _"]


def mean_pool(x: Image, factor: int) -> Map:
    """The mean of each `factor` x `factor` block; rows and columns that fill no block are left out."""
    batch, height, width, channels = x.shape
    x = x[:, : height // factor * factor, : width // factor * factor]
    return x.reshape(batch, height // factor, factor, width // factor, factor, channels).mean((2, 4))


def max_pool(x: Image, window: int, stride: int, *, padding: int = 0, ceil_mode: bool = False) -> Map:
    """`torch.nn.MaxPool2d`: with `ceil_mode` the last window may hang over the edge, if it begins inside."""
    for axis in (1, 2):
        x = _slide(x, axis, window, stride, padding, ceil_mode)
    return x


def _slide(x: Image, axis: int, window: int, stride: int, padding: int, ceil_mode: bool) -> Map:
    length = x.shape[axis]
    span = length + 2 * padding - window
    count = (-(-span // stride) if ceil_mode else span // stride) + 1
    if ceil_mode and (count - 1) * stride >= length + padding:
        count -= 1
    after = max(0, (count - 1) * stride + window - length - padding)
    pads = [(padding, after) if a == axis else (0, 0) for a in range(4)]
    x = jnp.pad(x, pads, constant_values=-jnp.inf)
    stop = (count - 1) * stride + 1
    shifted = (x[(slice(None),) * axis + (slice(first, first + stop, stride),)] for first in range(window))
    return functools.reduce(jnp.maximum, shifted)


def mean_pool_same(x: Image) -> Image:
    """Means of 3x3 neighbourhoods with stride 1, over the pixels inside the image alone (`count_include_pad=False`)."""
    ones = jnp.ones((1, *x.shape[1:3], 1), x.dtype)
    return _sum3x3(x) / _sum3x3(ones)


def _sum3x3(x: Image) -> Image:
    for axis in (1, 2):
        pads = [(1, 1) if a == axis else (0, 0) for a in range(4)]
        padded, length = jnp.pad(x, pads), x.shape[axis]
        x = sum(padded[(slice(None),) * axis + (slice(first, first + length),)] for first in range(3))
    return x
