"""The class of an example."""

import numpy as np

from gan_jax import ranges
from gan_jax.data.kinds import tokens
from gan_jax.types import Column

fit, flip, picture, quantise = tokens.fit, tokens.flip, tokens.picture, tokens.quantise


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """Classes and ranges of classes, such as 3 or 0-4,7."""
    return ranges.parse(text, key, column.size).astype(np.int32), ()
