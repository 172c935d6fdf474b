"""Convolutions over the two dimensions of pictures and the three of voxels.

XLA:CPU runs a convolution over three dimensions 3 to 10 times slower than the same work over two, and a transposed one
up to a thousand times. There the slices that a kernel sees along the depth are channels of a convolution over the other
two, which has the three forms of `convolution` at any order of derivative. Elsewhere the plain operations run.
"""

import jax
import jax.numpy as jnp
from jax import lax
from jaxtyping import Array, Float

from gan_jax.nets import convolution, few_channels
from gan_jax.nets.trilinear import Padding, geometry_of

Maps = Float[Array, "batch *space inputs"]
NewMaps = Float[Array, "batch *new_space outputs"]

VOXELS = ("NDHWC", "DHWIO", "NDHWC")


def conv(
    x: Maps, kernel: Float[Array, "*window group_inputs outputs"], stride: int = 1, padding: Padding = "SAME"
) -> NewMaps:
    """Convolves in the dtype of `x`: with 'SAME' padding the sides are divided by the stride and rounded up."""
    if x.ndim == 4:
        return convolution.conv(x, kernel, stride, padding)
    kernel = kernel.astype(x.dtype)
    if stride == 1 and kernel.shape[:3] == (1, 1, 1):
        return x @ kernel[0, 0, 0]
    if jax.default_backend() != "cpu":
        return lax.conv_general_dilated(x, kernel, (stride,) * 3, padding, dimension_numbers=VOXELS)
    window, batch, depth = len(kernel), len(x), x.shape[1]
    geometry = geometry_of((depth,), (window,), stride, padding)
    (low,), (small,) = geometry.low, geometry.small
    last = (small - 1) * stride
    x = jnp.pad(x, ((0, 0), (low, max(last + window - depth - low, 0)), (0, 0), (0, 0), (0, 0)))
    seen = [lax.slice_in_dim(x, tap, tap + last + 1, stride, axis=1) for tap in range(window)]
    planes = jnp.concatenate(seen, axis=-1).reshape(batch * small, *x.shape[2:4], -1)
    flat = kernel.transpose(1, 2, 0, 3, 4).reshape(*kernel.shape[1:3], -1, kernel.shape[4])
    made = convolution.conv(planes, flat, stride, padding)
    return made.reshape(batch, small, *made.shape[1:])


def conv_transpose(
    x: Maps, kernel: Float[Array, "*window outputs inputs"], stride: int = 2, padding: Padding = "SAME"
) -> NewMaps:
    """The adjoint of `conv` for the same kernel, stride and padding."""
    if x.ndim == 4:
        return convolution.conv_transpose(x, kernel, stride, padding)
    kernel = kernel.astype(x.dtype)
    if jax.default_backend() != "cpu":
        return lax.conv_transpose(x, kernel, (stride,) * 3, padding, dimension_numbers=VOXELS, transpose_kernel=True)
    window, batch, small = len(kernel), len(x), x.shape[1]
    depth = small * stride + (window - stride if padding == "VALID" else 0)
    (low,) = geometry_of((depth,), (window,), stride, padding).low
    flat = kernel.transpose(1, 2, 0, 3, 4).reshape(*kernel.shape[1:3], -1, kernel.shape[4])
    planes = convolution.conv_transpose(x.reshape(batch * small, *x.shape[2:]), flat, stride, padding)
    planes = planes.reshape(batch, small, *planes.shape[1:3], window, -1)
    return few_channels.laid_over(planes, stride, low, depth)
