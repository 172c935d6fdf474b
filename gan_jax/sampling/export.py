"""Images to files: pictures, npz arrays and grids. A file appears when it is whole, or not at all."""

import json
import os
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.provenance.marks import ARRAY
from gan_jax.sampling.grids import Picture, enlarge, grid, save_picture, save_png

Images = UInt8[np.ndarray, "n height width channels"]
Finish = Callable[[Path, Mapping[str, str]], None]  # what is done to a file with that text, before it has its name

SIDE = 64  # of an image in a grid, at least nearly
MAX_PIXELS = 2**28  # of a grid, which is made in memory


def check_free(paths: Iterable[Path], overwrite: bool) -> None:
    """Refuses paths at which there is something already, unless it may be overwritten."""
    taken = [] if overwrite else [path for path in paths if path.exists()]
    if taken:
        others = f" and {len(taken) - 1} others" if taken[1:] else ""
        raise InputError(f"{taken[0]}{others} would be overwritten: give another --out, or --overwrite.")


def progress(parts: Iterable[Images], count: int) -> Iterator[Images]:
    """The same parts; a bar on stderr shows how many of `count` images have been taken."""
    with tqdm(total=count, unit=" images", dynamic_ncols=True) as bar:
        for part in parts:
            yield part
            bar.update(len(part))


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """A temporary file beside `path` to write to; it takes the place of `path` unless an error ends the block."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def leave(path: Path, text: Mapping[str, str]) -> None:
    """Does nothing to a file."""


def save_files(
    parts: Iterable[Images], paths: Iterable[Path], texts: Iterable[Mapping[str, str]], finish: Finish = leave
) -> None:
    """Writes every image to a path of its own, in the format of its suffix, with what says where it comes from."""
    images = (image for part in parts for image in part)
    for image, path, text in zip(images, paths, texts, strict=True):
        with replacing(path) as temporary:
            save_picture(temporary, image, text)
            finish(temporary, text)


def save_npz(
    parts: Iterable[Shaped[np.ndarray, "n ..."]],
    path: Path,
    name: str,
    text: Mapping[str, str],
    /,  # a column may be called text
    **columns: Shaped[np.ndarray, "count"],
) -> None:
    """Writes outputs [count, ...] as they come, as the array `name`, and columns of one value for each of them.

    The text, which says where they come from, is there as JSON.
    """
    parts = iter(parts)
    first = next(parts)
    count = len(next(iter(columns.values())))
    descr = np.lib.format.dtype_to_descr(first.dtype)
    header = {"descr": descr, "fortran_order": False, "shape": (count, *first.shape[1:])}
    with replacing(path) as temporary, zipfile.ZipFile(temporary, "w") as archive:
        with archive.open(f"{name}.npy", "w", force_zip64=True) as file:  # a size over 2 GiB is not known beforehand
            np.lib.format.write_array_header_1_0(file, header)
            written = 0
            for part in chain([first], parts):
                file.write(part.tobytes())
                written += len(part)
        if written != count:
            raise ValueError(f"{written} images came for {count} values of {', '.join(columns)}")
        for column, values in {**columns, ARRAY: np.array(json.dumps(text))}.items():
            with archive.open(f"{column}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, values, allow_pickle=False)


def check_grid(count: int, shape: Sequence[int]) -> None:
    """Refuses a grid that would be too large to be looked at, before its images are made."""
    height, width = shape[-3:-1]
    factor = max(1, SIDE // max(height, width)) ** 2
    if count * height * width * factor > MAX_PIXELS:
        raise InputError(
            f"A grid of {count:,} images would have over {MAX_PIXELS:,} pixels: write FILE.npz or a folder."
        )


def save_grid(picture: Picture, path: Path, text: Mapping[str, str], finish: Finish = leave) -> None:
    """Writes all images as one PNG, row by row; small ones are enlarged."""
    with replacing(path) as temporary:
        save_png(temporary, grid(enlarge(picture.images), picture.columns, picture.gap), text)
        finish(temporary, text)
