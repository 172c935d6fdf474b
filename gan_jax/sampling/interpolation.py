"""Ways from one latent to another."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Integer, PyTree


def spherical(
    start: Float[np.ndarray, "*shape"], end: Float[np.ndarray, "*shape"], at: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n *shape"]:
    """Points on the great circle through two latents (White 2016), whose lengths stay typical of a Gaussian.

    `at` is 0 at the start and 1 at the end, both of which are met exactly. Where the two are parallel or zero there
    is no one great circle, and the way is straight.
    """
    a, b = (x.astype(np.float64).reshape(-1) for x in (start, end))
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.clip(a @ b / lengths, -1, 1)) if lengths else 0.0
    if np.sin(angle) < 1e-6:
        weights = np.stack([1 - at, at])
    else:
        weights = np.sin(np.stack([(1 - at) * angle, at * angle])) / np.sin(angle)
    return (weights.T @ np.stack([a, b])).astype(start.dtype).reshape(len(at), *start.shape)


def walk(latents: PyTree, frames: int, numbers: Integer[np.ndarray, "points"]) -> PyTree:
    """Points of the way through a tree of latents [n, ...], `frames` to a leg: number 0 is the first latent.

    Floats go along great circles, leaf by leaf; all else, such as keys and whole numbers, is held for a leg.
    """
    legs, at = numbers // frames, numbers % frames / frames

    def way(leaf: np.ndarray) -> np.ndarray:
        if not is_float(leaf):
            return leaf[legs]
        last = len(leaf) - 1
        return np.concatenate(
            [spherical(leaf[leg], leaf[min(leg + 1, last)], at[legs == leg]) for leg in np.unique(legs)]
        )

    return jax.tree.map(way, latents)


def is_float(leaf: Any) -> bool:
    """Whether there is a way from one of an array's values to another."""
    return jnp.issubdtype(leaf.dtype, jnp.floating)
