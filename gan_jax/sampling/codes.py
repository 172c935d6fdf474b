"""The latent of a model as a draw: `z` gives it by seed, and `from_z` makes an output of one that is given."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.types import Batch, Condition, Draw, Objective


def with_latents(objective: Objective) -> Objective:
    """The objective with the draws `z` and `from_z`, where the latent of its first draw has one leaf of numbers.

    What else that latent holds, such as the key of its noise, comes by seed in `from_z` as in the first draw: of one
    seed both make the same output. An objective that has draws of these names keeps its own.
    """
    first = next(iter(objective.draws.values()))
    if any(parameter.default is parameter.empty for parameter in _options(first.latent)):
        return objective  # it cannot be drawn by seed alone
    leaves, tree = jax.tree.flatten(jax.eval_shape(first.latent, jax.random.split(rng.key(0), 1)))
    numbers = [place for place, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    if len(numbers) != 1:
        return objective
    [place] = numbers
    shape = leaves[place].shape[1:]

    def from_latent(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition, **options: Any) -> Array:
        """The output of a latent `z` [B, ...]."""
        others = dict(condition)
        parts = jax.tree.leaves(latent)
        parts[place] = others.pop("z")
        return first.sample(variables, tree.unflatten(parts), others, **options)

    from_latent.__signature__ = inspect.signature(first.sample, eval_str=True)  # which says what options there are

    def with_z(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {**first.condition(batch, keys), "z": jnp.zeros((len(keys), *shape))}

    def the_rest(keys: Key[Array, "batch"]) -> PyTree:
        return first.latent(keys)  # without its options, which are those of numbers that are given here

    def numbers_of(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Float[Array, "batch ..."]:
        """The numbers of the latent."""
        del variables, condition
        return jax.tree.leaves(latent)[place]

    made = {
        "z": Draw(numbers_of, first.latent, output="z"),
        "from_z": Draw(from_latent, the_rest, with_z, first.output, given=("z",)),
    }
    return objective._replace(draws={**objective.draws, **made, **objective.draws})


def _options(function: Callable) -> list[inspect.Parameter]:
    parameters = inspect.signature(function, eval_str=True).parameters.values()
    return [parameter for parameter in parameters if parameter.kind is parameter.KEYWORD_ONLY]
