"""Images or voxels in one .npz file: an array of them, or the bytes of image files with offsets."""

import os
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import numpy as np

from gan_jax.data import jpegs, splits
from gan_jax.data.arrays import Npz, is_npy, read_npy
from gan_jax.data.decode import decode
from gan_jax.data.labels import UNLABELLED, Labels, encode
from gan_jax.data.pixels import channels_first
from gan_jax.errors import InputError, nearest

Archive = Npz | Mapping[str, np.ndarray]

NO_ARRAYS: Mapping[str, np.ndarray] = MappingProxyType({})


class Arrays:
    """Pixels: uint8 [N, H, W] or [N, H, W, C]; voxels: [N, D, H, W] or [N, D, H, W, C]."""

    def __init__(
        self, images: np.ndarray, labels: Labels, chosen: np.ndarray, more: Mapping[str, np.ndarray] = NO_ARRAYS
    ):
        self.images, self.chosen, self.more = images, chosen, dict(more)
        self.labels, self.classes = labels
        self.num_classes = len(self.classes)

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        return self._example(self.chosen[i])

    def texts(self, column: str) -> np.ndarray:
        """All strings of a column, without their pictures."""
        return self.more[column][self.chosen]

    def _example(self, i: np.int64) -> dict[str, np.ndarray]:
        example = {"image": self._image(i), **{name: values[i] for name, values in self.more.items()}}
        return example if self.labels is None else example | {"label": self.labels[i]}

    def _image(self, i: np.int64) -> np.ndarray:
        image = self.images[i]
        if image.dtype == np.bool_:
            image = np.where(image, 255, 0).astype(np.uint8)
        return image if image.ndim > 2 and image.shape[-1] <= 4 else image[..., None]


class Encoded(Arrays):
    """Image files one after another: file i is data[offsets[i]:offsets[i + 1]]."""

    def __init__(
        self,
        data: np.ndarray,
        offsets: np.ndarray,
        origins: list[str],
        labels: Labels,
        chosen: np.ndarray,
        more: Mapping[str, np.ndarray] = NO_ARRAYS,
    ):
        super().__init__(data, labels, chosen, more)
        self.offsets, self.origins = offsets, origins

    def file(self, i: int) -> bytes:
        """The file itself."""
        return self._bytes(self.chosen[i])

    def is_jpeg(self, i: int) -> bool:
        """By its first bytes."""
        start = self.offsets[self.chosen[i]]
        return self.images[start : start + len(jpegs.START)].tobytes() == jpegs.START

    def _bytes(self, i: np.int64) -> bytes:
        return self.images[self.offsets[i] : self.offsets[i + 1]].tobytes()

    def _image(self, i: np.int64) -> np.ndarray:
        return decode(lambda: self._bytes(i), self.origins[i])


def make(
    path: str,
    *,
    images: str = "images",
    labels: str = "labels",
    columns: tuple[tuple[str, str], ...] = (),
    split: str = "all",
) -> Arrays:
    """The images of an .npz file, whose arrays are named here, with an optional array `classes` of the labels' names.

    An .npy file is read as the array of images alone.
    images: uint8 [N, H, W] or [N, H, W, C], of voxels uint8 or bool [N, D, H, W] or [N, D, H, W, C]; without
    it `data` (uint8, the bytes of all files) and `offsets` [N + 1].
    labels: whole numbers or names, [N]; "" leaves them out, and so does a file without `labels`. columns: other arrays
    [N, ...] as (column, array); pictures are uint8 [N, H, W] or [N, H, W, C], captions are strings [N].
    """
    file = Path(os.path.expanduser(path))
    if not os.path.isfile(file):
        raise InputError(f"npz: there is no file {file}")
    if is_npy(file):
        return _read({images: read_npy(file, "npz")}, file, images, labels, columns, split)
    with Npz(file, "npz") as archive:
        return _read(archive, file, images, labels, columns, split)


