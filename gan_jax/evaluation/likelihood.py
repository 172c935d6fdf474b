"""How well a model that encodes explains images: bounds on their log-likelihood."""

from collections.abc import Callable, Iterable, Mapping
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Float64, Integer, Shaped
from scipy.special import logsumexp

from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler

Nats = TypeVar("Nats", float, np.ndarray)

STRIDE = 2_654_435_761  # 2^32 over the golden ratio: K draws share no seed before there are 2^32 / 3K images
ACTIVE = 0.01  # variance of a unit's posterior mean, as in Burda et al. 2016, section 5.2


def log_weights(
    sampler: Sampler,
    condition: Mapping[str, Shaped[np.ndarray, "n ..."]],
    draws: int = 1,
    *,
    numbers: Integer[np.ndarray, "n"] | None = None,
) -> Float[np.ndarray, "n draws"]:
    """log p(x, z) - log q(z | x), nats, for some z ~ q of each image: functions of its number and the draw's.

    condition: the columns of the draw `log_weights`, such as image and label, with a row for each image. numbers: of
    the images, such as their places in a data set; by default they are counted here.
    """
    return several(sampler, "log_weights", condition, draws, numbers)


def check(sampler: Sampler, draw: str) -> None:
    """Refuses a model that explains no images."""
    if draw not in sampler.objective.draws:
        raise InputError(f"This model has no likelihood: its objective has no draw {draw!r}.")


def several(
    sampler: Sampler,
    draw: str,
    condition: Mapping[str, Shaped[np.ndarray, "n ..."]],
    draws: int,
    numbers: Integer[np.ndarray, "n"] | None = None,
    advance: Callable[[int], object] = lambda count: None,
) -> Shaped[np.ndarray, "n draws ..."]:
    """What a draw that encodes says of each image, some times: functions of its number and the draw's.

    `advance` is told how many were drawn since it was last.
    """
    check(sampler, draw)
    place = np.arange(len(next(iter(condition.values())))) if numbers is None else numbers
    # A draw's number moves the seeds, in steps that spread them over all there are.
    seeds = ((place.astype(np.uint64) + np.uint64(number * STRIDE)) % np.uint64(2**32) for number in range(draws))
    drawn = []
    for seed in seeds:
        drawn.append(sampler(seed, condition, draw=draw))
        advance(len(place))
    return np.stack(drawn, axis=1)


def importance_weighted(log_weights: Float[np.ndarray, "n draws"]) -> Float64[np.ndarray, "n"]:
    """log (1/K) Σ w_k, nats, a bound that rises to log p(x) with K (Burda et al. 2016, arXiv 1509.00519)."""
    return logsumexp(np.asarray(log_weights, np.float64), axis=1) - np.log(log_weights.shape[1])


def active_units(means: Iterable[Float[np.ndarray, "_ ..."]]) -> tuple[int, int]:
    """How many units' posterior means vary over images by more than `ACTIVE`, and of how many (Burda et al. 2016).

    means: E[z | x] in parts, one after the other.
    """
    count, total, squares = 0, np.float64(0), np.float64(0)
    for part in means:
        flat = np.asarray(part, np.float64).reshape(len(part), -1)
        count, total, squares = count + len(flat), total + flat.sum(axis=0), squares + (flat**2).sum(axis=0)
    variance = squares / count - (total / count) ** 2
    return int((variance > ACTIVE).sum()), variance.size


def bits_per_dimension(nats: Nats, image_shape: tuple[int, ...]) -> Nats:
    """The bits that each value of an image costs at a log-likelihood in nats; of a discrete likelihood alone."""
    return -nats / (np.prod(image_shape) * np.log(2))
