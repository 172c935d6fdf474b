"""Ways from one latent to another."""

import numpy as np
from jaxtyping import Float


def spherical(
    start: Float[np.ndarray, "latent"], end: Float[np.ndarray, "latent"], at: Float[np.ndarray, "n"]
) -> Float[np.ndarray, "n latent"]:
    """Points on the great circle through two latents (White 2016), whose lengths stay typical of a Gaussian.

    `at` is 0 at the start and 1 at the end, both of which are met exactly. Where the two are parallel or zero there
    is no one great circle, and the way is straight.
    """
    a, b = start.astype(np.float64), end.astype(np.float64)
    lengths = np.linalg.norm(a) * np.linalg.norm(b)
    angle = np.arccos(np.clip(a @ b / lengths, -1, 1)) if lengths else 0.0
    if np.sin(angle) < 1e-6:
        weights = np.stack([1 - at, at])
    else:
        weights = np.sin(np.stack([(1 - at) * angle, at * angle])) / np.sin(angle)
    return (weights.T @ np.stack([a, b])).astype(start.dtype)
