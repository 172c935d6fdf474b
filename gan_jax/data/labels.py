"""Class labels, whatever they were written as, to the numbers 0, 1, ... and the names of the classes."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from gan_jax.errors import InputError


class Labels(NamedTuple):
    """The class of each example."""

    values: np.ndarray | None  # int32 [N]; None without classes
    classes: tuple[str, ...]


UNLABELLED = Labels(None, ())


def encode(values: Sequence | np.ndarray, classes: Sequence[str] | np.ndarray = (), *, origin: str) -> Labels:
    """Labels from whole numbers, kept as they are, or from names, numbered in alphabetical order.

    A set whose labels are all the same has no classes. `origin` says in error messages where the labels stand.
    """
    values = np.asarray(values)
    if values.ndim == 2 and values.shape[1] == 1:
        values = values[:, 0]
    if values.ndim != 1 or values.dtype.kind not in "iuUS":
        raise InputError(
            f"{origin}: labels must be one whole number or one name per image, not {values.dtype}{values.shape[1:]}"
        )
    if len(values) == 0 or (values == values[0]).all():
        return UNLABELLED
    if values.dtype.kind in "US":
        names, values = np.unique(values.astype(str), return_inverse=True)
        return Labels(values.astype(np.int32), tuple(names.tolist()))
    if values.min() < 0:
        raise InputError(f"{origin}: labels must not be negative; the smallest is {values.min()}")
    count = int(values.max()) + 1
    if len(classes) and len(classes) < count:
        raise InputError(f"{origin}: a label is {count - 1}, but only {len(classes)} classes are named")
    names = tuple(str(name) for name in classes) if len(classes) else tuple(map(str, range(count)))
    return Labels(values.astype(np.int32), names)
