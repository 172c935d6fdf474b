"""Held-out parts of sets that come without a split: `[:80%]` and `[80%:]` of a fixed shuffle."""

import re

import numpy as np
from jaxtyping import Int64

from gan_jax.data import order
from gan_jax.errors import InputError

_SPLIT = re.compile(r"all|(?:all)?\[(-?\d{1,12}%?)?:(-?\d{1,12}%?)?\]")


def select(split: str, size: int, *, shuffle: bool = True) -> Int64[np.ndarray, "chosen"]:
    """The examples, in rising order, of a slice like those of TFDS: `all`, `[:80%]`, `[80%:]`, `[100:]`, `[-50:]`.

    The slice is taken of one fixed shuffle, so that each part of a set that is sorted by class has every class.
    """
    match = _SPLIT.fullmatch(split.replace(" ", ""))
    if match is None:
        raise InputError(
            f"split={split!r} is not understood; use 'all' or a slice such as '[:80%]', '[80%:]', '[100:]'"
        )
    first, last = (_boundary(text, size) for text in match.groups())
    shuffled = order.permutation(size) if shuffle else np.arange(size)
    chosen = np.sort(shuffled[first:last])
    if not len(chosen):
        raise InputError(f"split={split!r} holds none of the {size} examples")
    return chosen


def rest(split: str) -> str:
    """What a split leaves for held-out images: `test` of `train`, `[80%:]` of `[:80%]`; "" where that is not known."""
    if split == "train":
        return "test"
    part = re.fullmatch(r"(\w*)\[:(\d+%?)\]", split)
    return f"{part[1]}[{part[2]}:]" if part else ""


def _boundary(text: str | None, size: int) -> int | None:
    if text is None:
        return None
    return round(size * int(text[:-1]) / 100) if text.endswith("%") else int(text)
