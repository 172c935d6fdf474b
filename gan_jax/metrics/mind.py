"""The Monge Inception distance: a sliced Wasserstein distance, which looks at whole laws and not at two moments."""

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.metrics.samples import Estimate, Features, checked_pair

_DIRECTIONS = 128  # projected and sorted at a time


def mind(real: Features, fake: Features, *, directions: int = 1000, seed: int = 0) -> Estimate:
    """3 size times the mean over random directions of the squared Wasserstein distance (MIND, arXiv 2605.06797).

    The larger set is cut to the smaller at random, as in torch-fidelity. `sd` is the standard error over directions:
    about √(2/directions) of the value for a pure shift.
    """
    if directions < 2:
        raise InputError(f"directions={directions}: give 2 or more (the definition has 1000).")
    real, fake = checked_pair(real, fake)
    rng = np.random.default_rng(seed)
    count = min(len(real), len(fake))
    real, fake = (side if len(side) == count else rng.permutation(side)[:count] for side in (real, fake))
    units = rng.standard_normal((directions, real.shape[1]))
    units /= np.linalg.norm(units, axis=1, keepdims=True)
    values = 3 * real.shape[1] * sliced_wasserstein(real, fake, units)
    return Estimate(float(values.mean()), float(values.std(ddof=1) / np.sqrt(directions)))


def sliced_wasserstein(
    real: Float[np.ndarray, "number size"],
    fake: Float[np.ndarray, "number size"],
    directions: Float[np.ndarray, "directions size"],
) -> Float[np.ndarray, "directions"]:
    """The squared 2-Wasserstein distance of the projections on each unit vector: sorted against sorted values."""
    distances = []
    for start in tqdm(range(0, len(directions), _DIRECTIONS), "sliced distance", leave=False, disable=None):
        units = directions[start : start + _DIRECTIONS].T
        first, second = (np.sort((side @ units).T, axis=1) for side in (real, fake))
        distances.append(np.mean((first - second) ** 2, axis=1))
    return np.concatenate(distances)
