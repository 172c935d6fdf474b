"""A source made ready for a run: columns of one shape and type, damage handled, in memory where it fits."""

import itertools
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import MappingProxyType
from typing import Annotated, Any

import numpy as np
from tqdm import tqdm

from gan_jax.bounds import Amount, Bounds, Count
from gan_jax.data import order
from gan_jax.data.columns import Derived, columns_of, derive, fit
from gan_jax.data.labels import MAX_CLASSES
from gan_jax.data.pixels import to_channels
from gan_jax.data.sources import Source
from gan_jax.data.texts import Tokenizers, tokenised, tokenizers_of
from gan_jax.data.tokenizers import Recipe
from gan_jax.errors import InputError, printable, told_of
from gan_jax.types import Column

log = logging.getLogger(__name__)

CROPS = ("center", "random", "jitter", "patch", "none")
ANEW = ("random", "jitter", "patch")  # which give other pixels each time
ON_ERROR = ("raise", "skip")
LONGEST = 2**14  # pixels of a side
SKIPPED = 100  # examples; more than that, and more than half of all, are no set with a few damaged ones


class Dataset:
    """Examples with columns of one shape; example i may stand in for a damaged one before it."""

    def __init__(
        self,
        source: Source,
        *,
        columns: Mapping[str, Column],
        derived: Derived,
        native: bool,
        crop: str,
        flip: bool,
        turn: bool,
        workers: int,
        memory: float,
        on_error: str,
        tokenizers: Tokenizers = MappingProxyType({}),
    ):
        self.source = source
        self.tokenizers = dict(tokenizers)  # of the columns that are strings
        self.columns = dict(columns)
        self.num_classes = getattr(source, "num_classes", 0)  # 0: no labels
        self.classes = tuple(getattr(source, "classes", ())) or tuple(map(str, range(self.num_classes)))
        self.flip, self.turn = flip, turn  # done in the step, of all pictures of an example alike
        self.workers = workers
        self.skipped: dict[int, str] = {}  # what was wrong, by index
        self.fits_in_memory = crop not in ANEW and len(source) * self._bytes() <= memory * 2**30
        self._damaged: dict[int, str] = {}  # those that this process has found, which need not be read once more
        self._derived, self._native, self._crop, self._on_error = derived, native, crop, on_error

    def __len__(self) -> int:
        return len(self.source)

    @property
    def image_shape(self) -> tuple[int, ...]:
        """Of the column `image`: height, width, channels; of voxels depth before them."""
        return self.columns["image"].shape

    @property
    def flipped(self) -> tuple[str, ...]:
        """The columns that are mirrored, where any are."""
        return self._visible if self.flip else ()

    @property
    def turned(self) -> dict[str, str]:
        """The kinds of the columns that are turned, where any are."""
        return {name: self.columns[name].kind for name in self._visible} if self.turn else {}

    @property
    def _visible(self) -> tuple[str, ...]:
        return tuple(name for name, column in self.columns.items() if column.is_visible)

    def _bytes(self) -> float:
        """Of an example, all of its columns."""
        return sum(np.prod(c.shape, dtype=float) * np.dtype(c.dtype).itemsize for c in self.columns.values())

    def like(self, source: Source) -> "Dataset":
        """Another source made ready in the same way, at the size of these images; its columns may be others."""
        _, first, _ = _readable(source, 0, self._on_error, {})
        tokenizers = {name: known for name, known in self.tokenizers.items() if name in first}
        own = columns_of(source, tokenised(first, tokenizers, 0), {}, None, 0, self._crop, tokenizers)
        same = {name: self.columns.get(name, column) for name, column in own.items() if name != "label"}
        labels = {"label": own["label"]} if "label" in own else {}
        return Dataset(
            source,
            columns=same | labels | {name: self.columns[name] for name in self._derived},
            derived=self._derived,
            native=False,
            crop=self._crop,
            flip=self.flip,
            turn=self.turn,
            workers=self.workers,
            memory=0.0,
            on_error=self._on_error,
            tokenizers=tokenizers,
        )

    def example(self, i: int, key: tuple[int, ...] = ()) -> dict[str, Any]:
        """Example i, its image uint8 [H, W, C]; a random crop, and what is drawn for it, are functions of `key`."""
        example, damage = self.read(i, key)
        self.report(damage)
        return example

    def read(self, i: int, key: tuple[int, ...] = ()) -> tuple[dict[str, Any], dict[int, str]]:
        """Example i and what was wrong with those it stands in for: a pure function, for worker processes.

        A damaged example raises an InputError that names it, or with on_error="skip" gives way to the next good one.
        """
        index, example, damage = _readable(self.source, i, self._on_error, self._damaged)
        anew = self._crop in ANEW
        at = tuple(order.uniform(2, *key).tolist()) if anew else (0.5, 0.5)  # one place for all of its pictures
        known = {name: column for name, column in self.columns.items() if name not in self._derived}
        fitted = fit(
            tokenised(example, self.tokenizers, index), known, index, crop=self._crop, at=at, native=self._native
        )
        return derive(fitted, self._derived, self.columns, index, key if anew else ()), damage

    def whole(self, i: int, multiple: int = 1) -> dict[str, Any]:
        """Example i with pictures as large as the source has them, `image` but for what is beyond a multiple.

        Columns that are derived are those of the whole pictures; others than pictures are left out.
        """
        index, example, _ = _readable(self.source, i, self._on_error, self._damaged)
        known = {name: column for name, column in self.columns.items() if name in example and column.kind == "image"}
        pictures = {name: to_channels(example[name], column.shape[2]) for name, column in known.items()}
        height, width = (side // multiple * multiple for side in pictures["image"].shape[:2])
        return derive(pictures | {"image": pictures["image"][:height, :width]}, self._derived, {}, index)

    def report(self, damage: Mapping[int, str]) -> None:
        """Counts damaged examples in `skipped` and logs each by name, once; too many of them are an InputError."""
        for index, message in damage.items():
            if index not in self.skipped:
                self.skipped[index] = message
                log.warning("Skipped example %d (%d so far): %s", index, len(self.skipped), printable(message))
                _check_skipped(len(self.skipped), len(self), message)

    def arrays(self) -> dict[str, Any]:
        """Every example, stacked: image uint8 [N, H, W, C], label int32 [N], ...; decoded on all cores."""
        if self._crop in ANEW:
            raise InputError(f'data.crop="{self._crop}" gives other pixels each time: the set cannot be held as arrays')
        first = self.example(0)
        stacked = {name: np.empty((len(self), *value.shape), value.dtype) for name, value in first.items()}

        def fill(start: int) -> int:
            stop = min(start + 256, len(self))
            for i in range(start, stop):
                for name, value in self.example(i).items():
                    stacked[name][i] = value
            return stop - start

        with (
            ThreadPoolExecutor(os.cpu_count()) as pool,
            tqdm(total=len(self), desc="Decoding", unit=" images", delay=2, leave=False) as bar,
        ):
            for count in pool.map(fill, range(0, len(self), 256)):
                bar.update(count)
        return stacked


def make(
    source: Source,
    *,
    resolution: tuple[int, int] | tuple[int, int, int] | None = None,
    channels: Annotated[int, Bounds(0, 5)] = 0,
    crop: str = "center",
    flip: bool = False,
    turn: bool = False,
    workers: Count = 0,
    memory: Amount = 2.0,
    on_error: str = "raise",
    derive: Mapping[str, Callable] = MappingProxyType({}),
    tokenizer: Recipe | None = None,
) -> Dataset:
    """Makes a source ready for training; only its first example is read.

    resolution: (height, width) of all pictures, (depth, height, width) of voxels; by default their own, where they are
    all alike. channels: 1, 3 or 4 of `image`; 0 is as the first. crop: the largest window of the resolution's aspect
    ratio, "center" or at a "random" place, one for all pictures of an example; "jitter": a window of 256/286 of its
    sides at a random place, as of pix2pix; "patch": a window as large as the resolution at a random place, its pixels
    as they are; "none" stretches. flip: mirrors half of the examples, left to
    right. turn: turns them by 0 to 3 quarters, pictures in their plane and voxels about their vertical axis. workers:
    processes that decode; 0 uses threads of this one. memory: GiB up to which the decoded set, all columns, is held in
    memory; a larger one streams. on_error: "raise" or "skip".
    derive: columns computed from the others, by name: functions of an example, as in gan_jax.data.derive.
    tokenizer: how columns of strings become numbers, as in gan_jax.data.tokenizers.
    """
    for name, value, known in (("crop", crop, CROPS), ("on_error", on_error, ON_ERROR)):
        if value not in known:
            raise InputError(f"data.{name}={value!r} is unknown; use {' or '.join(map(repr, known))}")
    if resolution is not None and not 1 <= min(resolution) <= max(resolution) <= LONGEST:
        raise InputError(f"data.resolution={resolution} must be (height, width), of 1 to {LONGEST} pixels each")
    if channels not in (0, 1, 3, 4):
        raise InputError(f"data.channels={channels} must be 1 (grey), 3 (RGB), 4 (RGBA) or 0 (as the first image)")
    if len(source) == 0:
        raise InputError("data.source has no examples")
    _, first, _ = _readable(source, 0, on_error, {})
    _check_classes(source)
    if "label" in first and not getattr(source, "num_classes", 0):
        raise InputError("data.source gives labels but does not say how many classes there are: give it `num_classes`")
    tokenizers = tokenizers_of(source, first, tokenizer)
    first = tokenised(first, tokenizers, 0)
    made = Dataset(
        source,
        columns=columns_of(source, first, derive, resolution, channels, crop, tokenizers),
        derived=derive,
        native=resolution is None,
        crop=crop,
        flip=flip,
        turn=turn,
        workers=workers,
        memory=memory,
        on_error=on_error,
        tokenizers=tokenizers,
    )
    for name in made.turned:
        shape = made.columns[name].shape
        if shape[0] != shape[-2]:
            raise InputError(f"data.turn: a quarter turn of {name!r}, {list(shape)}, has other sides: make them alike")
    return made


def _check_classes(source: Source) -> None:
    count, classes = getattr(source, "num_classes", 0), getattr(source, "classes", ())
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 0 <= count <= MAX_CLASSES:
        raise InputError(f"data.source: num_classes should be a whole number, 0 to {MAX_CLASSES:,}, not {count!r:.99}")
    if len(classes) not in (0, count):
        raise InputError(f"data.source: it has {count} classes (num_classes) and names {len(classes)} (classes)")


def _check_skipped(count: int, size: int, message: str) -> None:
    if count > SKIPPED and count * 2 > size:
        raise InputError(f"{count:,} of {size:,} examples cannot be read, more than half; the last: {message}")


def _readable(
    source: Source, i: int, on_error: str, known: dict[int, str]
) -> tuple[int, dict[str, Any], dict[int, str]]:
    """The first good example at or after i, around the end if need be: its index, itself, and what was wrong before.

    `known` is what was wrong with those that were tried already, and is added to.
    """
    damage: dict[int, str] = {}
    for index in itertools.chain(range(i, len(source)), range(i)):
        try:
            if index not in known:
                return index, _checked(_example(source, index), index), damage
        except (OSError, ValueError) as error:
            if on_error == "raise":
                raise InputError(f"{error}; in a run data.on_error='skip' goes on without it") from error
            known[index] = str(error)
        damage[index] = known[index]
        _check_skipped(len(damage), len(source), known[index])
    raise InputError(f"none of the {len(source)} examples can be read; the first: {damage[i]}")


def _example(source: Source, index: int) -> Any:
    try:
        return source[index]
    except (OSError, ValueError):  # damage, which a source names itself
        raise
    except Exception:
        with told_of("data.source"):
            raise


def _checked(example: Any, index: int) -> dict[str, Any]:
    if not isinstance(example, Mapping):
        raise InputError(f"example {index} must be a dict of columns, not {type(example).__name__}")
    odd = next((name for name in example if not isinstance(name, str)), None)
    if odd is not None:
        raise InputError(f"example {index} has a column {odd!r}: the names of columns must be strings")
    image = example.get("image")
    if not (isinstance(image, np.ndarray) and image.dtype == np.uint8 and image.ndim in (3, 4) and image.size):
        found = f"{image.dtype} {image.shape}" if isinstance(image, np.ndarray) else type(image).__name__
        raise InputError(f"example {index} must have an `image` of uint8 [height, width, channels], not {found}")
    return example
