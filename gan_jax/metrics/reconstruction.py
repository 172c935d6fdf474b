"""How close an image is to the one that it should be, pixel by pixel: L1, PSNR and SSIM, per image, in float64."""

import functools
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from gan_jax.errors import InputError
from gan_jax.features.base import check

Images = UInt8[np.ndarray, "number height width channels"]
Plane = Literal["all", "luma"]

WINDOW, DEVIATION = 11, 1.5  # of SSIM's Gaussian, pixels
K1, K2, PEAK = 0.01, 0.03, 255.0


def l1(a: Images, b: Images) -> Float[np.ndarray, "number"]:
    """The mean absolute difference of values in [-1, 1]: 2 between black and white."""
    a, b = _prepared(a, b, 0, "all")
    return np.abs(a - b).mean((1, 2, 3)) * (2 / PEAK)


def psnr(a: Images, b: Images, *, border: int = 0, plane: Plane = "all") -> Float[np.ndarray, "number"]:
    """Peak signal-to-noise ratio in decibels; infinite for equal images.

    `border` pixels are cut off on every side first. `luma` compares the Y of ITU-R 601's YCbCr (16 to 235) alone; the
    numbers of super-resolution papers are mostly those of `luma`, with the border as wide as the scale.
    """
    a, b = _prepared(a, b, border, plane)
    with np.errstate(divide="ignore"):
        return 10 * np.log10(PEAK**2 / np.square(a - b).mean((1, 2, 3)))


def ssim(a: Images, b: Images, *, border: int = 0, plane: Plane = "all") -> Float[np.ndarray, "number"]:
    """Structural similarity (Wang et al. 2004), the mean over channels and all places where the 11 x 11 window fits."""
    a, b = _prepared(a, b, border, plane)
    if min(a.shape[1:3]) < WINDOW:
        raise InputError(f"ssim: images of {a.shape[1:3]} pixels are smaller than its window of {WINDOW}")
    values = []
    for x, y in zip(a, b, strict=True):  # one by one: the intermediate results are twelve times the size of the images
        mean_x, mean_y = _blur(x), _blur(y)
        variance_x, variance_y = _blur(x * x) - mean_x**2, _blur(y * y) - mean_y**2
        covariance = _blur(x * y) - mean_x * mean_y
        c1, c2 = (K1 * PEAK) ** 2, (K2 * PEAK) ** 2
        luminance = (2 * mean_x * mean_y + c1) / (mean_x**2 + mean_y**2 + c1)
        values.append((luminance * (2 * covariance + c2) / (variance_x + variance_y + c2)).mean())
    return np.array(values)


def luma(images: Float[np.ndarray, "number height width 3"]) -> Float[np.ndarray, "number height width 1"]:
    """The Y of ITU-R 601's YCbCr, 16 for black to 235 for white, as in MATLAB's `rgb2ycbcr`."""
    return images @ np.array([[65.481], [128.553], [24.966]]) / 255 + 16


def _prepared(a: Images, b: Images, border: int, plane: Plane) -> tuple[np.ndarray, np.ndarray]:
    check(a)
    check(b)
    if a.shape != b.shape:
        raise InputError(f"the originals have shape {a.shape}, the reconstructions {b.shape}")
    if 2 * border >= min(a.shape[1:3]):
        raise InputError(f"a border of {border} leaves nothing of images of {a.shape[1:3]} pixels")
    inner = slice(border, -border or None)
    a, b = (x[:, inner, inner].astype(np.float64) for x in (a, b))
    return (luma(a), luma(b)) if plane == "luma" and a.shape[-1] == 3 else (a, b)


def _blur(image: Float[np.ndarray, "height width channels"]) -> Float[np.ndarray, "_ _ channels"]:
    rows, columns = (_gaussian(side) for side in image.shape[:2])
    return np.einsum("hg,gwc,vw->hvc", rows, image, columns, optimize=True)


@functools.lru_cache(maxsize=16)
def _gaussian(side: int) -> Float[np.ndarray, "valid side"]:
    """The window at each place where it fits, as a matrix."""
    offsets = np.arange(WINDOW) - WINDOW // 2
    window = np.exp(-(offsets**2) / (2 * DEVIATION**2))
    window /= window.sum()
    places = np.arange(side - WINDOW + 1)
    matrix = np.zeros((len(places), side))
    for shift, weight in enumerate(window):
        matrix[places, places + shift] = weight
    return matrix
