"""TensorFlow Datasets, read without TensorFlow: sets prepared as array_record, and `digits`, prepared on first use."""

import contextlib
import difflib
import io
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import tensorflow_datasets as tfds

from gan_jax.data.decode import decode
from gan_jax.data.digits import Digits
from gan_jax.errors import InputError


class Prepared:
    """A split of a prepared set, opened again in each process that it is sent to."""

    def __init__(self, folder: Path, split: str, image: str, label: str, columns: tuple[tuple[str, str], ...] = ()):
        self.folder, self.split, self.image, self.columns = folder, split, image, columns
        builder = tfds.builder_from_directory(folder)
        features, name = builder.info.features, builder.info.full_name
        self.label = "" if label == "label" and label not in features else label
        for key in filter(None, (image, self.label, *(feature for _, feature in columns))):
            if key not in features:
                raise InputError(f"tfds: {name} has no feature {key!r}; it has {', '.join(features)}")
        if self.label and not isinstance(features[label], tfds.features.ClassLabel):
            raise InputError(f"tfds: feature {label!r} of {name} is not a class label but {features[label]}")
        self.classes = tuple(features[label].names) if self.label else ()
        self.num_classes = len(self.classes)
        self._encoded = isinstance(features[image], tfds.features.Image)
        decoders = {image: tfds.decode.SkipDecoding()} if self._encoded else None
        try:
            self._examples = builder.as_data_source(split=split, decoders=decoders)
        except NotImplementedError as error:
            raise InputError(
                f"tfds: {folder} is not array_record, which alone can be read without TensorFlow"
            ) from error
        except ValueError as error:
            splits = ", ".join(builder.info.splits)
            raise InputError(f"tfds: {name} cannot be split by {split!r}; its splits are {splits}") from error

    def __reduce__(self):
        return Prepared, (self.folder, self.split, self.image, self.label, self.columns)

    def __len__(self) -> int:
        return len(self._examples)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        name = f"{self.folder}, {self.split} example {i}"
        try:
            example = self._examples[i]
        except RuntimeError as error:  # array_record's own checksums
            raise InputError(f"{name} is damaged: {error}") from error
        pixels = example[self.image]
        image = decode(lambda: pixels, name) if self._encoded else np.asarray(pixels)
        more = {column: np.asarray(example[feature]) for column, feature in self.columns}
        return {"image": image, **more} | ({"label": np.int32(example[self.label])} if self.label else {})

    def texts(self, column: str) -> Iterator[str | bytes]:
        """All strings of a column, without their pictures."""
        feature = dict(self.columns)[column]
        return (self._examples[i][feature] for i in range(len(self)))


def make(
    dataset: str,
    *,
    split: str = "train",
    data_dir: str = "",
    image: str = "image",
    label: str = "label",
    columns: tuple[tuple[str, str], ...] = (),
) -> Prepared:
    """A TFDS set by its name (`mnist`, `name/config:version`) and split (`train[:80%]`), or `digits`.

    data_dir: where sets are prepared; by default TFDS_DATA_DIR, or else ~/tensorflow_datasets. image, label: the
    features to take; label="" takes none,
    and neither does a set without a feature `label`. columns: other features as (column, feature), such as
    (("text", "caption"),).
    """
    root = Path(os.path.expanduser(data_dir or tfds.core.constants.DATA_DIR))
    if dataset == "digits":
        return Prepared(_prepared_digits(root), split, image, label, columns)
    try:
        builder = tfds.core.read_only_builder.builder_from_files(dataset, data_dir=root)
    except (tfds.core.registered.DatasetNotFoundError, ValueError) as error:
        raise InputError(*_how_to_prepare(dataset, root)) from error
    return Prepared(Path(builder.data_path), split, image, label, columns)


def _prepared_digits(root: Path) -> Path:
    """Prepares the digits in a folder of this process and moves it into place, whoever comes first."""
    folder = root / "digits" / str(Digits.VERSION)
    if folder.exists():
        return folder
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".preparing-", dir=root))
    except OSError as error:
        raise InputError(
            f"tfds: cannot write {root} ({error}); set data_dir or TFDS_DATA_DIR to a folder that can be"
        ) from error
    try:
        builder = Digits(data_dir=scratch, file_format="array_record")
        with contextlib.redirect_stdout(io.StringIO()), _without_progress_bars():
            builder.download_and_prepare()
        os.rename(builder.data_path, folder)
    except OSError:
        if not folder.exists():  # else another process was first
            raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return folder


@contextlib.contextmanager
def _without_progress_bars():
    """TFDS's bars for a second's work would only be in the way."""
    tfds.disable_progress_bar()
    try:
        yield
    finally:
        tfds.enable_progress_bar()


def _how_to_prepare(dataset: str, root: Path) -> tuple[str, ...]:
    name = re.split("[:/]", dataset)[0]
    known = tfds.list_builders(with_community_datasets=False)
    if name not in known:
        nearest = difflib.get_close_matches(name, ["digits", *known])
        meant = f"; did you mean {' or '.join(nearest)}?" if nearest else ""
        return (f"tfds: {name!r} is neither a set of TensorFlow Datasets nor prepared in {root}{meant}",)
    return (
        f"tfds: {dataset!r} is not prepared in {root}. Preparing it needs TensorFlow and a network, once:",
        "  pip install 'gan-jax[tfds]'",
        f"  python -c \"import tensorflow_datasets as tfds; tfds.builder('{dataset}', data_dir='{root}', "
        "file_format='array_record').download_and_prepare()\"",
    )
