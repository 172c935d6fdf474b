"""Which example comes when: pure functions of integers, the same on every machine and in every NumPy version."""

import functools

import numpy as np
from jaxtyping import Int64, UInt64


def draws(count: int, *key: int) -> UInt64[np.ndarray, "count"]:
    """Random 64-bit words that belong to `key`, by Philox (Salmon et al., 2011)."""
    # Raw words, since NumPy may change what its distributions make of them.
    return np.random.Philox(np.random.SeedSequence(key)).random_raw(count)


def uniform(count: int, *key: int) -> np.ndarray:
    """Numbers in [0, 1), float64 [count], that belong to `key`."""
    return (draws(count, *key) >> np.uint64(11)) * 2.0**-53


def permutation(size: int, *key: int) -> Int64[np.ndarray, "size"]:
    """A random order of `size` things that belongs to `key`."""
    return np.argsort(draws(size, *key), kind="stable")


@functools.lru_cache(maxsize=2)  # a batch can span the end of an epoch
def _epoch(seed: int, epoch: int, size: int) -> Int64[np.ndarray, "size"]:
    return permutation(size, seed, epoch)


def indices(seed: int, start: int, count: int, size: int) -> Int64[np.ndarray, "count"]:
    """The examples at places start, start + 1, ... of an endless walk that visits all `size` of them once per epoch."""
    epochs, places = np.divmod(np.arange(start, start + count), size)
    chosen = np.empty(count, np.int64)
    for epoch in np.unique(epochs):
        now = epochs == epoch
        chosen[now] = _epoch(seed, int(epoch), size)[places[now]]
    return chosen
