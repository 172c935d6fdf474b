"""Pictures: uint8 [H, W, C] with 1 to 4 channels."""

import os
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, UInt8

from gan_jax.data.pixels import resize, to_channels
from gan_jax.errors import InputError
from gan_jax.images import to_uint8
from gan_jax.types import Column


def fit(value: Any, column: Column, *, crop: str, at: float, where: str) -> np.ndarray:
    """The picture with the column's sides and channels; `at` is the place of the window, where one is cut out."""
    if not (isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 3 and value.size):
        found = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise InputError(f"{where} must be uint8 [height, width, channels], not {found}")
    height, width, channels = column.shape
    return resize(to_channels(value, channels), (height, width), crop=crop != "none", at=at)


def flip(
    values: UInt8[Array, "batch height width channels"], mirrored: Bool[Array, "batch"]
) -> UInt8[Array, "batch height width channels"]:
    """Left becomes right."""
    return jnp.where(mirrored[:, None, None, None], values[:, :, ::-1], values)


def quantise(
    outputs: Float[Array, "batch height width channels"], column: Column
) -> tuple[UInt8[Array, "batch height width channels"], Bool[Array, "batch"]]:
    """Values in [-1, 1] as pixels, and where all of an image's are finite."""
    return to_uint8(outputs), jnp.isfinite(outputs).all(axis=(1, 2, 3))


def picture(values: UInt8[np.ndarray, "n height width channels"]) -> UInt8[np.ndarray, "n height width channels"]:
    """The pixels themselves."""
    return values


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """A picture, or a folder or zip of pictures, brought to the column's size and named after the files."""
    pictures, names = read(text, key)
    fitted = [
        fit(picture, column, crop="center", at=0.5, where=f"{key}: {name}")
        for picture, name in zip(pictures, names, strict=True)
    ]
    return np.stack(fitted), names


def parse_own(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """The same with the column's channels at sizes of their own: an array of arrays."""
    pictures, names = read(text, key)
    values = np.empty(len(names), object)
    values[:] = [to_channels(picture, column.shape[-1]) for picture in pictures]
    return values, names


def read(text: str, key: str) -> tuple[list[UInt8[np.ndarray, "_ _ _"]], tuple[str, ...]]:
    """A picture, or a folder or zip of pictures, and what the files are called."""
    from gan_jax.data.sources import images  # which reads them through this package

    path = Path(os.path.expanduser(text))
    if os.path.isfile(path) and path.suffix.lower() in images.SUFFIXES:
        source = images.ImageFiles(path.parent, [path.name], images.UNLABELLED)
    else:
        try:
            source = images.make(str(path), class_depth=0)
        except InputError as error:
            raise InputError(f"{key}={text}: {error}") from error
    return [source[i]["image"] for i in range(len(source))], tuple(source.names)
