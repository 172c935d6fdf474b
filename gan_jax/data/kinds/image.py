"""Pictures: uint8 [H, W, C] with 1 to 4 channels."""

import os
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, UInt8

from gan_jax.data.pixels import patch, resize, to_channels
from gan_jax.errors import InputError
from gan_jax.images import to_uint8
from gan_jax.types import Column

JITTER = 256 / 286  # of the sides (Isola et al. 2017, section 6.2: enlarged to 286, of which 256 are cut out)


def fit(value: Any, column: Column, *, crop: str, at: tuple[float, float], where: str) -> np.ndarray:
    """The picture with the column's sides and channels; `at` is the place (0 to 1) of a window that is cut out."""
    if not (isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 3 and value.size):
        found = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise InputError(f"{where} must be uint8 [height, width, channels], not {found}")
    height, width, channels = column.shape
    pixels = to_channels(value, channels)
    if crop == "patch":
        return patch(pixels, (height, width), at=at)
    share = JITTER if crop == "jitter" else 1.0
    return resize(pixels, (height, width), crop=crop != "none", at=at, share=share)


def flip(
    values: UInt8[Array, "batch *space channels"], mirrored: Bool[Array, "batch"]
) -> UInt8[Array, "batch *space channels"]:
    """Left becomes right."""
    return _where(mirrored, values[..., ::-1, :], values)


def turn(
    values: UInt8[Array, "batch height width channels"], quarters: Int[Array, "batch"]
) -> UInt8[Array, "batch height width channels"]:
    """Turned so many quarters counterclockwise."""
    return turned(values, quarters, (1, 2))


def turned(
    values: UInt8[Array, "batch *space channels"], quarters: Int[Array, "batch"], axes: tuple[int, int]
) -> UInt8[Array, "batch *space channels"]:
    """Each example so many quarters from the first axis to the second, whose sides are alike."""
    values = _where(quarters % 2 == 1, jnp.rot90(values, 1, axes), values)
    return _where(quarters % 4 >= 2, jnp.rot90(values, 2, axes), values)


def _where(chosen: Bool[Array, "batch"], values: Array, others: Array) -> Array:
    return jnp.where(chosen.reshape(-1, *(1,) * (values.ndim - 1)), values, others)


def quantise(
    outputs: Float[Array, "batch *space channels"], column: Column
) -> tuple[UInt8[Array, "batch *space channels"], Bool[Array, "batch"]]:
    """Values in [-1, 1] as pixels, and where all of an image's are finite."""
    return to_uint8(outputs), jnp.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)


def picture(
    values: UInt8[np.ndarray, "n height width channels"], turns: Float[np.ndarray, "n"] | float = 0.0
) -> UInt8[np.ndarray, "n height width channels"]:
    """The pixels themselves, which have one side."""
    del turns
    return values


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """A picture, or a folder or zip of pictures, brought to the column's size and named after the files."""
    source = files(text, key)
    fitted = [
        fit(source[i]["image"], column, crop="center", at=(0.5, 0.5), where=f"{key}: {name}")
        for i, name in enumerate(source.names)
    ]
    return np.stack(fitted), tuple(source.names)


def files(text: str, key: str) -> Any:
    """The source of a picture, or of a folder or zip of pictures."""
    from gan_jax.data.sources import images  # which reads them through this package

    path = Path(os.path.expanduser(text))
    if os.path.isfile(path) and path.suffix.lower() in images.SUFFIXES:
        return images.ImageFiles(path.parent, [path.name], images.UNLABELLED)
    try:
        return images.make(str(path), class_depth=0)
    except InputError as error:
        raise InputError(f"{key}={text}: {error}") from error
