"""Sounds: float32 [samples] in [-1, 1]; the column's size is how many samples there are in a second."""

import os
from pathlib import Path

import numpy as np

from gan_jax.data.kinds import array
from gan_jax.data.sounds import MAX_BYTES, Format, read_wav
from gan_jax.errors import InputError
from gan_jax.types import Column

fit, flip, picture, quantise = array.fit, array.flip, array.picture, array.quantise


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """A file .wav, or a folder of such in the order of their names; else numbers as of any array."""
    path = Path(os.path.expanduser(text))
    files = sorted(path.glob("*.wav")) if path.is_dir() else [path]
    if not files:
        raise InputError(f"{key}={text}: the folder holds no file .wav")
    if any(file.suffix.lower() != ".wav" for file in files):
        return array.parse(text, column, key)
    return np.stack([_read(file, column, key) for file in files]), ()


def _read(file: Path, column: Column, key: str) -> np.ndarray:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES)
    except OSError as error:
        raise InputError(f"{key}={file} cannot be read: {error.strerror}") from error
    return read_wav(data, f"{key}={file}", Format(column.size, column.shape[0], resample=False))
