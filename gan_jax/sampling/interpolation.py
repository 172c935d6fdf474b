"""Ways from one latent to another."""

from itertools import pairwise

import jax
import numpy as np
from jaxtyping import Float, PyTree


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


def walk(latents: PyTree, frames: int) -> PyTree:
    """The way through a tree of latents [n, ...], `frames` to a leg; its last point is the last latent.

    Floats go along great circles, leaf by leaf; all else, such as keys and whole numbers, is held for a leg.
    """
    at = np.arange(frames) / frames

    def way(leaf: np.ndarray) -> np.ndarray:
        if not np.issubdtype(leaf.dtype, np.floating):
            return np.concatenate([np.repeat(leaf[:-1], frames, axis=0), leaf[-1:]])
        return np.concatenate([*(spherical(start, end, at) for start, end in pairwise(leaf)), leaf[-1:]])

    return jax.tree.map(way, latents)
