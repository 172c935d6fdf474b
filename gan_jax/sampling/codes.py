"""What a model's first draw is made of, as draws of their own: its latent z, and its class as shares of all classes.

`z` gives the latent of a seed, `from_z` makes an output of one; `class` gives a label as shares of one and nothing,
`from_class` makes an output of any shares.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.nets.layers import shares
from gan_jax.sampling.requests import Request, option_parameters, resolve_options
from gan_jax.types import Batch, Condition, Draw, Objective


def with_codes(objective: Objective, facts: Mapping[str, Any], variables: Mapping[str, PyTree]) -> Objective:
    """The objective with the draws of its codes, where it has not draws of the same names.

    There is a z where the latent of the first draw has one leaf of numbers. What else it holds, such as the key of its
    noise, comes by seed in `from_z` as in the first draw: of one seed both make the same output. There is a class where
    the networks take shares in the place of labels, as all of the package do; of `variables` the shapes are looked at.
    """
    request = Request(objective, "", facts)
    label = request.conditions.get("label")
    made = _of_latent(request.draw)
    if label is not None and label.kind == "label":
        blended = _of_class(request.draw, label.size)
        made |= blended if _works(objective._replace(draws=blended), facts, variables) else {}
    return objective._replace(draws={**objective.draws, **made, **objective.draws})


def _works(objective: Objective, facts: Mapping[str, Any], variables: Mapping[str, PyTree]) -> bool:
    """Whether a network takes shares of classes."""
    request = Request(objective, "from_class", facts)
    try:
        request.outputs(variables, resolve_options(request.draw, {}))
    except Exception:  # whatever somebody's network says of floats where it looks for whole numbers
        return False
    return True


def _of_latent(first: Draw) -> dict[str, Draw]:
    if any(parameter.default is parameter.empty for parameter in option_parameters(first.latent).values()):
        return {}  # it cannot be drawn by seed alone
    leaves, tree = jax.tree.flatten(jax.eval_shape(first.latent, jax.random.split(rng.key(0), 1)))
    numbers = [place for place, leaf in enumerate(leaves) if jnp.issubdtype(leaf.dtype, jnp.floating)]
    if len(numbers) != 1:
        return {}
    [place] = numbers
    shape = leaves[place].shape[1:]

    def with_z(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition, **options: Any) -> Array:
        others = dict(condition)
        parts = jax.tree.leaves(latent)
        parts[place] = others.pop("z")
        return first.sample(variables, tree.unflatten(parts), others, **options)

    def the_rest(keys: Key[Array, "batch"]) -> PyTree:
        return first.latent(keys)  # without its options, which are those of numbers that are given here

    def asked_with(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {**first.condition(batch, keys), "z": jnp.zeros((len(keys), *shape))}

    def z_of(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Float[Array, "batch ..."]:
        del variables, condition
        return jax.tree.leaves(latent)[place]

    sample = _with_options(with_z, first.sample)
    return {
        "z": Draw(z_of, first.latent, output="z"),
        "from_z": Draw(sample, the_rest, asked_with, first.output, given=("z",), prepare=first.prepare),
    }


def _of_class(first: Draw, size: int) -> dict[str, Draw]:
    def with_class(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition, **options: Any) -> Array:
        others = dict(condition)
        return first.sample(variables, latent, {**others, "label": others.pop("class")}, **options)

    def asked_with(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        others = {name: values for name, values in first.condition(batch, keys).items() if name != "label"}
        return {**others, "class": jnp.zeros((len(keys), size))}

    def class_of(variables: Mapping[str, PyTree], latent: PyTree, condition: Condition) -> Array:
        del variables, latent
        return shares(condition["label"], size)

    def label_alone(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {"label": first.condition(batch, keys)["label"]}

    sample = _with_options(with_class, first.sample)
    return {
        "class": Draw(class_of, condition=label_alone, output="class"),
        "from_class": first._replace(sample=sample, condition=asked_with, given=("class",)),
    }


def _with_options(function: Callable, like: Callable) -> Callable:
    """The function, which hands its options on to one like it, with that one's signature: it says what there are."""
    function.__signature__ = inspect.signature(like, eval_str=True)
    return function
