"""In which order the places of a map are decided: by confidence (Chang et al. 2022), or as Halton's sequence has it."""

import math

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key


def hidden_counts(places: int, steps: int) -> list[int]:
    """How many places are still hidden after each step, by the cosine schedule; the last step leaves none."""
    counts, hidden = [], places
    for step in range(steps - 1):
        wanted = math.floor(places * math.cos(math.pi / 2 * (step + 1) / steps))
        hidden = max(1, min(hidden - 1, wanted))
        counts.append(hidden)
    return [*counts, 0]


def halton_order(height: int, width: int) -> Int[np.ndarray, "places"]:
    """The places of a map, row by row numbered, as a sequence that is spread out from the start (Besnier et al. 2025).

    Rows by the radical inverse in base 2, columns in base 3; a place that comes again is passed over.
    """
    order, number = dict(), 0
    while len(order) < height * width:
        number += 1
        row, column = int(_radical_inverse(number, 2) * height), int(_radical_inverse(number, 3) * width)
        order.setdefault(row * width + column)
    return np.array(list(order))


def _radical_inverse(number: int, base: int) -> float:
    value, scale = 0.0, 1.0
    while number:
        number, digit = divmod(number, base)
        scale /= base
        value += digit * scale
    return value


def least_confident(
    log_probability: Float[Array, "batch places"],
    known: Bool[Array, "batch places"],
    count: int,
    noise: float,
    keys: Key[Array, "batch"],
) -> Bool[Array, "batch places"]:
    """The `count` places to be hidden again: those with the least log-probability plus `noise` times a Gumbel draw."""
    gumbel = jax.vmap(lambda key: jax.random.gumbel(key, log_probability.shape[1:]))(keys)
    confidence = jnp.where(known, jnp.inf, log_probability + noise * gumbel)
    rank = jnp.argsort(jnp.argsort(confidence, axis=1), axis=1)
    return rank < count
