"""Images as pictures to look at: their layout in a grid, and PNG files, with 1 to 4 channels."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Integer, UInt8
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from gan_jax.errors import InputError, printable
from gan_jax.provenance import xmp
from gan_jax.provenance.marks import SOURCE_TYPE

Images = UInt8[np.ndarray, "num height width channels"]
NewImages = UInt8[np.ndarray, "num new_height new_width new_channels"]

GAP = 2  # white pixels between the images of a grid
WIDE = 4 * GAP  # between groups of images that belong together
OPTIONS = {".jpg": dict(quality=95, subsampling=0), ".webp": dict(lossless=True)}  # where there are no chunks of text


class Picture(NamedTuple):
    """Images to be laid out row by row."""

    images: Images
    columns: int
    gap: int = GAP


def in_rows(images: Images, parts: int = 1) -> Picture:
    """A nearly square layout of images, or of groups of `parts` images side by side in each."""
    return Picture(images, max(1, math.ceil(math.sqrt(len(images) / parts))), WIDE if parts > 1 else GAP)


def by_class(images: Images, labels: Integer[np.ndarray, "num"], classes: int) -> Picture:
    """Each class in a row of its own; where that is far from square, in several, or with others beside it."""
    present = [images[labels == label] for label in range(classes) if (labels == label).any()]
    longest = max(map(len, present))
    rows = max(1, round(math.sqrt(longest / len(present))))  # of each class
    beside = max(1, round(math.sqrt(len(present) / longest)))  # classes in a row
    width = -(-longest // rows)
    white = np.full_like(images[:1], 255)
    padded = [np.concatenate([group, np.repeat(white, rows * width - len(group), axis=0)]) for group in present]
    return Picture(np.concatenate(padded), width * beside)


def side_by_side(columns: Sequence[UInt8[np.ndarray, "num ..."]]) -> NewImages:
    """Joins the images of each row from left to right, with a gap; all as high as the last, with its channels.

    Small ones are enlarged before, so that the gap stays as it is.
    """
    columns = [*columns[:-1], enlarge(columns[-1])]
    *_, (_, height, _, channels) = (column.shape for column in columns)
    prepared = [_as_high(_with_channels(column, channels), height) for column in columns]
    gap = np.full((len(prepared[0]), height, GAP, channels), 255, np.uint8)
    joined = [part for column in prepared for part in (gap, column)][1:]
    return np.concatenate(joined, axis=2)


def _with_channels(images: Images, channels: int) -> NewImages:
    given = images.shape[-1]
    if given == channels:
        return images
    colour = images[..., :3] if given >= 3 else images[..., :1]
    if channels in (1, 2):
        colour = colour.mean(axis=-1, keepdims=True).round().astype(np.uint8)
    elif colour.shape[-1] == 1:
        colour = np.repeat(colour, 3, axis=-1)
    opaque = np.full_like(colour[..., :1], 255)
    return colour if channels in (1, 3) else np.concatenate([colour, opaque], axis=-1)


def _as_high(images: Images, height: int) -> NewImages:
    """Repeats pixels of a smaller picture, and centres it on white where that does not come out even."""
    factor = max(1, height // images.shape[1])
    images = images.repeat(factor, axis=1).repeat(factor, axis=2)[:, :height]
    above = (height - images.shape[1]) // 2
    return np.pad(images, ((0, 0), (above, height - images.shape[1] - above), (0, 0), (0, 0)), constant_values=255)


def grid(images: Images, columns: int, gap: int = GAP) -> UInt8[np.ndarray, "rows_height columns_width channels"]:
    """Lays images out row by row with gaps of white between them; places left over in the last row are white."""
    num, height, width, channels = images.shape
    rows = -(-num // columns)
    places = np.full((rows * columns, height + gap, width + gap, channels), 255, np.uint8)
    places[:num, :height, :width] = images
    by_row = places.reshape(rows, columns, *places.shape[1:]).swapaxes(1, 2)
    return by_row.reshape(rows * (height + gap), columns * (width + gap), channels)[:-gap, :-gap]


def enlarge(images: Images, side: int = 64) -> UInt8[np.ndarray, "num new_height new_width channels"]:
    """Repeats pixels the whole number of times that brings the longer side closest to, but not above, `side`."""
    factor = max(1, side // max(images.shape[1:3]))
    return images.repeat(factor, axis=1).repeat(factor, axis=2)


def save_png(path: Path, image: UInt8[np.ndarray, "height width channels"], text: Mapping[str, str]) -> None:
    """Writes an image with text chunks that say where it comes from; of a synthetic one they are there as XMP too."""
    chunks = PngInfo()
    for key, value in text.items():
        chunks.add_text(key, printable(value))
    if SOURCE_TYPE in text:
        chunks.add_itxt(xmp.PNG_KEYWORD, xmp.packet(text).decode())
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image).save(path, pnginfo=chunks)


def save_picture(path: Path, image: UInt8[np.ndarray, "height width channels"], text: Mapping[str, str]) -> None:
    """Writes an image in the format of the path's suffix: a PNG, or a JPEG or WebP, which say all in their XMP.

    A JPEG is of quality 95 with whole colours, a WebP without loss.
    """
    if path.suffix not in OPTIONS:
        save_png(path, image, text)
        return
    if image.shape[-1] == 4 and path.suffix == ".jpg":
        raise InputError("A JPEG has no transparency, and these pictures have: write --format=png or webp.")
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = Image.fromarray(image[..., 0] if image.shape[-1] == 1 else image)
    pixels.save(path, xmp=xmp.packet(text), **OPTIONS[path.suffix])
