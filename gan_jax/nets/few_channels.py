"""Convolutions from or to few channels, such as an image's three, as a matrix product over their patches.

XLA:CPU makes patches of all that it convolves, which for few outputs takes far longer than the products do. Here what
has few channels is cut into patches, or laid together from them: of 9x9 windows to three channels in a seventh of the
time, of 3x3 in a sixth (benchmarks/convolutions.py). Shapes and names are those of `trilinear`.
"""

from functools import reduce
from operator import add

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from gan_jax.nets.trilinear import Geometry, with_edges


def convolve(geometry: Geometry, x: Array, kernel: Array) -> Array:
    """For few inputs."""
    return _patches(geometry, x) @ kernel.reshape(-1, kernel.shape[3])


def adjoint(geometry: Geometry, y: Array, kernel: Array) -> Array:
    """For few inputs, which are what is made here."""
    (row_stride, column_stride), low, large, small, (rows, columns) = geometry
    precise = jnp.promote_types(y.dtype, jnp.float32)  # for the sums
    flat = kernel.transpose(3, 0, 1, 2).reshape(kernel.shape[3], -1)
    patches = jnp.matmul(y, flat, preferred_element_type=precise).reshape(len(y), *small, rows, -1)
    wide = laid_over(patches, row_stride, low[0], large[0])
    wide = lax.optimization_barrier(wide)  # XLA would do the sum over rows again for each column
    wide = wide.reshape(len(y) * large[0], small[1], columns, -1)
    return laid_over(wide, column_stride, low[1], large[1]).reshape(len(y), *large, -1).astype(y.dtype)


def _patches(geometry: Geometry, x: Array) -> Float[Array, "batch height width patch"]:
    """What the kernel sees at each place, in its order: side by side along the columns first, then along the rows."""
    geometry, x = with_edges(geometry, x)
    last = [(n - 1) * s for n, s in zip(geometry.small, geometry.stride, strict=True)]
    for axis in (2, 1):
        n = axis - 1
        taps = range(geometry.window[n])
        seen = [lax.slice_in_dim(x, tap, tap + last[n] + 1, geometry.stride[n], axis) for tap in taps]
        x = lax.optimization_barrier(jnp.concatenate(seen, axis=3))  # else XLA puts both together, pixel by pixel
    return x


def laid_over(
    windows: Float[Array, "batch small *others window features"], stride: int, low: int, large: int
) -> Float[Array, "batch large *others features"]:
    """The sum of what each place gives to `window` of the `large` ones, the first of which is place * stride - low."""
    batch, small, *others, window, features = windows.shape
    places = -(-large // stride)
    phases = []
    for phase in range(stride):  # of the large side, whose places are place * stride + phase
        given = [jnp.zeros((batch, places, *others, features), windows.dtype)]
        for tap in range((phase + low) % stride, window, stride):
            after = (tap - low - phase) // stride  # places by which what this tap gives lies behind
            ends = ((0, 0, 0), (after, places - small - after, 0), *(((0, 0, 0),) * (len(others) + 1)))
            given.append(lax.pad(windows[..., tap, :], jnp.zeros((), windows.dtype), ends))
        phases.append(reduce(add, given))
    whole = jnp.stack(phases, axis=2).reshape(batch, places * stride, *others, features)
    return whole[:, :large]
