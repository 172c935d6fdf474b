"""What happens to photographs: blur, other sizes, noise and JPEG, drawn as Real-ESRGAN does (Wang et al. 2021).

Pictures are float64 [H, W, 3] in [0, 1] between steps.
"""

import io
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image
from scipy import signal, special

Picture = Float[np.ndarray, "height width 3"]
NewPicture = Float[np.ndarray, "new_height new_width 3"]
Kernel = Float[np.ndarray, "side side"]
Range = tuple[float, float]

SIDES = range(7, 22, 2)  # of kernels
SHAPES = {"gaussian": 0.70, "generalized": 0.15, "plateau": 0.15}  # shares among kernels that are no sinc
ISOTROPIC = {"gaussian": 0.45 / 0.70, "generalized": 0.12 / 0.15, "plateau": 0.12 / 0.15}  # shares within each
EXPONENTS = {"gaussian": (1.0, 1.0), "generalized": (0.5, 4.0), "plateau": (1.0, 2.0)}
SINC = 0.1  # share among all kernels
LAST_SINC = 0.8  # share of pictures that are filtered by one in the end
GREY_NOISE = 0.4  # share of pictures whose channels have one noise
QUALITY = (30, 95)
FILTERS = (Image.Resampling.BOX, Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)


class Stage(NamedTuple):
    """How one round of degradation is drawn."""

    blurred: float  # share of the pictures
    deviation: Range  # of kernels, pixels
    sizes: tuple[float, float, float]  # shares that become larger, smaller, and stay
    scale: Range
    gaussian: Range  # deviation of noise, levels of 255
    poisson: Range  # how much of a photon noise


FIRST = Stage(1.0, (0.2, 3.0), (0.2, 0.7, 0.1), (0.15, 1.5), (1.0, 30.0), (0.05, 3.0))
SECOND = Stage(0.8, (0.2, 1.5), (0.3, 0.4, 0.3), (0.3, 1.2), (1.0, 25.0), (0.05, 2.5))


def twice(picture: Picture, random: np.random.Generator, factor: int) -> UInt8[np.ndarray, "rows columns 3"]:
    """The picture after two rounds of degradation, its sides divided by the factor.

    In the end half of the pictures are brought to their size and filtered, then compressed; the others are compressed
    first. Unlike in the reference all ways of resizing smooth what they make smaller.
    """
    height, width = (side // factor for side in picture.shape[:2])
    picture = compressed(_noisy(_resized(_blurred(picture, random, FIRST), random, FIRST), random, FIRST), random)
    picture = _blurred(picture, random, SECOND)
    small = _resized(picture, random, SECOND, (height, width))
    picture = _noisy(small, random, SECOND)
    if random.random() < 0.5:
        picture = compressed(_finished(picture, random, (height, width)), random)
    else:
        picture = _finished(compressed(picture, random), random, (height, width))
    return np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)


def kernel(random: np.random.Generator, deviation: Range) -> Kernel:
    """A kernel of any of the shapes."""
    side = int(random.choice(SIDES))
    if random.random() < SINC:
        return sinc(side, random.uniform(np.pi / (3 if side < 13 else 5), np.pi))
    shape = str(random.choice(list(SHAPES), p=list(SHAPES.values())))
    first = random.uniform(*deviation)
    second = first if random.random() < ISOTROPIC[shape] else random.uniform(*deviation)
    return bump(side, (first, second), random.uniform(-np.pi, np.pi), shape, random.uniform(*EXPONENTS[shape]))


def bump(side: int, deviations: tuple[float, float], angle: float, shape: str, exponent: float = 1.0) -> Kernel:
    """A Gaussian, one with its square to an exponent, or a plateau, of two deviations along turned axes; of sum 1."""
    places = np.stack(np.indices((side, side))) - side // 2
    down, right = np.tensordot([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]], places, 1)
    powers = ((down / deviations[0]) ** 2 + (right / deviations[1]) ** 2) ** exponent
    values = 1 / (1 + powers) if shape == "plateau" else np.exp(-0.5 * powers)
    return values / values.sum()


