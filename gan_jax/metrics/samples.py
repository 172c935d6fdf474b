"""What every metric takes, features in rows, and what it gives, an estimate with its spread."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Array, Float

from gan_jax.errors import InputError

Features = Float[np.ndarray | Array, "_ _"]  # [number of images, size of a feature]


class Estimate(NamedTuple):
    """A measured value and its standard deviation; each metric says of what. None: the metric has no cheap one."""

    value: float
    sd: float | None = None


def proportion(hits: np.ndarray) -> Estimate:
    """The share of true entries, with its binomial standard error."""
    share = float(np.mean(hits))
    return Estimate(share, float(np.sqrt(share * (1 - share) / len(hits))))


def checked(features: Features, name: str, at_least: int = 2) -> np.ndarray:
    """Features as a numpy array, float64 if they were and else float32; an `InputError` says what is wrong."""
    array = np.asarray(features)
    array = array if array.dtype == np.float64 else array.astype(np.float32)
    if array.ndim != 2:
        raise InputError(f"{name} features have shape {array.shape}; give one row per image, [number, size].")
    if len(array) < at_least:
        raise InputError(f"{len(array)} {name} samples are too few: this metric needs at least {at_least}.")
    finite = np.isfinite(array).all(axis=1)
    if not finite.all():
        raise InputError(
            f"{np.sum(~finite)} of {len(array)} rows of the {name} features are not finite (first: row "
            f"{np.argmin(finite)}); look for NaN pixels or a diverged network in what they were made from."
        )
    return array


def checked_pair(real: Features, fake: Features, at_least: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Both sets checked, and known to live in one feature space."""
    real, fake = checked(real, "real", at_least), checked(fake, "fake", at_least)
    same_size(real.shape[1], fake.shape[1])
    return real, fake


def same_size(real: int, fake: int) -> None:
    """Refuses features of different networks."""
    if real != fake:
        raise InputError(
            f"real features have {real} dimensions and fake ones {fake}; extract both with one network and layer."
        )
