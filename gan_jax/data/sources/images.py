"""Images in a folder tree or a zip of one: PNG, JPEG, WebP, BMP, TIFF and GIF files of any size."""

import functools
import os
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Annotated

import numpy as np

from gan_jax.bounds import Bounds, Count
from gan_jax.data import sounds, splits, tables, zips
from gan_jax.data.decode import SUFFIXES, decode
from gan_jax.data.folders import files_below
from gan_jax.data.labels import UNLABELLED, Labels, encode
from gan_jax.data.left_out import LeftOut
from gan_jax.errors import InputError

MAX_BYTES = 2**28  # of one image file, unpacked


class ImageFiles:
    """Image files by their names below a folder or inside a zip."""

    def __init__(
        self,
        root: Path,
        names: list[str],
        labels: Labels,
        captions: Sequence[str] = (),
        sounds: sounds.Format | None = None,
        heard: Mapping[str, str] = MappingProxyType({}),
    ):
        self.root, self.names, self.captions, self.sounds, self.heard = root, names, captions, sounds, heard
        self.kinds = {"waveform": "sound"} if sounds else {}
        self.sizes = {"waveform": sounds.rate} if sounds else {}
        self.labels, self.classes = labels
        self.num_classes = len(self.classes)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        name = self.names[i]
        example = {"image": decode(lambda: self.file(i), str(self.root / name))}
        example |= {"text": np.str_(self.captions[i])} if self.captions else {}
        if self.sounds:
            file = self.heard[name]
            example["waveform"] = sounds.read_wav(
                _read(self.root, file, sounds.MAX_BYTES), str(self.root / file), self.sounds
            )
        return example if self.labels is None else example | {"label": self.labels[i]}

    def texts(self, column: str) -> Sequence[str]:
        """All captions, without their pictures."""
        return self.captions

    def file(self, i: int) -> bytes:
        """The file itself."""
        return _read(self.root, self.names[i], MAX_BYTES)


def make(
    path: str,
    *,
    class_depth: Count = 1,
    split: str = "all",
    captions: str = "",
    sound_rate: Count = 0,
    sound_seconds: Annotated[float, Bounds(1e-3)] = 1.0,
    sound_resample: bool = False,
) -> ImageFiles:
    """The images below a folder or in a zip, in alphabetical order; what is left out is told.

    Classes come from the first of `dataset.json` ({"labels": [[name, label], ...]}) and `labels.csv` (columns file,
    label) at the top that tells any, or else from the first `class_depth` levels of sub-folders, of which those that
    are numbers go by their value; 0 leaves classes out. A folder that holds nothing but one other folder is looked
    through. captions: the name of a table at the top, such as "captions.csv" (columns file, caption) or "dataset.json"
    ({"captions": [[name, text], ...]}), for a column `text`; an image with several captions is as many examples, one
    with none is left out.
    sound_rate: samples in a second of WAV files beside the images, NAME.wav or NAME.WAV of NAME.png, for a column
    `waveform` of their first `sound_seconds`; 0: there are none. sound_resample: other rates are brought to it.
    """
    root = Path(os.path.expanduser(path))
    if class_depth < 0:
        raise InputError(f"images: class_depth={class_depth} must be 0 (no classes) or more")
    left_out = LeftOut()
    files = _list(root, left_out)
    top = _common_folder(files)
    names = sorted(file for file in files if file.lower().endswith(SUFFIXES))
    if captions and str(top / captions) not in files:
        raise InputError(f"images: there is no {root / top / captions}, which is to hold the captions")
    heard = _sounds_of(names, files, root) if sound_rate else {}
    table, label_of = _label_table(root, top, files) if names and class_depth else ("", None)
    for file in files.difference(names, heard.values(), {str(top / name) for name in (table, captions) if name}):
        left_out.add_file(file)
    if not names:
        found = str(left_out) or "no files"
        raise InputError(f"images: {root} holds {found}, but none that ends in {', '.join(SUFFIXES)}{_hint(root)}")
    left_out.warn(f"images: {root}: {len(names):,} images")
    labels = UNLABELLED
    if label_of:
        labels = _look_up(names, top, label_of, f"images: {root / top / table}")
    elif label_of is None and class_depth:
        labels = _of_folders(root, top, names, class_depth)
    places, texts = np.arange(len(names)), []
    if captions:
        places, texts = _captioned(root, top, captions, names)
    chosen = splits.select(split, len(places))
    places = places[chosen]
    values = None if labels.values is None else labels.values[places]
    own = [texts[i] for i in chosen] if captions else []
    form = sounds.Format(sound_rate, round(sound_rate * sound_seconds), sound_resample) if sound_rate else None
    return ImageFiles(root, [names[i] for i in places], Labels(values, labels.classes), own, form, heard)


def _sounds_of(names: Iterable[str], files: Iterable[str], root: Path) -> dict[str, str]:
    """The sound beside each image; its suffix may be in capitals."""
    known = {file[:-4]: file for file in sorted(files) if file.lower().endswith(".wav")}  # of two the small one
    stems = {name: str(PurePosixPath(name).with_suffix("")) for name in names}
    for stem in stems.values():
        if stem not in known:
            raise InputError(f"images: there is no {root / stem}.wav, and with sound_rate every image has a sound")
    return {name: known[stem] for name, stem in stems.items()}