def sinc(side: int, cutoff: float) -> Kernel:
    """The ideal low-pass filter of a disc of frequencies, cut off at the side: it rings. Its sum is 1."""
    distance = np.hypot(*(np.indices((side, side)) - side // 2))
    distance[side // 2, side // 2] = 1.0
    values = cutoff * special.j1(cutoff * distance) / (2 * np.pi * distance)
    values[side // 2, side // 2] = cutoff**2 / (4 * np.pi)
    return values / values.sum()


def filtered(picture: Picture, weights: Kernel) -> Picture:
    """The picture convolved with a kernel, mirrored beyond its edges."""
    beyond = len(weights) // 2
    wide = np.pad(picture, ((beyond, beyond), (beyond, beyond), (0, 0)), mode="symmetric")
    return signal.fftconvolve(wide, weights[:, :, None], mode="valid", axes=(0, 1))


def resized(picture: Picture, size: tuple[int, int], method: Image.Resampling) -> NewPicture:
    """The picture at (height, width)."""
    planes = (Image.fromarray(plane.astype(np.float32)) for plane in np.moveaxis(picture, -1, 0))
    return np.stack([np.asarray(plane.resize(size[::-1], method), np.float64) for plane in planes], axis=-1)


def with_gaussian_noise(picture: Picture, random: np.random.Generator, levels: float, grey: bool) -> Picture:
    """Noise of a deviation in levels of 255, the same in all channels if `grey`."""
    shape = (*picture.shape[:2], 1 if grey else 3)
    return np.clip(picture + random.normal(0.0, levels / 255, shape), 0, 1)


def with_poisson_noise(picture: Picture, random: np.random.Generator, amount: float, grey: bool) -> Picture:
    """Photon noise, of as many photons as the picture has levels, up to a power of two, times an amount."""
    levels = np.rint(255 * np.clip(picture, 0, 1))
    levels = np.rint(levels @ [[0.299], [0.587], [0.114]]) if grey else levels
    photons = 2.0 ** np.ceil(np.log2(len(np.unique(levels))))
    light = levels / 255
    return np.clip(picture + amount * (random.poisson(light * photons) / photons - light), 0, 1)


def jpeg(pixels: UInt8[np.ndarray, "height width 3"], quality: int) -> UInt8[np.ndarray, "height width 3"]:
    """What is left of a picture in a JPEG file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "jpeg", quality=quality)
    return np.asarray(Image.open(stream))


def compressed(picture: Picture, random: np.random.Generator) -> Picture:
    """The same for any quality."""
    pixels = np.rint(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    return jpeg(pixels, int(random.integers(QUALITY[0], QUALITY[1] + 1))) / 255


def sharpened(
    picture: Picture, *, amount: float = 0.5, deviation: float = 7.7, side: int = 51, threshold: float = 10 / 255
) -> Picture:
    """Unsharp masking where the picture differs from its blur by more than a threshold, with soft edges of where."""
    weights = bump(side, (deviation, deviation), 0.0, "gaussian")
    rest = picture - filtered(picture, weights)
    where = filtered((np.abs(rest) > threshold).astype(np.float64), weights)
    return picture + where * (np.clip(picture + amount * rest, 0, 1) - picture)


def _blurred(picture: Picture, random: np.random.Generator, stage: Stage) -> Picture:
    return filtered(picture, kernel(random, stage.deviation)) if random.random() < stage.blurred else picture


def _resized(
    picture: Picture, random: np.random.Generator, stage: Stage, size: tuple[int, int] | None = None
) -> NewPicture:
    """At a random multiple of a size, by default of its own."""
    size = size or picture.shape[:2]
    low, high = stage.scale
    ranges = ((1.0, high), (low, 1.0), (1.0, 1.0))
    scale = random.uniform(*ranges[random.choice(3, p=stage.sizes)])
    height, width = (max(1, int(side * scale)) for side in size)
    return resized(picture, (height, width), FILTERS[random.integers(3)])


def _noisy(picture: Picture, random: np.random.Generator, stage: Stage) -> Picture:
    grey = bool(random.random() < GREY_NOISE)
    if random.random() < 0.5:
        return with_gaussian_noise(picture, random, random.uniform(*stage.gaussian), grey)
    return with_poisson_noise(picture, random, random.uniform(*stage.poisson), grey)


def _finished(picture: Picture, random: np.random.Generator, size: tuple[int, int]) -> NewPicture:
    picture = resized(picture, size, FILTERS[random.integers(3)])
    if random.random() < LAST_SINC:
        picture = filtered(picture, sinc(int(random.choice(SIDES)), random.uniform(np.pi / 3, np.pi)))
    return picture
