"""Seeds as one gives them: a whole number from 0 to 2^32 - 1, or several."""

import itertools
import reprlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from jaxtyping import Integer, UInt32

from gan_jax.errors import InputError
from gan_jax.ranges import MOST, check_count

Seeds = int | Iterable[int] | Integer[np.ndarray, "n"]  # one or several


def checked(seeds: Seeds) -> UInt32[np.ndarray, "n"]:
    """Seeds as an array.

    Raises:
        InputError: they are no whole numbers from 0 to 2^32 - 1, or there are none.
    """
    if isinstance(seeds, Iterable) and not isinstance(seeds, (np.ndarray, str, Mapping)):
        seeds = list(itertools.islice(seeds, MOST + 1))  # there may be no end to them
    array = np.atleast_1d(np.asarray(seeds))
    check_count(len(array), "seeds")
    if not array.size:
        raise InputError("seeds: there are none.")
    if array.ndim != 1 or not all(_is_whole(seed) for seed in array.tolist()):
        raise InputError(f"seeds: {reprlib.repr(seeds)} is neither a whole number from 0 to {2**32 - 1} nor several.")
    return array.astype(np.uint32)


def _is_whole(seed: Any) -> bool:
    return isinstance(seed, int) and not isinstance(seed, bool) and 0 <= seed < 2**32