def _list(root: Path, left_out: LeftOut) -> set[str]:
    """The names of all files, with forward slashes, below the root."""
    if os.path.isdir(root):
        return files_below(root, left_out)
    if os.path.isfile(root) and zipfile.is_zipfile(root):
        return set(zips.members(zips.open_zip(root, "images"), "images", left_out))
    if os.path.exists(root):
        raise InputError(f"images: {root} is neither a folder nor a zip{_hint(root)}")
    raise InputError(f"images: there is no folder or zip {root}; the source's `path` names one")


def _hint(root: Path) -> str:
    return "; arrays are read by the source npz" if root.suffix.lower() in (".npz", ".npy") else ""


@functools.cache
def _archive(path: str, process: int) -> tuple[zipfile.ZipFile, dict[str, zipfile.ZipInfo]]:
    """The open zip and its members, one for each process: its threads share it, a forked process must not."""
    archive = zips.open_zip(Path(path), "images")
    return archive, zips.members(archive, "images", LeftOut())


def _read(root: Path, name: str, limit: int) -> bytes:
    if not os.path.isdir(root):
        archive, members = _archive(str(root), os.getpid())
        return zips.read(archive, members[name], limit)
    file = root / name
    if file.exists() and not file.is_file():  # of a pipe or a device one would wait for ever
        raise ValueError("it is no regular file any more")
    with file.open("rb") as stream:
        data = stream.read(limit + 1)
    if len(data) > limit:
        raise ValueError(f"it has {file.stat().st_size:,} bytes, and at most {limit:,} are read")
    return data


def _common_folder(files: Iterable[str]) -> PurePosixPath:
    """The deepest folder that all files are under."""
    return PurePosixPath(os.path.commonpath([os.path.dirname(file) for file in files]) if files else "")


def _label_table(root: Path, top: PurePosixPath, files: set[str]) -> tuple[str, tables.Table | None]:
    """The first table at the top that says anything of labels, and what it says; no name and None without one."""
    for table in ("dataset.json", "labels.csv"):
        if str(top / table) in files:
            origin = f"images: {root / top / table}"
            label_of = tables.parse(table, _read_table(root, str(top / table), origin), origin)
            if label_of is not None:
                return table, label_of
    return "", None


def _of_folders(root: Path, top: PurePosixPath, names: list[str], class_depth: int) -> Labels:
    depths = {name: len(PurePosixPath(name).relative_to(top).parts) - 1 for name in names}
    if max(depths.values()) == 0:
        return UNLABELLED
    shallow = [name for name in names if depths[name] < class_depth]
    if shallow:
        raise InputError(
            f"images: {root / shallow[0]} lies in {depths[shallow[0]]} sub-folders, where others have their class from "
            f"{class_depth}: move it, or set class_depth (0 leaves classes out)"
        )
    classes = ["/".join(PurePosixPath(name).relative_to(top).parts[:class_depth]) for name in names]
    return encode(classes, origin=f"images: {root}")


def _read_table(root: Path, name: str, origin: str) -> bytes:
    try:
        return _read(root, name, tables.MAX_BYTES)
    except Exception as error:  # zipfile reports damage with half a dozen types
        raise InputError(f"{origin} cannot be read: {str(error) or type(error).__name__}") from error


def _captioned(root: Path, top: PurePosixPath, table: str, names: list[str]) -> tuple[np.ndarray, list[str]]:
    """Which image each caption is of, in the images' order, and the captions."""
    origin = f"images: {root / top / table}"
    place = {zips.plain_name(PurePosixPath(name).relative_to(top).as_posix()): i for i, name in enumerate(names)}
    said = tables.captions(table, _read_table(root, str(top / table), origin), origin)
    gone, silent = LeftOut(), LeftOut()
    for file, _ in said:
        if file not in place:
            gone.add("captions of images that are not there", file)
    for file in place.keys() - {file for file, _ in said}:
        silent.add("images without a caption", file)
    pairs = sorted(((place[file], text) for file, text in said if file in place), key=lambda pair: pair[0])
    if not pairs:
        raise InputError(f"{origin} has no caption for any image; names are those below the folder that it lies in")
    gone.warn(origin)
    silent.warn(origin)
    return np.array([number for number, _ in pairs]), [text for _, text in pairs]


def _look_up(names: list[str], top: PurePosixPath, label_of: tables.Table, origin: str) -> Labels:
    below = [zips.plain_name(PurePosixPath(name).relative_to(top).as_posix()) for name in names]
    missing = [name for name in below if name not in label_of]
    if missing:
        raise InputError(
            f"{origin} has no label for {missing[0]} (nor for {len(missing) - 1} others); the first that it names is "
            f"{min(label_of)}: names are those below the folder that it lies in"
        )
    gone = LeftOut()
    for name in label_of.keys() - set(below):
        gone.add("labels of images that are not there", name)
    gone.warn(origin)
    return encode([label_of[name] for name in below], origin=origin)
