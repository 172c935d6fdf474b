"""Sounds: float32 [samples] in [-1, 1]; the column's size is how many samples there are in a second."""

import os
from pathlib import Path

import numpy as np

from gan_jax.data.kinds import array
from gan_jax.data.left_out import LeftOut
from gan_jax.data.sounds import MAX_BYTES, Format, read_wav
from gan_jax.errors import InputError
from gan_jax.types import Column

fit, flip, picture, quantise = array.fit, array.flip, array.picture, array.quantise


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """A file .wav, or a folder of such in the order of their names; else numbers as of any array."""
    path = Path(os.path.expanduser(text))
    if path.is_dir():
        files = _below(path, f"{key}={text}")
    elif path.suffix.lower() == ".wav":
        files = [path]
    else:
        return array.parse(text, column, key)
    return np.stack([_read(file, column, key) for file in files]), ()


def _below(folder: Path, origin: str) -> list[Path]:
    files, left_out = [], LeftOut()
    for file in sorted(folder.iterdir()):
        if file.suffix.lower() == ".wav":
            files.append(file)
        else:
            left_out.add("folders" if file.is_dir() else "files that are no .wav", file.name)
    if not files:
        raise InputError(f"{origin}: the folder holds no file .wav")
    left_out.warn(origin)
    return files


def _read(file: Path, column: Column, key: str) -> np.ndarray:
    try:
        with file.open("rb") as stream:
            data = stream.read(MAX_BYTES)
    except OSError as error:
        raise InputError(f"{key}={file} cannot be read: {error.strerror}") from error
    return read_wav(data, f"{key}={file}", Format(column.size, column.shape[0], resample=False))
