"""Images to files: PNGs, npz arrays, grids and films. A file appears when it is whole, or not at all."""

import os
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import chain
from pathlib import Path

import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.sampling.grids import Picture, enlarge, grid, save_png

Images = UInt8[np.ndarray, "n height width channels"]

FRAMES_PER_SECOND = 25


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


def save_pngs(parts: Iterable[Images], paths: Iterable[Path], texts: Iterable[Mapping[str, str]]) -> None:
    """Writes every image to a path of its own, with text chunks that say where it comes from."""
    images = (image for part in parts for image in part)
    for image, path, text in zip(images, paths, texts, strict=True):
        with replacing(path) as temporary:
            save_png(temporary, image, text)


def save_npz(
    parts: Iterable[Shaped[np.ndarray, "n ..."]], path: Path, name: str, **columns: Shaped[np.ndarray, "count"]
) -> None:
    """Writes outputs [count, ...] as they come, as the array `name`, and columns of one value for each of them."""
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
        for column, values in columns.items():
            with archive.open(f"{column}.npy", "w", force_zip64=True) as file:
                np.lib.format.write_array(file, values, allow_pickle=False)


def save_grid(picture: Picture, path: Path, text: Mapping[str, str]) -> None:
    """Writes all images as one PNG, row by row; small ones are enlarged."""
    with replacing(path) as temporary:
        save_png(temporary, grid(enlarge(picture.images), picture.columns, picture.gap), text)


def check_film(path: Path) -> None:
    """Refuses a path that `save_film` cannot write to."""
    if path.suffix not in (".gif", ".mp4"):
        raise InputError(f"--out={path}: a film is a .gif or an .mp4 file.")
    if path.suffix == ".mp4" and not (find_spec("imageio") and find_spec("imageio_ffmpeg")):
        raise InputError(f"--out={path}: writing .mp4 takes pip install 'gan-jax[video]'; a .gif needs nothing.")


def save_film(parts: Iterable[Images], path: Path) -> None:
    """Writes the images as the frames of a GIF or, by the suffix of the path, an MP4 film; small ones are enlarged."""
    frames = (frame for part in parts for frame in enlarge(part, side=256))
    with replacing(path) as temporary:
        if path.suffix == ".gif":
            _save_gif(frames, temporary)
        else:
            _save_mp4(frames, temporary)


def _save_gif(frames: Iterator[np.ndarray], path: Path) -> None:
    pictures = (Image.fromarray(frame[..., 0]) if frame.shape[-1] < 3 else _rgb(frame) for frame in frames)
    milliseconds = 1000 // FRAMES_PER_SECOND
    next(pictures).save(path, save_all=True, append_images=pictures, duration=milliseconds, loop=0)


def _save_mp4(frames: Iterator[np.ndarray], path: Path) -> None:
    import imageio.v2 as imageio  # the extra `video`

    options = dict(format="FFMPEG", fps=FRAMES_PER_SECOND, quality=9, macro_block_size=2)
    with warnings.catch_warnings(), imageio.get_writer(path, **options) as film:
        warnings.filterwarnings("ignore", "os.fork")  # JAX warns of it; ffmpeg is executed at once, so no lock is held
        for frame in frames:
            odd = ((0, frame.shape[0] % 2), (0, frame.shape[1] % 2), (0, 0))  # sides that players can show are even
            film.append_data(np.asarray(_rgb(np.pad(frame, odd, mode="edge"))))


def _rgb(frame: np.ndarray) -> Image.Image:
    return Image.fromarray(frame[..., 0] if frame.shape[-1] == 1 else frame).convert("RGB")
