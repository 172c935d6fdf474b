"""The best that a reward can ask for, drawn exactly: start * exp(r / beta) / Z, by rejection.

It is the maximum of E[r] - beta KL(now || start), so what a fine-tuned model reaches can be held against it. The share
of seeds that are accepted, E[exp(r / beta)] / exp(most / beta), says how far the model would have to go.
"""

from collections.abc import Callable
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Bool, Float, Int, UInt8

from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.losses.scoring import name_of, score
from gan_jax.sampling.sampler import Sampler

BLOCK = 256  # seeds at a time


class Tilted(NamedTuple):
    """Images of the tilted distribution."""

    seeds: Int[np.ndarray, "number"]  # that were accepted: `sampler(seeds)` gives the images again
    images: UInt8[np.ndarray, "number height width channels"]
    rewards: Float[np.ndarray, "number"]
    asked: int  # seeds, of which these were accepted


def tilted(sampler: Sampler, reward: Callable, *, beta: float, number: int, most: int = 100_000) -> Tilted:
    """The first `number` seeds of a model that are accepted with probability exp((r - the largest r) / beta).

    The largest reward is that of the seeds asked so far: exact where larger ones are not to be had.

    Raises:
        InputError: beta is not above 0, a reward is not finite, or of `most` seeds fewer are accepted.
    """
    if not beta > 0:
        raise InputError(f"beta = {beta} should be above 0.")
    if not 1 <= number <= most:
        raise InputError(f"number = {number} should be from 1 to most = {most}.")
    rewarded = jax.jit(lambda images: score(reward, from_uint8(images), {}))
    rewards = np.zeros(0, np.float32)
    while len(rewards) < most:
        seeds = np.arange(len(rewards), len(rewards) + BLOCK)
        rewards = np.concatenate([rewards, np.asarray(rewarded(sampler(seeds)))])
        if not np.isfinite(rewards).all():
            seed = int(np.flatnonzero(~np.isfinite(rewards))[0])
            raise InputError(f"{name_of(reward)} gives {rewards[seed]} for seed {seed}: it should be finite.")
        chosen = np.flatnonzero(accepted(rewards, beta))[:number]
        if len(chosen) == number:
            return Tilted(chosen, sampler(chosen), rewards[chosen], len(rewards))
    share = accepted(rewards, beta).mean()
    raise InputError(f"beta = {beta}: of {len(rewards)} seeds {share:.2%} are accepted, too few for {number} images.")


def accepted(rewards: Float[np.ndarray, "seeds"], beta: float) -> Bool[np.ndarray, "seeds"]:
    """Which seeds are, by a random number of each seed's own."""
    uniform = np.random.Generator(np.random.Philox(key=1)).random(len(rewards))
    return uniform < np.exp((rewards.astype(np.float64) - rewards.max()) / beta)
