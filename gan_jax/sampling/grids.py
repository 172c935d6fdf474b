"""Images as pictures to look at: grids and PNG files, with 1 to 4 channels (grey, grey + alpha, RGB, RGBA)."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo

GAP = 2  # white pixels between the images of a grid


def grid(
    images: UInt8[np.ndarray, "num height width channels"], columns: int
) -> UInt8[np.ndarray, "rows_height columns_width channels"]:
    """Lays images out row by row with gaps of white between them; places left over in the last row are white."""
    num, height, width, channels = images.shape
    rows = -(-num // columns)
    places = np.full((rows * columns, height + GAP, width + GAP, channels), 255, np.uint8)
    places[:num, :height, :width] = images
    by_row = places.reshape(rows, columns, *places.shape[1:]).swapaxes(1, 2)
    return by_row.reshape(rows * (height + GAP), columns * (width + GAP), channels)[:-GAP, :-GAP]


def enlarge(
    images: UInt8[np.ndarray, "num height width channels"], side: int = 64
) -> UInt8[np.ndarray, "num new_height new_width channels"]:
    """Repeats pixels the whole number of times that brings the longer side closest to, but not above, `side`."""
    factor = max(1, side // max(images.shape[1:3]))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def save_png(path: Path, image: UInt8[np.ndarray, "height width channels"], text: Mapping[str, str]) -> None:
    """Writes an image with text chunks that say where it comes from."""
    chunks = PngInfo()
    for key, value in text.items():
        chunks.add_text(key, value)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(path, pnginfo=chunks)
