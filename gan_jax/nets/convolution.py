"""Strided and transposed convolutions that stay fast on XLA:CPU under repeated differentiation.

XLA:CPU runs some of the convolutions that differentiation makes of a strided or a transposed one 10 to 50 times too
slowly: the kernel gradient of the transposed one, and what a second derivative adds to either. A convolution is one of
the three partial derivatives of a trilinear form (`trilinear`), so the derivatives of each are the other two. Every one
of the three has forms that XLA:CPU runs well; as each other's `custom_vjp` they never leave these, at any order of
reverse mode. All are written in the dimension order NHWC, HWIO, since XLA:CPU brings others into it in the entry
computation alone, and runs them 5 to 170 times slower inside `scan` and `cond`. Which form is chosen depends on the
channels on both sides, as at stride 1 a form can be read from either; large ones run a few images at a time, which then
stay in the cache. On GPU and TPU the plain operations run, which know forward mode as well. The choice is made when a
function is traced, by the default backend.
"""

import math
from collections.abc import Callable
from functools import partial

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from gan_jax.nets import few_channels, trilinear
from gan_jax.nets.trilinear import Geometry, Padding, geometry_of

Images = Float[Array, "batch height width inputs"]
NewImages = Float[Array, "batch new_height new_width outputs"]


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
    return _convolve(geometry, x, kernel) if on_cpu else trilinear.convolve(geometry, x, kernel, groups)


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
    return (_adjoint if jax.default_backend() == "cpu" else trilinear.adjoint)(geometry, x, kernel)


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


PART = 8  # images that XLA:CPU is given at a time
LARGE = 2**22  # pixels times channels of a batch from which on parts gain more than their loop costs
PHASES = 2**20  # and of what an adjoint makes, from which on it is made in phases
FEW_INPUTS = 4  # channels up to which a convolution of them is faster as a product over patches
FEW_OUTPUTS = 8  # and up to which one that makes them is
PATCHES = 2**21  # numbers in the patches that are made at a time
LONGEST = 2**24  # and in those of one image, from which on they would take much memory


def _parts(images: Array, size: int) -> Array:
    return images.reshape(-1, size, *images.shape[1:])


def _in_parts(operation: Callable, images: Array, size: int) -> Array:
    if size == len(images):
        return operation(images)
    made = lax.map(operation, _parts(images, size))
    return made.reshape(len(images), *made.shape[2:])


def _part(batch: int, numbers: int) -> int:
    """How many images make a part, where those of all have that many numbers."""
    whole = numbers < LARGE or batch % PART or jax.device_count() > 1  # devices divide a batch themselves
    return batch if whole else PART


def _patches(geometry: Geometry, channels: int) -> int:
    """Numbers in the patches of one image."""
    return math.prod((*geometry.small, *geometry.window, channels))


def _part_in_patches(batch: int, numbers: int) -> int:
    if jax.device_count() > 1:
        return batch
    return next(size for size in range(batch, 0, -1) if batch % size == 0 and (size == 1 or size * numbers <= PATCHES))


def _at_stride_1(geometry: Geometry) -> bool:
    return set(geometry.stride) == {1}


def _convolve_on_cpu(geometry: Geometry, x: Array, kernel: Array) -> Array:
    batch, inputs, outputs = len(x), x.shape[3], kernel.shape[3]
    if _at_stride_1(geometry) and outputs <= FEW_OUTPUTS and outputs < inputs:
        return _adjoint_on_cpu(trilinear.exchanged(geometry), x, trilinear.turned(kernel))
    numbers = _patches(geometry, inputs)
    if inputs <= FEW_INPUTS and numbers <= LONGEST:
        convolve = partial(few_channels.convolve, geometry, kernel=kernel)
        return _in_parts(convolve, x, _part_in_patches(batch, numbers))
    return _in_parts(partial(trilinear.convolve, geometry, kernel=kernel), x, _part(batch, x.size))


def _adjoint_on_cpu(geometry: Geometry, y: Array, kernel: Array) -> Array:
    batch, inputs, outputs = len(y), kernel.shape[2], y.shape[3]
    if _at_stride_1(geometry) and outputs <= FEW_INPUTS and outputs < inputs:
        return _convolve_on_cpu(trilinear.exchanged(geometry), y, trilinear.turned(kernel))
    numbers = _patches(geometry, inputs)
    if inputs <= FEW_OUTPUTS and inputs < outputs and numbers <= LONGEST:
        adjoint = partial(few_channels.adjoint, geometry, kernel=kernel)
        return _in_parts(adjoint, y, _part_in_patches(batch, numbers))
    made = batch * math.prod(geometry.large) * inputs
    form = trilinear.adjoint if made < PHASES else trilinear.adjoint_by_phases
    return _in_parts(partial(form, geometry, kernel=kernel), y, _part(batch, made))


def _kernel_gradient_on_cpu(geometry: Geometry, x: Array, y: Array) -> Array:
    if y.shape[3] < x.shape[3] and _at_stride_1(geometry):  # XLA cuts the one with fewer channels into patches
        return trilinear.turned(_kernel_gradient_on_cpu(trilinear.exchanged(geometry), y, x))
    if len(x) < PART or math.prod(geometry.small) > math.prod(geometry.large):
        # What few images see beyond their edge takes XLA's patches twice to seven times as long as zeros do, and where
        # y is the larger one XLA:CPU would exchange the two for a form that takes twenty times as long.
        geometry, x = trilinear.with_edges(geometry, x)
    size = _part(len(x), max(x.size, y.size))
    if size == len(x):
        return trilinear.kernel_gradient(geometry, x, y)
    start = jnp.zeros((*geometry.window, x.shape[3], y.shape[3]), jnp.promote_types(x.dtype, jnp.float32))
    parts = (_parts(x, size), _parts(y, size))
    total, _ = lax.scan(lambda sum, pair: (sum + trilinear.kernel_gradient(geometry, *pair), None), start, parts)
    return total.astype(x.dtype)


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
    _convolve_on_cpu,
    lambda geometry, x, kernel, y: _adjoint(geometry, y, kernel),
    lambda geometry, x, kernel, y: _kernel_gradient(geometry, x, y),
)
_adjoint = _bilinear(
    _adjoint_on_cpu,
    lambda geometry, y, kernel, x: _convolve(geometry, x, kernel),
    lambda geometry, y, kernel, x: _kernel_gradient(geometry, x, y),
)
_kernel_gradient = _bilinear(
    _kernel_gradient_on_cpu,
    lambda geometry, x, y, kernel: _adjoint(geometry, y, kernel),
    lambda geometry, x, y, kernel: _convolve(geometry, x, kernel),
)
