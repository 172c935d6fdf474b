"""Whole numbers as one writes them: `0-63,100`."""

import re

import numpy as np
from jaxtyping import Int64, Integer

from gan_jax.errors import InputError

MOST = 1_000_000  # numbers at a time: each may become a picture, with a name of its own


def parse(text: str, key: str, end: int) -> Int64[np.ndarray, "n"]:
    """The numbers that the text stands for, all below `end`: seeds, or classes."""
    found, count = [], 0
    for part in text.split(","):
        match = re.fullmatch(r"\s*([0-9]{1,10})(?:-([0-9]{1,10}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < end:
            raise InputError(
                f"{key}={text}: {part!r} is not a number or a range such as 0-{min(end - 1, 63)}, below {end}."
            )
        count += last + 1 - first
        check_count(count, f"{key}={text}")
        found.append(np.arange(first, last + 1))
    return np.concatenate(found)


def written(numbers: Integer[np.ndarray, "n"]) -> str:
    """The different ones of whole numbers, as `parse` reads them."""
    different = np.unique(numbers)
    runs = np.split(different, np.flatnonzero(np.diff(different) != 1) + 1)
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def check_count(count: int, key: str) -> None:
    """Refuses more than can be dealt with at a time, before there is memory for them."""
    if count > MOST:
        raise InputError(f"{key}: {count:,} are too many at a time, {MOST:,} are the most.")
