"""Arrays of .npz and .npy files: no pickles, nothing larger than it says, all of it held to its checksums."""

import io
import math
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.lib import format as npy

from gan_jax.data.zips import open_zip
from gan_jax.errors import InputError

LARGE = 2**30  # bytes; a file that unpacks to more than this ...
MAX_RATIO = 100  # ... and to that many times its own size is made to fill the memory
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


class Npz:
    """The arrays of an .npz file, each read when it is asked for."""

    def __init__(self, file: Path, origin: str):
        self.file, self.origin = file, origin
        self._zip = open_zip(file, origin)
        self._members = _named(self._zip, f"{origin}: {file}")

    def __enter__(self) -> "Npz":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __contains__(self, name: str) -> bool:
        return name in self._members

    def __getitem__(self, name: str) -> np.ndarray:
        member = self._members[name]
        with _told(f"{self.origin}: {self.file}, array {name}"):
            with self._zip.open(member) as stream:
                _check(stream, member.file_size)
            with self._zip.open(member) as stream:  # at whose last byte zipfile compares the checksum
                return npy.read_array(stream, allow_pickle=False)


def read_npz(file: Path, origin: str) -> dict[str, np.ndarray]:
    """All arrays of an .npz file; `origin` begins what is said of it."""
    with Npz(file, origin) as archive:
        return {name: archive[name] for name in archive}


def read_npy(file: Path, origin: str) -> np.ndarray:
    """The array of an .npy file."""
    if not os.path.isfile(file):  # of a pipe or a device one would wait for ever
        raise InputError(f"{origin}: there is no file {file}")
    with _told(f"{origin}: {file}"), file.open("rb") as stream:
        _check(stream, file.stat().st_size)
        stream.seek(0)
        return npy.read_array(stream, allow_pickle=False)


def is_npy(file: Path) -> bool:
    """Whether a file begins as an .npy does, whatever its name."""
    with _told(str(file)), file.open("rb") as stream:
        return stream.read(len(npy.MAGIC_PREFIX)) == npy.MAGIC_PREFIX


def _named(archive: zipfile.ZipFile, origin: str) -> dict[str, zipfile.ZipInfo]:
    """The members by the names of their arrays, with all that is known before one is read made sure of."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = info.filename.removesuffix(".npy")
        if name in found:
            raise InputError(f"{origin} has two arrays {name!r}: write it anew")
        with _told(f"{origin}, array {name}"), archive.open(info):  # where the name stands a second time
            found[name] = info
    unpacked, size = sum(info.file_size for info in found.values()), Path(archive.filename).stat().st_size
    if unpacked > max(LARGE, MAX_RATIO * size):
        raise InputError(
            f"{origin} has {size:,} bytes and would unpack to {unpacked:,}: if that is meant, write it uncompressed"
        )
    return found


def _check(stream: io.BufferedIOBase, size: int) -> None:
    """Refuses an array that is not as long as its header says, before there is any memory for it."""
    version = npy.read_magic(stream)
    if version not in _HEADERS:
        raise ValueError(f"it is of the .npy format's version {version}, which no array of numbers or names needs")
    shape, _, dtype = _HEADERS[version](stream)
    if dtype.hasobject:
        raise ValueError("it holds Python objects, which are not read (allow_pickle=False): save numbers or names")
    said, there = math.prod(shape) * dtype.itemsize, size - stream.tell()
    if said != there or min(shape, default=0) < 0:
        raise ValueError(f"it says that it has {said:,} bytes of {dtype} {list(shape)}, and has {there:,}")


@contextmanager
def _told(origin: str) -> Iterator[None]:
    try:
        yield
    except InputError:
        raise
    except Exception as error:  # NumPy and zipfile report damage with a dozen types
        raise InputError(f"{origin} cannot be read: {str(error) or type(error).__name__}") from error
