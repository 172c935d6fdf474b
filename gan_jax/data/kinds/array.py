"""Arrays of one shape that are no pictures: factors, embeddings."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Shaped

from gan_jax.data.arrays import read_npy, read_npz
from gan_jax.errors import InputError
from gan_jax.images import to_uint8
from gan_jax.types import Column


def fit(value: Any, column: Column, *, crop: str, at: tuple[float, float], where: str) -> np.ndarray:
    """The value itself, which must have the column's shape and type; of 64 bits it may be."""
    array = narrow(value, where)
    if array.shape != tuple(column.shape) or array.dtype != column.dtype:
        raise InputError(
            f"{where} is {array.dtype} {list(array.shape)}, the first example's {column.dtype} {list(column.shape)}: "
            "all must be alike to be put into one batch; pad or cut them in the source, or leave the column out"
        )
    return array


def as_array(value: Any, where: str) -> np.ndarray:
    """The value as an array, which what is ragged or of a type of its own is not."""
    try:
        return np.asarray(value)
    except Exception as error:
        raise InputError(
            f"{where} is of type {type(value).__name__} and no array of one shape: pad it in the source, or leave the "
            f"column out ({error})"
        ) from error


def narrow(value: Any, where: str) -> np.ndarray:
    """The value with numbers of 64 bits as the 32 that JAX computes with."""
    wide = as_array(value, where)
    if wide.dtype.kind not in "iuf" or wide.dtype.itemsize <= 4:
        return wide
    narrowed = wide.astype(f"{wide.dtype.kind}4")
    if wide.dtype.kind in "iu" and (narrowed != wide).any():
        raise InputError(f"{where} has whole numbers of more than 32 bits")
    return narrowed


def flip(values: Shaped[Array, "batch ..."], mirrored: Bool[Array, "batch"]) -> Shaped[Array, "batch ..."]:
    """The same: only pictures are mirrored."""
    return values


def quantise(
    outputs: Shaped[Array, "batch ..."], column: Column
) -> tuple[Shaped[Array, "batch ..."], Bool[Array, "batch"]]:
    """Numbers as they are, but values in [-1, 1] for arrays of uint8; and where all of an example's are finite."""
    finite = jnp.isfinite(outputs).reshape(len(outputs), -1).all(axis=1)
    scaled = column.dtype == "uint8" and jnp.issubdtype(outputs.dtype, jnp.floating)
    return to_uint8(outputs) if scaled else outputs, finite


def picture(values: Shaped[np.ndarray, "n ..."], turns: Shaped[np.ndarray, "n"] | float = 0.0) -> None:
    """There is nothing to see."""


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Numbers with commas between them, or a file .npy or .npz with one value or [N, ...] of them."""
    path = Path(os.path.expanduser(text))
    if path.suffix == ".npy":
        return _whole(read_npy(path, key), column, key), ()
    if path.suffix == ".npz":
        return _whole(_of_that_shape(read_npz(path, key), column, f"{key}={text}"), column, key), ()
    try:
        numbers = np.array([float(part) for part in text.split(",")])
    except ValueError:
        raise InputError(f"{key}={text}: should be numbers with commas between them, or a file .npy or .npz.") from None
    if numbers.size != int(np.prod(column.shape)):
        raise InputError(f"{key}={text}: {numbers.size} numbers, where {list(column.shape)} are wanted.")
    return _whole(numbers.reshape(column.shape), column, key), ()


def _of_that_shape(arrays: Mapping[str, np.ndarray], column: Column, where: str) -> np.ndarray:
    """The one array that can be meant: `sample` writes seeds and labels beside what it draws."""
    fitting = [name for name, array in arrays.items() if array.shape[1:] == tuple(column.shape)]
    if len(fitting) != 1:
        shapes = ", ".join(f"{name} {list(array.shape)}" for name, array in arrays.items()) or "nothing"
        raise InputError(f"{where}: holds {shapes}, where one array {['N', *column.shape]} is wanted.")
    return arrays[fitting[0]]


def _whole(values: np.ndarray, column: Column, key: str) -> np.ndarray:
    if values.dtype.kind not in "biuf":
        raise InputError(f"{key}: is of type {values.dtype}, where numbers are wanted.")
    values = values[None] if values.shape == tuple(column.shape) else values
    if values.shape[1:] != tuple(column.shape):
        raise InputError(f"{key}: has shape {list(values.shape)}, where {['N', *column.shape]} is wanted.")
    if np.dtype(column.dtype).kind in "iu" and (values != np.rint(values)).any():
        raise InputError(f"{key}: should be whole numbers.")
    return values.astype(column.dtype)
