"""Checksums of trees: on the device for what is saved, and the same in NumPy for what is read back from disk."""

import hashlib
import json
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, PyTree, UInt32

from gan_jax import paths

_SALTS = (0x9E3779B9, 0x7F4A7C15)
_BLOCK = 2**20  # words hashed at a time in NumPy, so that they stay in the processor's cache
_FEW = 4096  # values
_SPLIT = {1: np.uint8, 2: np.uint16, 4: np.uint32, 8: np.uint32}  # an array's bits as words, by bytes of a value


def of_text(description: dict[str, Any]) -> str:
    """The SHA-256 of plain values."""
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


def of_arrays(tree: PyTree) -> str:
    """A checksum of all bits of a tree's arrays and of their places in it; of NumPy arrays and JAX's it is the same."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    named = {paths.name(path): leaf for path, leaf in leaves}
    here = {name: leaf for name, leaf in named.items() if _is_for_the_host(leaf)}
    there = {name: leaf for name, leaf in named.items() if name not in here}
    sums = {name: _host_sums(leaf) for name, leaf in jax.device_get(here).items()}
    sums |= jax.device_get(_device_sums(there)) if there else {}
    return hashlib.sha256(repr(sorted((name, pair.tolist()) for name, pair in sums.items())).encode()).hexdigest()


def _is_for_the_host(leaf: Array | np.ndarray) -> bool:
    """Whether it is there, or brought there in less time than it takes to compile its sum."""
    return isinstance(leaf, np.ndarray) or (leaf.size <= _FEW and leaf.is_fully_replicated)


@jax.jit
def _device_sums(leaves: dict[str, Array]) -> dict[str, UInt32[Array, "2"]]:
    return {name: _device_sum(leaf) for name, leaf in leaves.items()}


def _device_sum(leaf: Array) -> UInt32[Array, "2"]:
    """Two 32-bit sums over the words of an array, each word hashed together with its place."""
    whole = leaf.astype(jnp.uint8) if leaf.dtype == jnp.bool_ else leaf
    bits = jax.lax.bitcast_convert_type(whole, _SPLIT[leaf.dtype.itemsize])
    words = bits.reshape(-1).astype(jnp.uint32)
    place = jnp.arange(words.size, dtype=jnp.uint32)
    return jnp.stack([_hashes(words, place, salt).sum(dtype=jnp.uint32) for salt in _SALTS])


def _host_sums(leaf: np.ndarray) -> UInt32[np.ndarray, "2"]:
    bits = np.ascontiguousarray(leaf).reshape(-1).view(_SPLIT[leaf.dtype.itemsize])
    sums = np.zeros(2, np.uint32)
    for start in range(0, bits.size, _BLOCK):
        words = bits[start : start + _BLOCK].astype(np.uint32)
        place = np.arange(start, start + words.size, dtype=np.uint32)
        sums += np.array([_hashes(words, place, salt).sum(dtype=np.uint32) for salt in _SALTS])
    return sums


def _hashes(words: Any, place: Any, salt: int) -> Any:
    return _mix(words ^ _mix(place + np.uint32(salt)))


def _mix(x: Any) -> Any:
    """Every bit of the result depends on every bit of x (MurmurHash3's finaliser, Appleby 2011)."""
    x = (x ^ (x >> 16)) * np.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * np.uint32(0xC2B2AE35)
    return x ^ (x >> 16)
