"""Random streams: every draw is a function of (seed, step, name, place in the global batch)."""

import zlib

import jax
from jaxtyping import Array, Int, Integer, Key, UInt32

from gan_jax.pinned import SETTINGS

_KIND = SETTINGS["jax_default_prng_impl"]  # of the generator; JAX's default is the user's to choose


def key(seed: int) -> Key[Array, ""]:
    """The root key of a seed."""
    return jax.random.key(seed, impl=_KIND)


def wrapped(data: UInt32[Array, "*batch words"]) -> Key[Array, "*batch"]:
    """The keys that `jax.random.key_data` made these numbers of."""
    return jax.random.wrap_key_data(data, impl=_KIND)


def stream(key: Key[Array, ""], step: Int[Array, ""] | int, name: str) -> Key[Array, ""]:
    """The key of the draws called `name` in step `step`."""
    return jax.random.fold_in(jax.random.fold_in(key, step), zlib.crc32(name.encode()))


def per_example(key: Key[Array, ""], position: Integer[Array, "batch"]) -> Key[Array, "batch"]:
    """One key per example, by its place in the global batch: the same on any number of devices."""
    return jax.vmap(jax.random.fold_in, in_axes=(None, 0))(key, position)
