"""Strided and transposed convolutions that stay fast on XLA:CPU under repeated differentiation.

XLA:CPU runs some of the convolutions that differentiation makes of a strided or a transposed one 10 to 50 times too
slowly: the kernel gradient of the transposed one, and what a second derivative adds to either. A convolution is one of
the three partial derivatives of a trilinear form,

    T(x, w, y) = sum over batch, position p, offset k of  x[p * stride + k - low] . w[k] . y[p]
    convolve = dT/dy,   adjoint = dT/dx,   kernel_gradient = dT/dw,

so the derivatives of each are the other two. Every one of the three has a form that XLA:CPU runs well; as each other's
`custom_vjp` they never leave it, at any order of reverse mode. All are written in the dimension order NHWC, HWIO, since
XLA:CPU brings others into it in the entry computation alone, and runs them 5 to 170 times slower inside `scan` and
`cond`. Large ones run a few images at a time, which then stay in the cache. On GPU and TPU the plain operations run,
which know forward mode as well. The choice is made when a function is traced, by the default backend.
"""

import math
from collections.abc import Callable
from typing import Literal, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

Images = Float[Array, "batch height width inputs"]
NewImages = Float[Array, "batch new_height new_width outputs"]


Padding = Literal["SAME", "VALID"]  # zeros outside, or only where the kernel lies within


def conv(
    x: Images,
    kernel: Float[Array, "rows columns group_inputs outputs"],
    stride: int = 1,
    padding: Padding = "SAME",
) -> NewImages:
    """Convolves in the dtype of `x`: with 'SAME' padding the sides are divided by the stride and rounded up.

    A kernel of fewer inputs than `x` has channels sees so many of them for each group of outputs.
    """
    kernel, on_cpu = kernel.astype(x.dtype), jax.default_backend() == "cpu"
    groups = x.shape[3] // kernel.shape[2]
    if on_cpu and groups > 1:
        return _some_groups_at_a_time(x, kernel, groups, stride, padding)
    if stride == 1 and kernel.shape[:2] == (1, 1) and groups == 1:
        return x @ kernel[0, 0]  # a matrix product is 2.5 times faster on XLA:CPU, forward and backward
    geometry = geometry_of(x.shape[1:3], kernel.shape[:2], stride, padding)
    return _convolve(geometry, x, kernel) if on_cpu else _plain_convolve(geometry, x, kernel, groups)


def conv_transpose(
    x: Images, kernel: Float[Array, "rows columns outputs inputs"], stride: int = 2, padding: Padding = "SAME"
) -> NewImages:
    """The adjoint of `conv` for the same kernel, stride and padding.

    The sides are multiplied by the stride; with 'VALID' nothing that the kernel reaches is cut off.
    """
    kernel = kernel.astype(x.dtype)
    beyond = [window - stride if padding == "VALID" else 0 for window in kernel.shape[:2]]
    large = tuple(size * stride + more for size, more in zip(x.shape[1:3], beyond, strict=True))
    geometry = geometry_of(large, kernel.shape[:2], stride, padding)
    return (_adjoint if jax.default_backend() == "cpu" else _plain_adjoint)(geometry, x, kernel)


TOGETHER = 16  # channels of one convolution: small groups share one, by zeros in between


def _some_groups_at_a_time(x: Images, kernel: Array, groups: int, stride: int, padding: Padding) -> NewImages:
    """Convolves as many groups at a time as have TOGETHER channels, by zeros in between, in a loop over these.

    XLA:CPU has no form of groups whose gradients are fast. For 256 channels in groups of 16 the loop takes a quarter
    of the time of zeros between all groups.
    """
    together = math.gcd(groups, max(TOGETHER // kernel.shape[2], 1))
    parts = groups // together

    def convolved(operands: tuple[Array, Array]) -> Array:
        return conv(operands[0], block_diagonal(operands[1], together), stride, padding)

    if parts == 1:
        return convolved((x, kernel))
    operands = (jnp.moveaxis(array.reshape(*array.shape[:3], parts, -1), 3, 0) for array in (x, kernel))
    outputs = lax.map(convolved, tuple(operands))
    return jnp.moveaxis(outputs, 0, 3).reshape(*outputs.shape[1:4], -1)


def block_diagonal(
    kernel: Float[Array, "rows columns inputs outputs"], groups: int
) -> Float[Array, "rows columns all_inputs outputs"]:
    """The kernel over all channels that does what this one does to each group of them."""
    rows, columns, inputs, outputs = kernel.shape
    by_group = kernel.reshape(rows, columns, inputs, groups, outputs // groups)
    return jnp.einsum("rcigo,hg->rchigo", by_group, jnp.eye(groups, dtype=kernel.dtype)).reshape(
        rows, columns, groups * inputs, outputs
    )


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


def _plain_convolve(geometry: Geometry, x: Array, kernel: Array, groups: int = 1) -> Array:
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


PART = 8  # images that XLA:CPU is given at a time
LARGE = 2**21  # pixels times channels of a batch from which on parts gain more than their loop costs


def _comes_in_parts(images: Array, size: int) -> bool:
    return size >= LARGE and len(images) % PART == 0 and jax.device_count() == 1  # devices divide a batch themselves


def _parts(images: Array) -> Array:
    return images.reshape(-1, PART, *images.shape[1:])


def _convolve_in_parts(geometry: Geometry, x: Array, kernel: Array) -> Array:
    if not _comes_in_parts(x, x.size):
        return _plain_convolve(geometry, x, kernel)
    return lax.map(lambda part: _plain_convolve(geometry, part, kernel), _parts(x)).reshape(len(x), *geometry.small, -1)


def _adjoint_in_parts(geometry: Geometry, y: Array, kernel: Array) -> Array:
    if not _comes_in_parts(y, len(y) * math.prod(geometry.large) * kernel.shape[2]):
        return _plain_adjoint(geometry, y, kernel)
    return lax.map(lambda part: _adjoint_by_phases(geometry, part, kernel), _parts(y)).reshape(
        len(y), *geometry.large, -1
    )


def _kernel_gradient_in_parts(geometry: Geometry, x: Array, y: Array) -> Array:
    if not _comes_in_parts(x, max(x.size, y.size)):
        return _plain_kernel_gradient(geometry, x, y)
    start = jnp.zeros((*geometry.window, x.shape[3], y.shape[3]), jnp.promote_types(x.dtype, jnp.float32))
    parts = (_parts(x), _parts(y))
    total, _ = lax.scan(lambda sum, pair: (sum + _plain_kernel_gradient(geometry, *pair), None), start, parts)
    return total.astype(x.dtype)


def _adjoint_by_phases(geometry: Geometry, y: Array, kernel: Array) -> Array:
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
    _convolve_in_parts,
    lambda geometry, x, kernel, y: _adjoint(geometry, y, kernel),
    lambda geometry, x, kernel, y: _kernel_gradient(geometry, x, y),
)
_adjoint = _bilinear(
    _adjoint_in_parts,
    lambda geometry, y, kernel, x: _convolve(geometry, x, kernel),
    lambda geometry, y, kernel, x: _kernel_gradient(geometry, x, y),
)
_kernel_gradient = _bilinear(
    _kernel_gradient_in_parts,
    lambda geometry, x, y, kernel: _adjoint(geometry, y, kernel),
    lambda geometry, x, y, kernel: _convolve(geometry, x, kernel),
)
