"""What files say beside their pixels, and what is done to images on their way: encodings, blur and resizing."""

import io
import re
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8
from PIL import Image
from scipy.ndimage import gaussian_filter

from gan_jax.errors import InputError

Images = UInt8[np.ndarray, "n height width channels"]
Resized = UInt8[np.ndarray, "n new_height new_width channels"]


class Encoding(NamedTuple):
    """How the files of a set are written: what two sets have to have alike before they are told apart."""

    format: str = "lossless"  # or "jpeg"
    tables: tuple[tuple[int, ...], ...] = ()  # of quantisation
    quality: int = 0  # in the place of tables

    def __str__(self) -> str:
        if self.format == "lossless":
            return self.format
        return f"jpeg {self.quality}" if self.quality else f"jpeg with tables {hash(self.tables) & 0xFFFF:04x}"


LOSSLESS = Encoding()


def parse_encoding(text: str, key: str) -> Encoding:
    """What `png` or `jpeg:75` means; `key` is how it was asked for."""
    if text in ("png", "lossless"):
        return LOSSLESS
    match = re.fullmatch(r"jpeg:(\d{1,3})", text)
    if match is None or not 1 <= int(match[1]) <= 100:
        raise InputError(f"{key}={text}: an encoding is png, or jpeg:QUALITY such as jpeg:75.")
    return Encoding("jpeg", quality=int(match[1]))


def encodings(files: Sequence[bytes]) -> Counter[Encoding]:
    """How often each encoding is among some files."""
    found: Counter[Encoding] = Counter()
    for data in files:
        with Image.open(io.BytesIO(data)) as image:
            tables = getattr(image, "quantization", None)
            found[Encoding("jpeg", tuple(tuple(tables[i]) for i in sorted(tables))) if tables else LOSSLESS] += 1
    return found


def metadata(files: Sequence[bytes]) -> Float64[np.ndarray, "n facts"]:
    """What is known of a file without its pixels: sides, bands, format, tables, and how much else it says.

    Not its length: of files that are written alike it follows from the pixels, and a detector of pixels cannot see it.
    """
    rows = []
    for data in files:
        with Image.open(io.BytesIO(data)) as image:
            tables = getattr(image, "quantization", None) or {}
            said = [sum(map(ord, str(name))) for name in image.info]  # names of chunks
            more = [len(image.getbands()), len(image.format or ""), sum(map(sum, tables.values())), len(tables)]
            rows.append([*image.size, *more, len(said), sum(said)])
    return np.array(rows, np.float64)


def encoded(images: Images, how: Encoding) -> Images:
    """The images, written and read again."""
    if how.format == "lossless":
        return images
    options = {"quality": how.quality} if how.quality else {"qtables": [list(table) for table in how.tables]}
    return _each(images, lambda image: _jpeg(image, options))


def _jpeg(image: Image.Image, options: dict) -> Image.Image:
    stream = io.BytesIO()
    image.save(stream, "JPEG", **options)
    return Image.open(stream)


def _each(images: Images, function: Callable[[Image.Image], Image.Image]) -> Resized:
    if images.shape[3] not in (1, 3):
        raise InputError(f"Images of {images.shape[3]} channels are no JPEG: set --channels=3.")
    squeezed = images[..., 0] if images.shape[3] == 1 else images
    changed = np.stack([np.asarray(function(Image.fromarray(image))) for image in squeezed])
    return changed[..., None] if images.shape[3] == 1 else changed


def resized(images: Images, share: float, *, back: bool) -> Resized:
    """Smaller by a share of the sides (Lanczos), and back to the old sides where asked for."""
    height, width = images.shape[1:3]
    size = max(round(share * width), 1), max(round(share * height), 1)

    def change(image: Image.Image) -> Image.Image:
        small = image.resize(size, Image.Resampling.LANCZOS)
        return small.resize((width, height), Image.Resampling.BICUBIC) if back else small

    return _each(images, change)


def blurred(images: Images, sigma: float) -> Images:
    """Under a Gaussian of so many pixels."""
    return np.rint(gaussian_filter(images.astype(np.float32), (0, sigma, sigma, 0))).astype(np.uint8)


# What images may meet between where they were made and where they are looked at.
CHANGES: dict[str, Callable[[Images], Images]] = {
    "none": lambda images: images,
    "jpeg_95": lambda images: encoded(images, Encoding("jpeg", quality=95)),
    "jpeg_75": lambda images: encoded(images, Encoding("jpeg", quality=75)),
    "jpeg_50": lambda images: encoded(images, Encoding("jpeg", quality=50)),
    "blur_1": lambda images: blurred(images, 1.0),
    "blur_2": lambda images: blurred(images, 2.0),
    "resize_0.75": lambda images: resized(images, 0.75, back=True),
    "resize_0.5": lambda images: resized(images, 0.5, back=True),
}
