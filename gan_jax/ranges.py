"""Whole numbers as one writes them: `0-63,100`."""

import re

import numpy as np
from jaxtyping import Int64

from gan_jax.errors import InputError


def parse(text: str, key: str, end: int) -> Int64[np.ndarray, "n"]:
    """The numbers that the text stands for, all below `end`: seeds, or classes."""
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,10})(?:-(\d{1,10}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < end:
            raise InputError(
                f"{key}={text}: {part!r} is not a number or a range such as 0-{min(end - 1, 63)}, below {end}."
            )
        found.append(np.arange(first, last + 1))
    return np.concatenate(found)
