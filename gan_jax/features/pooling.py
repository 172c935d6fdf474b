"""Pooling as the published networks do it, as sums and maxima of shifted slices: on XLA:CPU far faster than windows."""

import functools
from collections.abc import Iterator

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Image = Float[Array, "batch height width channels"]
Map = Float[Array, "batch _ _ _"]


def mean_pool(x: Image, factor: int) -> Map:
    """The mean of each `factor` x `factor` block; rows and columns that fill no block are left out."""
    batch, height, width, channels = x.shape
    x = x[:, : height // factor * factor, : width // factor * factor]
    return x.reshape(batch, height // factor, factor, width // factor, factor, channels).mean((2, 4))


def mean_pool_same(x: Image) -> Image:
    """Means of 3x3 neighbourhoods with stride 1, over the pixels inside the image alone (`count_include_pad=False`)."""
    ones = jnp.ones((1, *x.shape[1:3], 1), x.dtype)
    total, count = (sum(_shifted(jnp.pad(y, _sides((1, 1), (1, 1))), 3, 1)) for y in (x, ones))
    return total / count


def max_pool(x: Image, window: int, stride: int, *, padding: int = 0, ceil_mode: bool = False) -> Map:
    """`torch.nn.MaxPool2d`: with `ceil_mode` the last window may hang over the edge, if it begins inside."""
    sides = [(padding, padding + _overhang(n, window, stride, padding) * ceil_mode) for n in x.shape[1:3]]
    x = jnp.pad(x, _sides(*sides), constant_values=-jnp.inf)
    for axis in (1, 2):  # of rows first, then of columns: of three of each in 4 maxima instead of 8
        x = functools.reduce(jnp.maximum, _along(x, axis, window, stride))
    return x


def _overhang(length: int, window: int, stride: int, padding: int) -> int:
    missing = (window - length - 2 * padding) % stride
    last = length + 2 * padding + missing - window
    return missing if last < length + padding else 0


def _sides(rows: tuple[int, int], columns: tuple[int, int]) -> list[tuple[int, int]]:
    return [(0, 0), rows, columns, (0, 0)]


def _shifted(x: Map, window: int, stride: int) -> Iterator[Map]:
    """For each place in the window, what all windows see there."""
    for rows in _along(x, 1, window, stride):
        yield from _along(rows, 2, window, stride)


def _along(x: Map, axis: int, window: int, stride: int) -> Iterator[Map]:
    """For each place along one side of the window, what all windows see there."""
    last = (x.shape[axis] - window) // stride * stride
    for place in range(window):
        yield lax.slice_in_dim(x, place, place + last + 1, stride, axis)
