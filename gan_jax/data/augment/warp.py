"""Affine warps of images that neither alias nor blur: at twice the size, between filters that cancel each other."""

import math

import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.nets.resample import filtered

Matrix = Float[Array, "3 3"]

# The low-pass filter of the wavelet symlet 6 (Daubechies 1992; `dec_lo` in the table of PyWavelets, MIT licence). It is
# orthonormal to its shifts by two, so that up-sampling by it and down-sampling by its mirror image are the identity.
SYM6 = (
    *(0.015404109327027373, 0.0034907120842174702, -0.11799011114819057, -0.048311742585633),
    *(0.4910559419267466, 0.787641141030194, 0.3379294217276218, -0.07263752278646252),
    *(-0.021060292512300564, 0.04472490177066578, 0.0017677118642428036, -0.007800708325034148),
)
REACH = len(SYM6) // 4  # small pixels to either side that a filter of the large image reaches
CENTER = sum(place * tap for place, tap in enumerate(SYM6)) / sum(SYM6)


def warp(images: Float[Array, "batch height width channels"], sources: Float[Array, "batch 3 3"]) -> Array:
    """Images whose pixel at (x, y) from the center is that of the source at `sources @ (x, y, 1)`, in pixels.

    Beyond its edges an image goes on as in a mirror. With the identity nothing changes.
    """
    height, width = images.shape[1:3]
    # For this filter, that of the result, and shifts by some pixels, which are exact so.
    edge = min(2 * REACH + math.ceil(max(height, width) / 8), height - 1, width - 1)
    padded = jnp.pad(images, ((0, 0), (edge, edge), (edge, edge), (0, 0)), mode="reflect")
    large = filtered(padded, SYM6, up=2)
    first = 2 * edge + 2 * REACH - CENTER  # where the first pixel of the image itself lies in the large one

    def places(side: int) -> Float[Array, "places"]:
        """What the result's large pixels show, in small pixels from the image's center."""
        return (jnp.arange(2 * (side + 2 * REACH)) + 2 * (edge - REACH) - first) / 2 - (side - 1) / 2

    x, y = jnp.meshgrid(places(width), places(height))
    x, y = (row @ jnp.stack([x, y, jnp.ones_like(x)]).reshape(3, -1) for row in (sources[:, 0], sources[:, 1]))
    columns, rows = (
        first + 2 * _mirrored(at + (side - 1) / 2, side, edge - REACH) for at, side in ((x, width), (y, height))
    )
    warped = _bilinear(large, rows, columns).reshape(len(images), 2 * (height + 2 * REACH), 2 * (width + 2 * REACH), -1)
    return filtered(warped, SYM6[::-1], down=2)[:, REACH : REACH + height, REACH : REACH + width]


def _mirrored(at: Float[Array, "..."], side: int, reach: int) -> Float[Array, "..."]:
    """Places in an image for any places: those that lie more than `reach` outside it are seen in a mirror."""
    last = side - 1
    folded = last - jnp.abs(jnp.mod(at, 2 * last) - last)
    return jnp.where((at > -reach - 0.5) & (at < last + reach + 0.5), at, folded)


def _bilinear(
    images: Float[Array, "batch height width channels"],
    rows: Float[Array, "batch places"],
    columns: Float[Array, "batch places"],
) -> Float[Array, "batch places channels"]:
    """Images between their pixels."""
    batch, height, width, channels = images.shape
    top, left = (
        jnp.clip(jnp.floor(at).astype(jnp.int32), 0, side - 2) for at, side in ((rows, height), (columns, width))
    )
    down, right = (at - corner for at, corner in ((rows, top), (columns, left)))
    flat, corner = images.reshape(batch, height * width, channels), top * width + left
    total = jnp.zeros((*rows.shape, channels), images.dtype)
    for below, beside in ((0, 0), (0, 1), (1, 0), (1, 1)):
        weight = (down if below else 1 - down) * (right if beside else 1 - right)
        # Four gathers of one pixel each: XLA:CPU takes five times as long for one of four.
        pixels = jnp.take_along_axis(flat, (corner + below * width + beside)[:, :, None], axis=1)
        total += weight[:, :, None].astype(images.dtype) * pixels
    return total


def translation(x: Array | float, y: Array | float) -> Matrix:
    """Moves by (x, y)."""
    return jnp.array([[1.0, 0, x], [0, 1, y], [0, 0, 1]])


def scaling(x: Array | float, y: Array | float) -> Matrix:
    """Stretches by x and y."""
    return jnp.diag(jnp.array([x, y, 1.0]))


def rotation(angle: Array | float) -> Matrix:
    """Turns by an angle in radians."""
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    return jnp.array([[cos, -sin, 0], [sin, cos, 0], [0, 0, 1.0]])
