"""One image to the size and the channels that a run trains on."""

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from gan_jax.errors import InputError

Pixels = UInt8[np.ndarray, "height width channels"]
NewPixels = UInt8[np.ndarray, "new_height new_width new_channels"]


def channels_first(shape: tuple[int, ...]) -> bool:
    """Whether the shape of a picture, which should be [H, W, C], looks like [C, H, W]."""
    return len(shape) == 3 and shape[0] in (1, 3) and shape[2] not in (1, 3)


def to_channels(image: Pixels, channels: int) -> NewPixels:
    """Converts between grey (1 channel), RGB (3) and RGBA (4).

    Transparency is laid over white; grey is the luma of ITU-R 601; a new alpha channel is opaque.
    """
    given = image.shape[2]
    if given == channels:
        return image
    if not {given, channels} <= {1, 3, 4}:
        raise InputError(f"an image of {given} channels cannot be converted to {channels}")
    if given == 4:
        alpha = image[:, :, 3:].astype(np.uint16)
        over_white = (image[:, :, :3] * alpha + 255 * (255 - alpha) + 127) // 255
        return to_channels(over_white.astype(np.uint8), channels)
    if channels == 1:
        return np.asarray(Image.fromarray(image).convert("L"))[:, :, None]
    colour = image if given == 3 else np.repeat(image, 3, axis=2)
    if channels == 3:
        return colour
    return np.concatenate([colour, np.full_like(colour[:, :, :1], 255)], axis=2)


def resize(
    image: Pixels,
    resolution: tuple[int, int],
    *,
    crop: bool,
    at: tuple[float, float] = (0.5, 0.5),
    share: float = 1.0,
) -> NewPixels:
    """Resizes to (height, width) by Pillow's antialiased Lanczos filter; colours are weighted by their alpha.

    crop: takes a window of the wanted aspect ratio, whose sides are a `share` of the largest one's, `at` (0 to 1) along
    both; else the whole image is stretched. Pixels are copied unfiltered where the size is right already.
    """
    height, width = image.shape[:2]
    scale = min(height / resolution[0], width / resolution[1])
    window = (resolution[0] * scale * share, resolution[1] * scale * share) if crop else (height, width)
    free = (height - window[0], width - window[1])
    if window == resolution:
        top, left = (min(int(place * (room + 1)), int(room)) for place, room in zip(at, free, strict=True))
        return image[top : top + resolution[0], left : left + resolution[1]]
    top, left = at[0] * free[0], at[1] * free[1]
    box = (left, top, min(left + window[1], width), min(top + window[0], height))
    planes = [image] if image.shape[2] in (1, 3, 4) else np.split(image, image.shape[2], axis=2)
    size = (resolution[1], resolution[0])
    resized = [np.asarray(_to_pillow(plane).resize(size, Image.Resampling.LANCZOS, box)) for plane in planes]
    return np.concatenate([plane.reshape(*resolution, -1) for plane in resized], axis=2)


def patch(image: Pixels, resolution: tuple[int, int], *, at: tuple[float, float]) -> NewPixels:
    """A window as large as the resolution, `at` (0 to 1) along both sides, its pixels as they are.

    An image in which it does not fit is resized, by as little as makes it fit.
    """
    free = [given - wanted for given, wanted in zip(image.shape[:2], resolution, strict=True)]
    if min(free) < 0:
        return resize(image, resolution, crop=True, at=at)
    top, left = (min(int(place * (room + 1)), room) for place, room in zip(at, free, strict=True))
    return image[top : top + resolution[0], left : left + resolution[1]]


def _to_pillow(image: Pixels) -> Image.Image:
    return Image.fromarray(image[:, :, 0] if image.shape[2] == 1 else image)
