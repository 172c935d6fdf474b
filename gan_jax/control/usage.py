"""Which numbers of a latent a model makes use of."""

import numpy as np
from jaxtyping import Float, Integer

from gan_jax.control.spaces import Space
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler

EXAMPLES = 256  # of the data, over which the divergence is averaged
MOST = 10  # latents that are shown where nobody says which


def most_used(sampler: Sampler, space: Space) -> Integer[np.ndarray, "k"]:
    """The ten latents that are used most, by `divergence`; of a model that does not encode the first ten."""
    if "kl" not in sampler.objective.draws:
        return np.arange(min(MOST, int(np.prod(space.shape))))
    return np.argsort(-divergence(sampler), kind="stable")[:MOST]


def divergence(sampler: Sampler) -> Float[np.ndarray, "latents"]:
    """The mean KL of the posterior of each number of z from its prior, nats: near 0 where it is not used."""
    try:
        count = min(EXAMPLES, len(sampler.data))
    except InputError as error:
        raise InputError(
            f"--traverse: latents are ranked by the run's data; name them, --traverse=0-9 ({error})"
        ) from error
    return sampler(range(count), draw="kl").reshape(count, -1).mean(axis=0)
