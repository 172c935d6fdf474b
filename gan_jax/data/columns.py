"""The columns of a set: what they are, how an example is brought to them, and those that are computed from others."""

import inspect
import zlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from gan_jax.data import kinds
from gan_jax.data.kinds.array import as_array, narrow
from gan_jax.data.pixels import channels_first
from gan_jax.data.sources import Source
from gan_jax.data.texts import Tokenizers
from gan_jax.errors import InputError, told_of
from gan_jax.types import Column

Example = dict[str, np.ndarray | np.generic]
RESERVED = ("index", "position")  # which the loader adds to a batch
Derived = Mapping[str, Callable]  # (example) or (example, random) -> a column's value


def columns_of(
    source: Source,
    first: Mapping[str, Any],
    derived: Derived,
    resolution: tuple[int, ...] | None,
    channels: int,
    crop: str,
    tokenizers: Tokenizers = MappingProxyType({}),
) -> dict[str, Column]:
    """The columns of a source as its first example and its own word have them, those derived included.

    A source may say what a column is by `kinds = {"caption": "tokens"}` and how many numbers there are by
    `sizes = {"caption": 512}`; of labels `num_classes` says it.
    """
    own_kinds = {**getattr(source, "kinds", {}), **dict.fromkeys(tokenizers, "text")}
    sizes = {**getattr(source, "sizes", {}), **{name: known.size for name, known in tokenizers.items()}}
    sizes["label"] = getattr(source, "num_classes", 0)
    columns = {}
    for name, value in first.items():
        if name in RESERVED:
            raise InputError(f"the column {name!r}: a batch has one of its own by that name; take another name")
        column = _column(name, value, own_kinds.get(name, ""), sizes.get(name, 0))
        if column.is_visible:
            sides = resolution or column.shape[:-1]
            if len(sides) != len(column.shape) - 1:
                raise InputError(
                    f"data.resolution={sides}: the column {name!r} has {len(column.shape) - 1} sides, "
                    f"{'x'.join(map(str, column.shape[:-1]))}"
                )
            column = column._replace(shape=(*sides, (channels if name == "image" else 0) or column.shape[-1]))
        columns[name] = column
    if not columns["image"].is_visible and (resolution or channels):
        raise InputError(
            "data.resolution and data.channels are of pictures and voxels, and `image` is "
            f"{list(columns['image'].shape)}: leave them out; the source gives such arrays their size"
        )
    taken = [name for name in derived if name in columns or name in RESERVED]
    if taken:
        raise InputError(f"data.derive.{taken[0]}: the source has that column already; take another name")
    if derived:
        example = fit(first, columns, 0, crop=crop, at=(0.5, 0.5), native=False)
        made = derive(example, derived, {}, 0)
        columns |= {name: _column(name, made[name]) for name in derived}
    return columns


def _column(name: str, value: Any, kind: str = "", size: int = 0) -> Column:
    array = as_array(value, f"the column {name!r}")
    if array.dtype.kind in "US":
        raise InputError(
            f"the column {name!r} is text ({array.dtype}): say how it becomes numbers, data.tokenizer=words, or leave "
            "the column out"
        )
    if array.dtype.kind not in "biuf":
        raise InputError(f"the column {name!r} is of type {array.dtype}, which cannot be trained on: leave it out")
    if kind and kind not in kinds.KINDS:
        raise InputError(f"the column {name!r}: kinds are {', '.join(kinds.KINDS)}, not {kind!r}")
    column = kinds.infer(name, narrow(array, name), kind, size)
    if column.kind == "array" and not kind and array.dtype == np.uint8 and channels_first(array.shape):
        raise InputError(
            f"the column {name!r} is uint8 {list(array.shape)}, which looks like [channels, height, width], where "
            "pictures are [height, width, channels]: move the axis in the source, np.moveaxis(x, 0, -1)"
        )
    return column._replace(dtype="int32") if column.kind == "label" else column


def fit(
    example: Mapping[str, Any],
    columns: Mapping[str, Column],
    index: int,
    *,
    crop: str,
    at: tuple[float, float],
    native: bool,
) -> Example:
    """The example with every column's shape and type; `native` pictures have it already."""
    if example.keys() != columns.keys():
        odd = min(example.keys() ^ columns.keys())
        raise InputError(f"example {index} has the columns {', '.join(example)}: {odd!r} is not in all examples")
    fitted = {}
    for name, column in columns.items():
        value, where = example[name], f"{name} of example {index}"
        is_picture = column.is_visible and isinstance(value, np.ndarray) and value.ndim == len(column.shape)
        if is_picture and native and value.shape[:-1] != tuple(column.shape[:-1]):
            own, first = ("x".join(map(str, shape[:-1])) for shape in (value.shape, column.shape))
            raise InputError(
                f"the images have different sizes ({where} is {own}, the first is {first}): "
                "set the resolution, data.resolution=(height, width) or --resolution=HEIGHT,WIDTH"
            )
        if column.kind == "label":
            value = _label(value, index, column.size)
        fitted[name] = kinds.of(column).fit(value, column, crop=crop, at=at, where=where)
    return fitted


def _label(value: Any, index: int, size: int) -> np.int32:
    label = as_array(value, f"the label of example {index}")
    if label.ndim or label.dtype.kind not in "biuf" or label != np.rint(label):
        raise InputError(
            f"the label of example {index} is {label.dtype} {list(label.shape)}: its source must give one whole "
            "number, 0 to num_classes - 1"
        )
    if not 0 <= label < max(size, 1):
        raise InputError(f"the label of example {index} is {label}, but num_classes is {size}")
    return np.int32(label)


def derive(
    example: Example, derived: Derived, columns: Mapping[str, Column], index: int, key: tuple[int, ...] = ()
) -> Example:
    """The example with the columns that are computed from its others, in their order.

    What is drawn at random is a function of the column's name, the index and the key.
    """
    example = dict(example)
    for name, function in derived.items():
        with told_of(f"data.derive.{name}", example):
            value = np.asarray(function(example, *_random(function, name, (index, *key))))
        if value.dtype.kind in "iuf":
            value = narrow(value, f"data.derive.{name} of example {index}")
        if name in columns and (value.shape, value.dtype) != (tuple(columns[name].shape), columns[name].dtype):
            raise InputError(
                f"data.derive.{name} gives {value.dtype} {list(value.shape)} of example {index}, and of the first "
                f"{columns[name].dtype} {list(columns[name].shape)}"
            )
        example[name] = value
    return example


def _random(function: Callable, name: str, key: tuple[int, ...]) -> tuple[np.random.Generator, ...]:
    """What a function that takes a generator is given."""
    if list(inspect.signature(function).parameters)[1:2] != ["random"]:
        return ()
    return (np.random.Generator(np.random.Philox(np.random.SeedSequence((zlib.crc32(name.encode()), *key)))),)
