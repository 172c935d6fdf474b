"""How well a model that encodes explains images: bounds on their log-likelihood."""

from collections.abc import Mapping
from typing import TypeVar

import numpy as np
from jaxtyping import Float, Float64, Shaped
from scipy.special import logsumexp
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler

Nats = TypeVar("Nats", float, np.ndarray)

STRIDE = 2_654_435_761  # 2^32 over the golden ratio: K draws share no seed before there are 2^32 / 3K images


def log_weights(
    sampler: Sampler,
    condition: Mapping[str, Shaped[np.ndarray, "n ..."]],
    draws: int = 1,
    *,
    progress: bool = False,
) -> Float[np.ndarray, "n draws"]:
    """log p(x, z) - log q(z | x), nats, for some z ~ q of each image: functions of its place and the draw's number.

    condition: the columns of the draw `log_weights`, such as image and label, with a row for each image.
    """
    if "log_weights" not in sampler.objective.draws:
        raise InputError("This model has no likelihood: its objective has no draw 'log_weights'.")
    place = np.arange(len(next(iter(condition.values()))), dtype=np.uint64)
    numbers = tqdm(range(draws), desc="Drawing latents", unit="draw", disable=not progress)
    # A draw's number moves the seeds, in steps that spread them over all there are.
    seeds = ((place + np.uint64(number * STRIDE)) % np.uint64(2**32) for number in numbers)
    return np.stack([sampler(seed, condition, draw="log_weights") for seed in seeds], axis=1)


def importance_weighted(log_weights: Float[np.ndarray, "n draws"]) -> Float64[np.ndarray, "n"]:
    """log (1/K) Σ w_k, nats, a bound that rises to log p(x) with K (Burda et al. 2016, arXiv 1509.00519)."""
    return logsumexp(np.asarray(log_weights, np.float64), axis=1) - np.log(log_weights.shape[1])


def bits_per_dimension(nats: Nats, image_shape: tuple[int, ...]) -> Nats:
    """The bits that each value of an image costs at a log-likelihood in nats; of a discrete likelihood alone."""
    return -nats / (np.prod(image_shape) * np.log(2))
