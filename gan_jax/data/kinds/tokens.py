"""Whole numbers that stand for something: words, bytes, codes."""

from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Shaped

from gan_jax.data.kinds import array
from gan_jax.errors import InputError
from gan_jax.types import Column

flip, parse, picture = array.flip, array.parse, array.picture


def fit(value: Any, column: Column, *, crop: str, at: tuple[float, float], where: str) -> np.ndarray:
    """The value itself, which must have the column's shape and type, and no number beyond its size."""
    values = array.fit(value, column, crop=crop, at=at, where=where)
    if column.size and ((values < 0) | (values >= column.size)).any():
        raise InputError(f"{where} has {values.max()} or {values.min()}, but its numbers are 0 to {column.size - 1}")
    return values


def quantise(
    outputs: Shaped[Array, "batch ..."], column: Column
) -> tuple[Shaped[Array, "batch ..."], Bool[Array, "batch"]]:
    """Whole numbers as int32."""
    return outputs.astype(jnp.int32), jnp.ones(len(outputs), bool)
