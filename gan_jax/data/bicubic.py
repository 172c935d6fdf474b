"""Bicubic resizing as MATLAB's `imresize` does it, which the low resolutions of super-resolution papers are made by.

Keys's kernel with a = -1/2 (Keys 1981), stretched by 1/scale where the picture becomes smaller, its weights brought to
a sum of one, and pixels beyond an edge mirrored, the edge's own among them. Pillow drops these instead, so its results
differ near the edges; OpenCV and PyTorch have a = -3/4 and do not stretch the kernel.
"""

import functools
import math

import numpy as np
from jaxtyping import Float, Shaped, UInt8

Picture = Shaped[np.ndarray, "height width channels"]


def resize(picture: Picture, size: tuple[int, int]) -> Float[np.ndarray, "new_height new_width channels"]:
    """The picture at (height, width), float64; nothing is rounded or clipped."""
    rows, columns = (_weights(*sides) for sides in zip(picture.shape[:2], size, strict=True))
    return _along_rows(_along_rows(picture, rows).swapaxes(0, 1), columns).swapaxes(0, 1)


def resize_pixels(
    picture: UInt8[np.ndarray, "height width channels"], size: tuple[int, int]
) -> UInt8[np.ndarray, "new_height new_width channels"]:
    """The same in pixels, which are rounded once, at the end."""
    return np.clip(np.rint(resize(picture, size)), 0, 255).astype(np.uint8)


def _along_rows(picture: Picture, taps: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    places, weights = taps
    total = np.zeros((len(places), *picture.shape[1:]))
    for place, weight in zip(places.T, weights.T, strict=True):  # tap by tap, which takes no memory for all of them
        total += weight[:, None, None] * picture[place]
    return total


@functools.lru_cache(maxsize=64)
def _weights(old: int, new: int) -> tuple[np.ndarray, np.ndarray]:
    """For each new row the old rows that it is made of [new, taps], and how much of each."""
    scale = new / old
    stretch = max(1.0, 1 / scale)
    centers = (np.arange(new) + 0.5) / scale - 0.5  # in old rows
    taps = math.ceil(4 * stretch) + 2
    places = np.floor(centers - 2 * stretch).astype(int)[:, None] + np.arange(taps)
    weights = _keys((centers[:, None] - places) / stretch)
    weights /= weights.sum(axis=1, keepdims=True)
    used = (weights != 0).any(axis=0)
    mirrored = np.mod(places[:, used], 2 * old)
    return np.minimum(mirrored, 2 * old - 1 - mirrored), weights[:, used]


def _keys(distances: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    x = np.abs(distances)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))
