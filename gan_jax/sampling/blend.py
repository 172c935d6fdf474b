"""One model between two of the same networks, by the means of their parameters (Wang et al. 2018, ESRGAN)."""

import copy
from functools import partial

import jax
import jax.numpy as jnp
from jaxtyping import Array, PyTree

from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler


def blended(sampler: Sampler, other: Sampler, share: float) -> Sampler:
    """The sampler with parameters a `share` of the way to those of another one: 0 is itself, 1 the other.

    All averaged networks are blended. A run that goes on from another (`init_from`) lies near enough to it for what is
    in between to be a network as good, such as the less true and the sharper one of super-resolution.
    """
    if not 0 <= share <= 1:
        raise InputError(f"A share of {share} should be at least 0 and at most 1.")
    variables = dict(sampler.variables)
    for name in sampler.objective.averaged:
        if name not in other.variables:
            raise InputError(f"{other.name} has no {name!r} to be blended with that of {sampler.name}.")
        ours, theirs = (_leaves(side.variables[name]) for side in (sampler, other))
        odd = [path for path in ours | theirs if _shape(ours, path) != _shape(theirs, path)]
        if odd:
            raise InputError(
                f"{other.name} has other networks than {sampler.name}, so they cannot be blended: {name}{odd[0]} is "
                f"{_shape(theirs, odd[0])} there and {_shape(ours, odd[0])} here."
            )
        mean = partial(_mean, share=share)
        variables[name] = jax.tree.map(mean, sampler.variables[name], other.variables[name])
    made = copy.copy(sampler)
    made.variables = variables
    made.origin = {**sampler.origin, "blend": f"{share:g} of {other.name}"}
    return made


def _mean(ours: Array, theirs: Array, share: float) -> Array:
    """Of floating-point numbers; anything else is ours."""
    return (1 - share) * ours + share * theirs if jnp.issubdtype(ours.dtype, jnp.floating) else ours


def _leaves(variables: PyTree) -> dict[str, Array]:
    return {jax.tree_util.keystr(path): leaf for path, leaf in jax.tree_util.tree_leaves_with_path(variables)}


def _shape(leaves: dict[str, Array], path: str) -> str:
    return str(list(leaves[path].shape)) if path in leaves else "missing"
