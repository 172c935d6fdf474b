"""Random streams: every draw is a function of (seed, step, name, place in the global batch)."""

import zlib

import jax
from jaxtyping import Array, Int, Integer, Key


def stream(key: Key[Array, ""], step: Int[Array, ""] | int, name: str) -> Key[Array, ""]:
    """The key of the draws called `name` in step `step`."""
    return jax.random.fold_in(jax.random.fold_in(key, step), zlib.crc32(name.encode()))


def per_example(key: Key[Array, ""], position: Integer[Array, "batch"]) -> Key[Array, "batch"]:
    """One key per example, by its place in the global batch: the same on any number of devices."""
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, position)