def _read(
    archive: Archive,
    file: Path,
    images: str,
    labels: str,
    columns: tuple[tuple[str, str], ...],
    split: str,
) -> Arrays:
    present = f"it has {', '.join(archive) or 'no arrays'}"
    if images in archive:
        pixels = _checked_pixels(archive[images], file, images)
        size = len(pixels)
    elif {"data", "offsets"} <= set(archive):
        data, offsets = _checked_bytes(archive["data"], archive["offsets"], f"npz: {file}")
        size = len(offsets) - 1
    else:
        raise InputError(f"npz: {file} has no array {images!r}; {present}. Set images=NAME")
    chosen = splits.select(split, size)
    known = UNLABELLED
    if labels in archive:
        classes = archive["classes"] if "classes" in archive else np.array([])
        if classes.ndim != 1:
            raise InputError(f"npz: {file}: classes should be names [number of classes], not {list(classes.shape)}")
        known = encode(archive[labels], classes, origin=f"npz: {file}, {labels}")
        if known.values is not None and len(known.values) != size:
            raise InputError(f"npz: {file} has {size} images but {len(known.values)} {labels}")
    elif labels not in ("", "labels"):
        raise InputError(f"npz: {file} has no array {labels!r}; {present}. Set labels=NAME")
    more = {column: _column(archive, file, column, array, size) for column, array in columns}
    if images in archive:
        return Arrays(pixels, known, chosen, more)
    names = _names(archive, file, size)
    return Encoded(data, offsets, [f"{file}, image {i} ({name})" for i, name in enumerate(names)], known, chosen, more)


def _names(archive: Archive, file: Path, size: int) -> list[str]:
    names = archive["names"] if "names" in archive else np.arange(size)
    if names.shape != (size,):
        raise InputError(f"npz: {file} has {size} images, and names of the shape {list(names.shape)}")
    return [name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name) for name in names]


def _column(archive: Archive, file: Path, column: str, array: str, size: int) -> np.ndarray:
    if column in ("image", "label", "position"):
        raise InputError(f"npz: columns: {column!r} is not for another array; images= and labels= name these")
    if array not in archive:
        raise InputError(f"npz: {file} has no array {array!r}. {nearest(array, archive)}")
    values = archive[array]
    if values.ndim == 0 or len(values) != size:
        raise InputError(f"npz: {file} has {size} images, and the array {array!r} has the shape {list(values.shape)}")
    if values.dtype == np.uint8 and values.ndim == 4 and channels_first(values.shape[1:]):
        raise InputError(f"npz: {file}, {_move_axis(array, values.shape)}")
    return values[..., None] if values.dtype == np.uint8 and values.ndim == 3 else values


def _move_axis(array: str, shape: tuple[int, ...]) -> str:
    return (
        f"{array} {list(shape)} looks like [N, channels, height, width], where pictures are "
        f"[N, height, width, channels]: move the axis, np.moveaxis({array}, 1, -1)"
    )


def _checked_pixels(images: np.ndarray, file: Path, name: str) -> np.ndarray:
    if images.ndim == 4 and channels_first(images.shape[1:]):
        raise InputError(f"npz: {file}, {_move_axis(name, images.shape)}")
    if images.ndim == 3 and images.shape[1] > 4 and images.shape[2] in (3, 4):
        raise InputError(
            f"npz: {file}, {name} {list(images.shape)} looks like one picture, where pictures are "
            f"[N, height, width, channels]: of one picture give {name}[None]"
        )
    if images.ndim in (4, 5) and min(images.shape[1:4]) > 4 and (images.ndim == 4 or images.shape[4] <= 4):
        return _checked_voxels(images, file, name)
    if images.dtype != np.uint8 or images.ndim not in (3, 4) or (images.ndim == 4 and images.shape[3] > 4):
        raise InputError(
            f"npz: {file}, {name}: images must be uint8 [N, height, width] or [N, height, width, 1 to 4 channels], "
            "voxels uint8 or bool [N, depth, height, width] or [N, depth, height, width, 1 to 4 channels], not "
            f"{images.dtype} {list(images.shape)}{_scale(images.dtype)}"
        )
    return images


def _checked_voxels(voxels: np.ndarray, file: Path, name: str) -> np.ndarray:
    if voxels.dtype not in (np.uint8, np.bool_):
        raise InputError(
            f"npz: {file}, {name}: voxels must be uint8, 255 inside, or bool, not {voxels.dtype}{_scale(voxels.dtype)}"
        )
    if voxels.dtype == np.uint8 and voxels.size and voxels.max() == 1:
        raise InputError(f"npz: {file}, {name}: voxels of 0 and 1 are bool, or 255 inside: {name}.astype(bool)")
    return voxels


def _scale(dtype: np.dtype) -> str:
    return ": scale them to 0 to 255, np.rint(...).astype(np.uint8)" if dtype.kind == "f" else ""


def _checked_bytes(data: np.ndarray, offsets: np.ndarray, origin: str) -> tuple[np.ndarray, np.ndarray]:
    whole = offsets.ndim == 1 and len(offsets) > 0 and offsets.dtype.kind in "iu"
    rising = whole and offsets[0] >= 0 and not (offsets[1:] < offsets[:-1]).any()
    if data.dtype != np.uint8 or data.ndim != 1 or not rising or offsets[-1] > len(data):
        raise InputError(f"{origin}: data must be uint8, and offsets rise from 0 to at most its length, {data.size}")
    return data, offsets
