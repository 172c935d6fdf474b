"""Columns computed from others, example by example: each a function of an example, after its pictures have their size.

One that draws at random takes a second argument `random`, a NumPy generator that belongs to the example: it draws the
same in every run, and in every epoch too, unless the example is cut at random (data.crop) and so is another each time.
"""

from collections.abc import Mapping
from typing import Annotated

import numpy as np
from jaxtyping import Bool, UInt8
from scipy import ndimage

from gan_jax.bounds import Bounds, Positive
from gan_jax.data import degradations
from gan_jax.data.bicubic import resize_pixels
from gan_jax.data.pixels import to_channels
from gan_jax.errors import InputError, nearest

Example = Mapping[str, np.ndarray | np.generic]
Picture = UInt8[np.ndarray, "height width channels"]
Voxels = UInt8[np.ndarray, "depth height width channels"]


def edges(example: Example, *, of: str = "image", width: float = 0.7, strength: float = 40.0) -> Picture:
    """A sketch, grey [H, W, 1]: dark lines on white where colours change.

    The ink is the steepest slope of any colour, smoothed by a Gaussian of `width` pixels: black where it rises by
    `strength` levels or more per pixel.
    """
    colours = to_channels(_picture(example, of), 3).astype(np.float64)
    slopes = [ndimage.gaussian_gradient_magnitude(colours[..., c], width, mode="nearest") for c in range(3)]
    ink = np.clip(np.max(slopes, axis=0) / strength, 0, 1)
    return np.rint(255 * (1 - ink)).astype(np.uint8)[:, :, None]


def grey(example: Example, *, of: str = "image") -> Picture:
    """The picture without its colours, [H, W, 1]: ITU-R 601's luma."""
    return to_channels(_picture(example, of), 1)


def smaller(example: Example, *, of: str = "image", factor: Positive = 4) -> Picture:
    """The picture at a whole fraction of its sides, by MATLAB's antialiased bicubic filter."""
    picture = _picture(example, of)
    height, width, _ = picture.shape
    if factor < 1 or height % factor or width % factor:
        raise InputError(f"data.derive: smaller.factor = {factor} does not divide the sides {height}x{width}")
    return resize_pixels(picture, (height // factor, width // factor))


def larger(example: Example, *, of: str = "image", factor: Positive = 4) -> Picture:
    """The picture at a multiple of its sides, by MATLAB's bicubic filter."""
    picture = _picture(example, of)
    return resize_pixels(picture, (picture.shape[0] * factor, picture.shape[1] * factor))


def mask(example: Example, random: np.random.Generator, *, of: str = "image", fraction: float = 0.5) -> Picture:
    """The picture with a rectangle of `fraction` of its sides, anywhere inside, in middle grey (127).

    Transparency is laid over white, and an alpha channel says where: 255 where the picture is seen, 0 in the rectangle.
    """
    picture = _picture(example, of)
    colours = to_channels(picture, 3 if picture.shape[2] in (3, 4) else 1)
    seen = ~_rectangle(picture.shape[:2], random, fraction)[:, :, None]
    hidden = np.where(seen, to_channels(colours, 3), 127).astype(np.uint8)
    return np.concatenate([hidden, np.where(seen, 255, 0).astype(np.uint8)], axis=2)


def half(example: Example, random: np.random.Generator, *, of: str = "image", side: str = "right") -> Picture | Voxels:
    """The picture or voxels with one half empty: the "left", the "right", or of voxels the "back"; "any" draws one.

    What is left of a picture is as it is, and the other half black, as are voxels with nothing inside.
    """
    grid = _picture(example, of).copy()
    sides = ("left", "right", "back")[: grid.ndim - 1]
    if side not in (*sides, "any"):
        raise InputError(f"data.derive: half.side = {side!r} is unknown. {nearest(side, (*sides, 'any'))}")
    chosen = sides[random.integers(len(sides))] if side == "any" else side
    middle = grid.shape[0 if chosen == "back" else -2] // 2
    if chosen == "back":
        grid[middle:] = 0
    else:
        grid[..., slice(middle) if chosen == "left" else slice(middle, None), :] = 0
    return grid


def noise(example: Example, random: np.random.Generator, *, of: str = "image", deviation: float = 25.0) -> Picture:
    """The picture with Gaussian noise of `deviation` levels."""
    picture = _picture(example, of)
    noisy = picture + random.normal(0.0, deviation, picture.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def blur(example: Example, *, of: str = "image", deviation: float = 2.0) -> Picture:
    """The picture under a Gaussian of `deviation` pixels."""
    blurred = ndimage.gaussian_filter(_picture(example, of).astype(np.float64), (deviation, deviation, 0))
    return np.rint(blurred).astype(np.uint8)


def jpeg(example: Example, *, of: str = "image", quality: Annotated[int, Bounds(1, most=95)] = 30) -> Picture:
    """The picture [H, W, 3] after a JPEG file of some quality."""
    return degradations.jpeg(to_channels(_picture(example, of), 3), quality)


def degraded(example: Example, random: np.random.Generator, *, of: str = "image", factor: Positive = 4) -> Picture:
    """The picture [H, W, 3] at a whole fraction of its sides, blurred, noisy and compressed as photographs are.

    It is degraded twice at random, in the order of Real-ESRGAN (Wang et al. 2021).
    """
    picture = to_channels(_picture(example, of), 3)
    if picture.shape[0] % factor or picture.shape[1] % factor:
        raise InputError("data.derive: degraded.factor = {} does not divide {}x{}".format(factor, *picture.shape))
    return degradations.twice(picture / 255, random, factor)


def sharpened(example: Example, *, of: str = "image") -> Picture:
    """The picture [H, W, 3] with sharper edges, by unsharp masking: what Real-ESRGAN makes its small pictures of."""
    sharp = degradations.sharpened(to_channels(_picture(example, of), 3) / 255)
    return np.rint(255 * sharp).astype(np.uint8)


def _picture(example: Example, name: str) -> Picture | Voxels:
    if name not in example:
        raise InputError(f"data.derive: of = {name!r} is no column. {nearest(name, example)}")
    return example[name]


def _rectangle(
    sides: tuple[int, int], random: np.random.Generator, fraction: float
) -> Bool[np.ndarray, "height width"]:
    inside = np.zeros(sides, bool)
    lengths = [min(side, max(1, round(side * fraction))) for side in sides]
    top, left = (int(random.integers(0, side - length + 1)) for side, length in zip(sides, lengths, strict=True))
    inside[top : top + lengths[0], left : left + lengths[1]] = True
    return inside
