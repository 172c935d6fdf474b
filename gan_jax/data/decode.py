"""The bytes of an image file to pixels: every kind of PNG, JPEG and WebP, each converted on purpose."""

import io
from collections.abc import Callable

import numpy as np
from jaxtyping import UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from gan_jax.errors import InputError

PLAIN = {"L", "RGB", "RGBA"}  # Pillow's modes that are uint8 HWC already


def decode(read: Callable[[], bytes], name: str) -> UInt8[np.ndarray, "height width channels"]:
    """The pixels of an image file, upright: grey (1 channel), RGB (3) or RGBA (4).

    1-bit becomes grey; 16-bit grey is scaled to 8 bits over its full range; palettes become RGB; anything with
    transparency RGBA; CMYK and the like RGB. Raises InputError with `name` when the file cannot be read or decoded.
    """
    try:
        with Image.open(io.BytesIO(read())) as image:
            pixels = np.asarray(_to_plain(ImageOps.exif_transpose(image)))
    except UnidentifiedImageError as error:
        raise InputError(f"{name} cannot be read as an image: it is of no known kind") from error
    except Exception as error:  # Pillow and zipfile report damage with a dozen types
        raise InputError(f"{name} cannot be read as an image: {str(error) or type(error).__name__}") from error
    return pixels[:, :, None] if pixels.ndim == 2 else pixels


def _to_plain(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits; I is what some writers' 16-bit files open as
        wide = np.asarray(image).astype(np.uint32)
        if wide.max(initial=0) > 65535:
            raise ValueError("more than 16 bits per pixel")
        return Image.fromarray(((wide * 255 + 32767) // 65535).astype(np.uint8))
    if image.mode == "F":
        raise ValueError("floating-point pixels have no known range")
    if image.has_transparency_data:
        return image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image if image.mode in PLAIN else image.convert("RGB")
