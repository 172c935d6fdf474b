"""Images in a folder tree or a zip of one: PNG, JPEG and WebP files of any size."""

import csv
import functools
import io
import json
import os
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

import numpy as np

from gan_jax.data import splits
from gan_jax.data.decode import decode
from gan_jax.data.labels import UNLABELLED, Labels, encode
from gan_jax.errors import InputError

SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


class ImageFiles:
    """Image files by their names below a folder or inside a zip."""

    def __init__(self, root: Path, names: list[str], labels: Labels):
        self.root, self.names = root, names
        self.labels, self.classes = labels
        self.num_classes = len(self.classes)

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        name = self.names[i]
        example = {"image": decode(lambda: _read(self.root, name), str(self.root / name))}
        return example if self.labels is None else example | {"label": self.labels[i]}


def make(path: str, *, class_depth: int = 1, split: str = "all") -> ImageFiles:
    """The images below a folder or in a zip, in alphabetical order; hidden files and folders are left out.

    Classes come from `dataset.json` ({"labels": [[name, number], ...]}) or `labels.csv` (columns file, label) at the
    top, or else from the first `class_depth` levels of sub-folders; 0 leaves classes out. A folder that holds nothing
    but one other folder is looked through.
    """
    root = Path(path).expanduser()
    files = _list(root)
    top = _common_folder(files)
    names = sorted(file for file in files if file.lower().endswith(SUFFIXES))
    if not names:
        found = f"{len(files)} other files" if files else "no files"
        raise InputError(f"images: {root} holds {found}, but none that ends in {', '.join(SUFFIXES)}")
    labels = _labels(root, top, files, names, class_depth) if class_depth else UNLABELLED
    chosen = splits.select(split, len(names))
    values = None if labels.values is None else labels.values[chosen]
    return ImageFiles(root, [names[i] for i in chosen], Labels(values, labels.classes))


def _list(root: Path) -> set[str]:
    """The names of all files, with forward slashes, below the root."""
    if root.is_dir():
        files = _walk(root)
    elif root.is_file() and zipfile.is_zipfile(root):
        files = (entry.filename for entry in _archive(str(root), os.getpid()).infolist() if not entry.is_dir())
    elif root.exists():
        raise InputError(f"images: {root} is neither a folder nor a zip")
    else:
        raise InputError(f"images: there is no folder or zip {root}")
    return {file for file in files if not any(part.startswith((".", "__MACOSX")) for part in file.split("/"))}


def _walk(root: Path) -> Iterator[str]:
    for folder, _, names in os.walk(root, followlinks=True):
        below = Path(folder).relative_to(root).as_posix()
        yield from (name if below == "." else f"{below}/{name}" for name in names)


@functools.cache
def _archive(path: str, process: int) -> zipfile.ZipFile:
    """The open zip, one for each process: its threads share it, a forked process must not."""
    return zipfile.ZipFile(path)


def _read(root: Path, name: str) -> bytes:
    return (root / name).read_bytes() if root.is_dir() else _archive(str(root), os.getpid()).read(name)


def _common_folder(files: set[str]) -> PurePosixPath:
    """The deepest folder that all files are under."""
    return PurePosixPath(os.path.commonpath([os.path.dirname(file) for file in files]) if files else "")


def _labels(root: Path, top: PurePosixPath, files: set[str], names: list[str], class_depth: int) -> Labels:
    for file, parse in (("dataset.json", _parse_json), ("labels.csv", _parse_csv)):
        if str(top / file) in files:
            origin = f"images: {root / top / file}"
            try:
                label_of = parse(_read(root, str(top / file)).decode("utf-8-sig"), origin)
            except (UnicodeDecodeError, json.JSONDecodeError, csv.Error) as error:
                raise InputError(f"{origin} cannot be read: {error}") from error
            return _look_up(names, top, label_of, origin) if label_of else UNLABELLED
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


def _look_up(names: list[str], top: PurePosixPath, label_of: Mapping[str, object], origin: str) -> Labels:
    below = [PurePosixPath(name).relative_to(top).as_posix() for name in names]
    missing = [name for name in below if name not in label_of]
    if missing:
        raise InputError(f"{origin} has no label for {missing[0]} (nor for {len(missing) - 1} others)")
    return encode([label_of[name] for name in below], origin=origin)


def _parse_json(text: str, origin: str) -> dict[str, int]:
    document = json.loads(text)
    labels = document.get("labels") if isinstance(document, dict) else None
    pairs = labels or []
    if not all(isinstance(pair, list) and len(pair) == 2 and type(pair[1]) is int for pair in pairs):
        raise InputError(f'{origin} must hold {{"labels": [[file, whole number], ...]}}')
    return dict(pairs)


def _parse_csv(text: str, origin: str) -> dict[str, int | str]:
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    if rows and not rows[0][0].strip().lower().endswith(SUFFIXES):  # the columns' names
        rows = rows[1:]
    if not all(len(row) == 2 for row in rows):
        raise InputError(f"{origin} must have two columns, file and label")
    labels = {file.strip(): label.strip() for file, label in rows}
    whole = all(label.isdecimal() for label in labels.values())
    return {file: int(label) for file, label in labels.items()} if whole else labels
