"""Strided and transposed convolutions that stay fast on XLA:CPU under repeated differentiation.

XLA:CPU runs some of the convolutions that differentiation makes of a strided or a transposed one 10 to 50 times too
slowly: the kernel gradient of the transposed one, and what a second derivative adds to either. A convolution is one of
the three partial derivatives of a trilinear form,

    T(x, w, y) = sum over batch, position p, offset k of  x[p * stride + k - low] . w[k] . y[p]
    convolve = dT/dy,   adjoint = dT/dx,   kernel_gradient = dT/dw,

so the derivatives of each are the other two. Every one of the three has a form that XLA:CPU runs well; as each other's
`custom_vjp` they never leave it, at any order of reverse mode. All are written in the dimension order NHWC, HWIO, since
XLA:CPU brings others into it in the entry computation alone, and runs them 5 to 170 times slower inside `scan` and
`cond`. On GPU and TPU the plain operations run, which know forward mode as well. The choice is made when a function is
traced, by the default backend.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jax import lax
from jaxtyping import Array, Float

Images = Float[Array, "batch height width inputs"]
NewImages = Float[Array, "batch new_height new_width outputs"]


def conv(x: Images, kernel: Float[Array, "rows columns inputs outputs"], stride: int = 1) -> NewImages:
    """Convolves with 'SAME' padding, in the dtype of `x`: the sides are divided by the stride and rounded up."""
    kernel = kernel.astype(x.dtype)
    if stride == 1 and kernel.shape[:2] == (1, 1):
        return x @ kernel[0, 0]  # a matrix product is 2.5 times faster on XLA:CPU, forward and backward
    geometry = same_geometry(x.shape[1:3], kernel.shape[:2], stride)
    fast = _convolve if jax.default_backend() == "cpu" else _plain_convolve
    return fast(geometry, x, kernel)


def conv_transpose(x: Images, kernel: Float[Array, "rows columns outputs inputs"], stride: int = 2) -> NewImages:
    """The adjoint of `conv` for the same kernel and stride: the sides are multiplied by the stride."""
    kernel = kernel.astype(x.dtype)
    large = (x.shape[1] * stride, x.shape[2] * stride)
    geometry = same_geometry(large, kernel.shape[:2], stride)
    return (_adjoint if jax.default_backend() == "cpu" else _plain_adjoint)(geometry, x, kernel)


class Geometry(NamedTuple):
    """What a convolution needs to know beside its operands; each field is (vertical, horizontal)."""

    stride: tuple[int, int]
    low: tuple[int, int]  # padding before the first pixel
    large: tuple[int, int]  # size of the side that the stride steps over
    small: tuple[int, int]  # size of the side that it makes
    window: tuple[int, int]


def same_geometry(large: tuple[int, ...], window: tuple[int, ...], stride: int) -> Geometry:
    """The geometry of 'SAME' padding: `small` is `large` divided by the stride, rounded up."""
    small = tuple(-(-size // stride) for size in large)
    low = tuple(max((s - 1) * stride + k - n, 0) // 2 for s, k, n in zip(small, window, large, strict=True))
    return Geometry((stride, stride), low, tuple(large), small, tuple(window))


def _plain_convolve(geometry: Geometry, x: Array, kernel: Array) -> Array:
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=geometry.stride,
        padding=[
            (low, (small - 1) * stride + window - large - low)
            for stride, low, large, small, window in zip(*geometry, strict=True)
        ],
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
    )


def _plain_adjoint(geometry: Geometry, y: Array, kernel: Array) -> Array:
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


def _plain_kernel_gradient(geometry: Geometry, x: Array, y: Array) -> Array:
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


def _bilinear(operation: Callable, left_derivative: Callable, right_derivative: Callable) -> Callable:
    """`operation(geometry, a, b)` with its two derivatives given as functions of (geometry, a, b, cotangent)."""
    wrapped = jax.custom_vjp(operation, nondiff_argnums=(0,))
    wrapped.defvjp(
        lambda geometry, a, b: (wrapped(geometry, a, b), (a, b)),  # not `operation`, which lax would differentiate
        lambda geometry, operands, cotangent: (
            left_derivative(geometry, *operands, cotangent),
            right_derivative(geometry, *operands, cotangent),
        ),
    )
    return wrapped


_convolve = _bilinear(
    _plain_convolve,
    lambda geometry, x, kernel, y: _adjoint(geometry, y, kernel),
    lambda geometry, x, kernel, y: _kernel_gradient(geometry, x, y),
)
_adjoint = _bilinear(
    _plain_adjoint,
    lambda geometry, y, kernel, x: _convolve(geometry, x, kernel),
    lambda geometry, y, kernel, x: _kernel_gradient(geometry, x, y),
)
_kernel_gradient = _bilinear(
    _plain_kernel_gradient,
    lambda geometry, x, y, kernel: _adjoint(geometry, y, kernel),
    lambda geometry, x, y, kernel: _convolve(geometry, x, kernel),
)
