"""What pictures of sprites show of their factors, measured in the pixels, those that a model has made too."""

import numpy as np
from jaxtyping import Float, UInt8

INSIDE = 0.6  # of the largest difference from the ground; what is more belongs wholly to the shape

Images = Float[np.ndarray, "n height width 3"]


def read(
    images: UInt8[np.ndarray, "n height width 3"], shade: Float[np.ndarray, "height 1 1"]
) -> dict[str, Float[np.ndarray, "n"]]:
    """hue and background in turns, x and y in widths and heights, size in short sides: as `sprites` has them.

    The ground is known by the corners, which no shape reaches, and the shape by what is different. Hues are right to
    0.01 turns, places and sizes, the radius of what is surely inside, to a pixel or so; without a
    shape they are NaN.
    """
    count, height, width, _ = images.shape
    pixels = images.astype(np.float64) / 255
    corners = (pixels / shade)[:, [0, 0, -1, -1], [0, -1, 0, -1]].mean(axis=1)
    different = np.abs(pixels - shade * corners[:, None, None]).sum(axis=-1)
    most = np.maximum(different.reshape(count, -1).max(axis=1), 1 / 255)[:, None, None]
    inside = np.minimum(different / (INSIDE * most), 1)
    total = inside.sum(axis=(1, 2))
    columns, rows = np.arange(0.5, width), np.arange(0.5, height)[:, None]
    surely = inside == 1
    with np.errstate(invalid="ignore"):  # where there is no shape
        x, y = ((inside * place).sum(axis=(1, 2)) / total for place in (columns, rows))
        paint = (pixels * surely[..., None]).sum(axis=(1, 2)) / surely.sum(axis=(1, 2))[:, None]
    radius = np.hypot(columns - x[:, None, None], rows - y[:, None, None])
    return {
        "hue": hue_of(paint),
        "background": hue_of(corners),
        "size": ((radius * surely).max(axis=(1, 2)) + 0.5) / min(height, width),
        "x": x / width,
        "y": y / height,
    }


def hue_of(colours: Float[np.ndarray, "n 3"]) -> Float[np.ndarray, "n"]:
    """The angle on the colour wheel of RGB, in turns, red 0 and green 1/3."""
    red, green, blue = colours.T
    return np.arctan2(np.sqrt(3) * (green - blue), 2 * red - green - blue) / (2 * np.pi) % 1
