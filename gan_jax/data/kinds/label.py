"""The class of an example."""

import re

import numpy as np

from gan_jax.data.kinds import tokens
from gan_jax.errors import InputError
from gan_jax.types import Column

fit, flip, picture, quantise = tokens.fit, tokens.flip, tokens.picture, tokens.quantise


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Classes and ranges of classes, such as 3 or 0-4,7."""
    found = []
    for part in text.split(","):
        match = re.fullmatch(r"\s*(\d{1,9})(?:-(\d{1,9}))?\s*", part)
        first, last = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
        if not first <= last < column.size:
            raise InputError(f"{key}={text}: {part!r} is no class or range of classes, such as 0-{column.size - 1}.")
        found += range(first, last + 1)
    return np.array(found, np.int32), ()
