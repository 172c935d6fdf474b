"""A convolution as one of the three partial derivatives of a trilinear form, each as a plain operation of lax.

    T(x, w, y) = sum over batch, position p, offset k of  x[p * stride + k - low] . w[k] . y[p]
    convolve = dT/dy,   adjoint = dT/dx,   kernel_gradient = dT/dw

The shapes: x [batch, *large, inputs], w [*window, inputs, outputs], y [batch, *small, outputs].
"""

from typing import Literal, NamedTuple

import jax.numpy as jnp
from jax import lax
from jaxtyping import Array

Padding = Literal["SAME", "VALID"]  # zeros outside, or only where the kernel lies within


class Geometry(NamedTuple):
    """What a convolution needs to know beside its operands; each field has a number for each dimension."""

    stride: tuple[int, ...]
    low: tuple[int, ...]  # padding before the first pixel
    large: tuple[int, ...]  # size of the side that the stride steps over
    small: tuple[int, ...]  # size of the side that it makes
    window: tuple[int, ...]


def geometry_of(large: tuple[int, ...], window: tuple[int, ...], stride: int, padding: Padding) -> Geometry:
    """With 'SAME' padding `small` is `large` divided by the stride, rounded up."""
    strides = (stride,) * len(large)
    if padding == "VALID":
        small = tuple((n - k) // stride + 1 for n, k in zip(large, window, strict=True))
        return Geometry(strides, (0,) * len(large), tuple(large), small, tuple(window))
    small = tuple(-(-size // stride) for size in large)
    low = tuple(max((s - 1) * stride + k - n, 0) // 2 for s, k, n in zip(small, window, large, strict=True))
    return Geometry(strides, low, tuple(large), small, tuple(window))


def with_edges(geometry: Geometry, x: Array) -> tuple[Geometry, Array]:
    """The zeros around x as a part of it, or what no place of y sees left out."""
    stride, low, large, small, window = geometry
    seen = tuple((n - 1) * s + w for n, s, w in zip(small, stride, window, strict=True))
    ends = [(before, all - before - n, 0) for before, all, n in zip(low, seen, large, strict=True)]
    x = lax.pad(x, jnp.zeros((), x.dtype), [(0, 0, 0), *ends, (0, 0, 0)])
    return Geometry(stride, (0,) * len(low), seen, small, window), x


def exchanged(geometry: Geometry) -> Geometry:
    """At stride 1 that of the same form read from y to x; its kernel is turned around in space, and transposed."""
    stride, low, large, small, window = geometry
    return Geometry(stride, tuple(w - 1 - n for w, n in zip(window, low, strict=True)), small, large, window)


def turned(kernel: Array) -> Array:
    """The kernel of the form that is read from y to x."""
    return kernel[::-1, ::-1].swapaxes(2, 3)


def convolve(geometry: Geometry, x: Array, kernel: Array, groups: int = 1) -> Array:
    """What each place of y sees of x."""
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=geometry.stride,
        feature_group_count=groups,
        padding=[
            (low, (small - 1) * stride + window - large - low)
            for stride, low, large, small, window in zip(*geometry, strict=True)
        ],
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def adjoint(geometry: Geometry, y: Array, kernel: Array) -> Array:
    """What each place of y gives to those of x that it sees."""
    return lax.conv_general_dilated(
        y,
        kernel[::-1, ::-1].swapaxes(2, 3),
        window_strides=(1, 1),
        padding=[
            (window - 1 - low, large - 1 - (small - 1) * stride + low)
            for stride, low, large, small, window in zip(*geometry, strict=True)
        ],
        lhs_dilation=geometry.stride,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def kernel_gradient(geometry: Geometry, x: Array, y: Array) -> Array:
    """The products of y and what it sees, summed over places and images."""
    gradient = lax.conv_general_dilated(
        x.transpose(3, 1, 2, 0),
        y.transpose(1, 2, 0, 3),
        window_strides=(1, 1),
        padding=[
            (low, (small - 1) * stride + window - large - low)
            for stride, low, large, small, window in zip(*geometry, strict=True)
        ],
        rhs_dilation=geometry.stride,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )
    return gradient.transpose(1, 2, 0, 3)


def adjoint_by_phases(geometry: Geometry, y: Array, kernel: Array) -> Array:
    """The adjoint at stride 1: channels for every place within a step of the stride, which then become pixels."""
    stride, low, large, small, window = geometry
    (rows, columns), inputs, outputs = stride, *kernel.shape[2:]
    taps = [-(-w // s) for w, s in zip(window, stride, strict=True)]
    first = [n // s for n, s in zip(low, stride, strict=True)]
    last = [(n + m - 1) // s for n, m, s in zip(low, large, stride, strict=True)]
    missing = [(0, t * s - w) for t, s, w in zip(taps, stride, window, strict=True)]
    kernel = jnp.pad(kernel, (*missing, (0, 0), (0, 0))).reshape(taps[0], rows, taps[1], columns, inputs, outputs)
    kernel = kernel[::-1, :, ::-1].transpose(0, 2, 5, 1, 3, 4).reshape(*taps, outputs, -1)
    padding = [(t - 1 - f, n - (m - 1)) for t, f, n, m in zip(taps, first, last, small, strict=True)]
    phases = lax.conv_general_dilated(y, kernel, (1, 1), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"))
    batch, height, width, _ = phases.shape
    phases = phases.reshape(batch, height, width, rows, columns, inputs).swapaxes(2, 3)
    images = phases.reshape(batch, height * rows, width * columns, inputs)
    top, left = (n - f * s for n, f, s in zip(low, first, stride, strict=True))
    return images[:, top : top + large[0], left : left + large[1]]
