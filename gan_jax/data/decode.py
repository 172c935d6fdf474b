"""The bytes of an image file to pixels: every kind of the formats that are read, each converted on purpose."""

import io
import logging
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from gan_jax.data import png
from gan_jax.errors import InputError, printable

log = logging.getLogger(__name__)

# Pillow tells a format by a file's first bytes, whatever its name, and some of those that it knows start programs.
FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "TIFF", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".webp", ".bmp", ".tif", ".tiff", ".gif")
MAX_PIXELS = 2**27  # of one picture; a file of a few bytes can say that it has any number of them
PLAIN = {"L", "RGB", "RGBA"}  # Pillow's modes that are uint8 HWC already
_films: list[str] = []


def decode(read: Callable[[], bytes], name: str) -> UInt8[np.ndarray, "height width channels"]:
    """The pixels of an image file, upright: grey (1 channel), RGB (3) or RGBA (4); of a film the first frame.

    1-bit becomes grey; 16-bit grey is scaled to 8 bits over its full range; palettes become RGB; anything with
    transparency RGBA; CMYK and the like RGB. Raises InputError with `name` when the file cannot be read or decoded.
    """
    try:
        pixels = _pixels(read(), name)
    except UnidentifiedImageError as error:
        raise InputError(f"{name} cannot be read as an image: it is none of {', '.join(FORMATS)}") from error
    except Image.DecompressionBombError as error:
        raise InputError(f"{name} cannot be read as an image: {_too_many()}") from error
    except Exception as error:  # Pillow and zipfile report damage with a dozen types
        raise InputError(f"{name} cannot be read as an image: {str(error) or type(error).__name__}") from error
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _pixels(data: bytes, name: str) -> np.ndarray:
    if data.startswith(png.SIGNATURE):
        png.check(data)
    try:
        return _open(data, name)
    except ValueError as error:
        if "MAX_TEXT" not in str(error):
            raise
        return _open(png.without_words(data), name)  # of which Pillow reads no more than a megabyte


def _open(data: bytes, name: str) -> np.ndarray:
    with Image.open(io.BytesIO(data), formats=FORMATS) as image:
        if image.width * image.height > MAX_PIXELS:
            raise ValueError(f"it has {image.width}x{image.height} pixels: {_too_many()}")
        if getattr(image, "is_animated", False) and image.format != "MPO":  # a photograph with its preview
            _say_of_films(name)
            image.seek(0)
        return np.asarray(_to_plain(ImageOps.exif_transpose(image)))


def _too_many() -> str:
    return f"a picture has at most {MAX_PIXELS:,} pixels; make it smaller first"


def _say_of_films(name: str) -> None:
    """Tells of the first one that this process meets."""
    if not _films:
        _films.append(name)
        log.warning("%s has several frames: of each such file the first is taken", printable(name))


def _to_plain(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return _to_eight_bits(np.asarray(image), image.info.get("transparency"))
    if image.mode in ("I", "F"):
        kind = "whole numbers of 32 bits" if image.mode == "I" else "floating-point numbers"
        raise ValueError(f"its pixels are {kind}, which have no known range; save it with 8 or 16 bits")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in PLAIN else image.convert("RGB")


def _to_eight_bits(wide: np.ndarray, transparent: int | None) -> Image.Image:
    """16 bits over their full range; one of the greys may stand for transparency."""
    grey = Image.fromarray(((wide.astype(np.uint32) * 255 + 32767) // 65535).astype(np.uint8))
    if transparent is None:
        return grey
    picture = grey.convert("RGBA")
    picture.putalpha(Image.fromarray(np.where(wide == transparent, 0, 255).astype(np.uint8)))
    return picture
