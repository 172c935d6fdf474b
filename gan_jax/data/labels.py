"""Class labels, whatever they were written as, to the numbers 0, 1, ... and the names of the classes."""

import logging
import re
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

import numpy as np

from gan_jax.errors import InputError, printable

log = logging.getLogger(__name__)

MAX_CLASSES = 100_000
MANY = 100  # classes; of more than that, most must have more than one example
FULL = 1000  # classes; of more than that, at least one of ten must have an example

_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


class Labels(NamedTuple):
    """The class of each example."""

    values: np.ndarray | None  # int32 [N]; None without classes
    classes: tuple[str, ...]


UNLABELLED = Labels(None, ())


def encode(values: Sequence | np.ndarray, classes: Sequence[str] | np.ndarray = (), *, origin: str) -> Labels:
    """Labels from whole numbers, kept as they are, or from names, numbered in the order of `by_name`.

    A set whose labels are all the same has no classes. `origin` says in error messages where the labels stand.
    """
    if not isinstance(values, np.ndarray) and all(isinstance(value, str) for value in values):
        return _from_names(values, origin)
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim == 1 and values.dtype.kind in "US":
        return _from_names([_text(value) for value in values], origin)
    if values.ndim != 1 or values.dtype.kind not in "iu":
        one_hot = "; of one-hot rows take argmax(axis=1)" if values.ndim == 2 else ""
        raise InputError(
            f"{origin}: labels must be one whole number or one name per image, not {values.dtype}{values.shape[1:]}"
            f"{one_hot}"
        )
    if (values == values[0]).all():
        return UNLABELLED
    if values.min() < 0:
        raise InputError(f"{origin}: labels must not be negative; the smallest is {values.min()}")
    count = int(values.max()) + 1
    if len(classes) and len(classes) < count:
        raise InputError(f"{origin}: a label is {count - 1}, but only {len(classes)} classes are named")
    _check_use(max(count, len(classes)), len(np.unique(values)), len(values), origin)
    names = tuple(printable(_text(name)) for name in classes) if len(classes) else tuple(map(str, range(count)))
    return Labels(values.astype(np.int32), names)


def _from_names(values: Sequence[str], origin: str) -> Labels:
    """Of strings in a list, since an array of them would hold each in the space of the longest."""
    classes = sorted(set(values), key=by_name)
    if len(classes) < 2:
        return UNLABELLED
    _check_use(len(classes), len(classes), len(values), origin)
    number = {name: place for place, name in enumerate(classes)}
    return Labels(np.array([number[value] for value in values], np.int32), tuple(map(printable, classes)))


def by_name(name: str) -> tuple:
    """What classes are put in order by: numbers by their value and before all else, so that 2 comes before 10."""
    parts = name.split("/")
    if all(_NUMBER.fullmatch(part) for part in parts):
        return (0, [Decimal(part) for part in parts], name)
    return (1, [], name)


def check_count(count: int, origin: str) -> None:
    """Refuses more classes than any network here has room for."""
    if count > MAX_CLASSES:
        raise InputError(f"{origin}: {count:,} classes are more than the {MAX_CLASSES:,} that there can be. {_ADVICE}")


_ADVICE = (
    "Labels are classes that many examples share. Ids are none: leave them out (class_depth=0 of a folder or zip, "
    'labels="" of an npz), or number the classes from 0'
)


def _check_use(count: int, used: int, examples: int, origin: str) -> None:
    """Refuses labels that are ids; of few examples, which may be a trial, it is only told."""
    check_count(count, origin)
    if count > FULL and used * 10 < count:
        raise InputError(f"{origin}: labels go up to {count - 1:,}, but only {used:,} of these are used. {_ADVICE}")
    if used * 2 > examples and used > 2:
        message = f"{origin}: {examples:,} examples have {used:,} classes, most of them one example each. {_ADVICE}"
        if used > MANY:
            raise InputError(message)
        log.warning("%s", printable(message))


def _text(name: object) -> str:
    return name.decode("utf-8", "backslashreplace") if isinstance(name, bytes) else str(name)
