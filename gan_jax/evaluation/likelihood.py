"""How well a model that encodes explains images: bounds on their log-likelihood."""

import functools
from collections.abc import Callable
from typing import TypeVar

import jax
import numpy as np
from jaxtyping import Array, Float, Float64, Int, UInt8
from scipy.special import logsumexp
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.features.batches import Batched
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Variables

Nats = TypeVar("Nats", float, np.ndarray)


def log_weights(
    sampler: Sampler,
    images: UInt8[np.ndarray, "n height width channels"],
    labels: Int[np.ndarray, "n"] | None = None,
    draws: int = 1,
    *,
    progress: bool = False,
) -> Float[np.ndarray, "n draws"]:
    """log p(x, z) - log q(z | x), nats, for some z ~ q of each image: functions of its place and the draw's number."""
    if sampler.objective.log_weights is None:
        raise InputError("This model has no likelihood: its objective gives no log_weights.")
    place = np.arange(len(images), dtype=np.int32)
    label = np.zeros_like(place) if labels is None else np.asarray(labels, np.int32)
    weigh = Batched(_weigh(sampler.objective.log_weights), sampler.variables, sampler.chunk)
    numbers = tqdm(range(draws), desc="Drawing latents", unit="draw", disable=not progress)
    return np.stack([weigh(images, label, place, np.full_like(place, draw)) for draw in numbers], axis=1)


@functools.lru_cache(maxsize=4)
def _weigh(log_weights: Callable) -> Callable:
    def apply(variables: Variables, image: Array, label: Array, place: Array, draw: Array) -> Array:
        key = jax.random.key(0)
        keys = jax.vmap(lambda i, k: jax.random.fold_in(jax.random.fold_in(key, i), k))(place, draw)
        return log_weights(variables, {"image": image, "label": label}, keys)

    return apply


def importance_weighted(log_weights: Float[np.ndarray, "n draws"]) -> Float64[np.ndarray, "n"]:
    """log (1/K) Σ w_k, nats, a bound that rises to log p(x) with K (Burda et al. 2016, arXiv 1509.00519)."""
    return logsumexp(np.asarray(log_weights, np.float64), axis=1) - np.log(log_weights.shape[1])


def bits_per_dimension(nats: Nats, image_shape: tuple[int, ...]) -> Nats:
    """The bits that each value of an image costs at a log-likelihood in nats; of a discrete likelihood alone."""
    return -nats / (np.prod(image_shape) * np.log(2))
