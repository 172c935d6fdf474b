"""A player's optimizer: that of optax which its config names, with clipping, schedules and layers held fixed."""

from collections.abc import Iterable, Mapping
from typing import Any

import jax
import optax
from jaxtyping import PyTree

from gan_jax import paths
from gan_jax.config.calls import call_of, is_number
from gan_jax.config.packages import PACKAGES
from gan_jax.errors import InputError, nearest, told_always


def make(section: Mapping[str, Any], player: str) -> optax.GradientTransformation:
    """From a player's resolved section.

    A schedule of the optimizer is a function of the player's updates, as optax has it: of `repeats` in a step each
    counts. Its other numbers stay plain numbers.
    """
    optimizer = _named(section["optimizer"], f"{player}.optimizer")
    if section["clip_norm"]:
        optimizer = optax.chain(_clip(section, player), optimizer)
    if section["fixed"]:
        optimizer = optax.multi_transform({"free": optimizer, "fixed": optax.set_to_zero()}, _labels(section["fixed"]))
    return optimizer


def _named(section: Mapping[str, Any], key: str) -> optax.GradientTransformation:
    """The optimizer that a section names, whose failures are told with it."""
    name = section["name"]
    target, arguments = call_of(section, key, PACKAGES["optimizer"], {})
    scheduled = [name for name, value in arguments.items() if callable(value) and is_number(target, name)]
    with told_always(key, f"{name} cannot be made of these settings"):
        if set(scheduled) - {"learning_rate"}:  # of which optimizers take a schedule by themselves
            fixed = [name for name in arguments if name not in scheduled]
            optimizer = optax.inject_hyperparams(target, static_args=fixed)(**arguments)
        else:
            optimizer = target(**arguments)
    if not isinstance(optimizer, optax.GradientTransformation):
        raise InputError(f"{key}: {name} should return an optax.GradientTransformation, not {optimizer!r}.")

    def init(params: PyTree) -> optax.OptState:
        with told_always(key, f"{name} cannot begin with the parameters of this network"):
            return optimizer.init(params)

    def update(gradients: PyTree, state: optax.OptState, params: PyTree | None = None) -> tuple[PyTree, optax.OptState]:
        with told_always(key, f"{name} is given gradients and parameters, nothing else such as the loss, and fails"):
            return optimizer.update(gradients, state, params)

    return optax.GradientTransformation(init, update)


def _clip(section: Mapping[str, Any], player: str) -> optax.GradientTransformation:
    bound = section["clip_norm"]
    if not isinstance(bound, Mapping):
        return optax.clip_by_global_norm(bound)
    schedule, arguments = call_of(bound, f"{player}.clip_norm", PACKAGES["schedule"], {})
    return optax.inject_hyperparams(optax.clip_by_global_norm)(max_norm=schedule(**arguments))


def _labels(fixed: Iterable[str]) -> Any:
    def label(params: PyTree) -> PyTree:
        return jax.tree_util.tree_map_with_path(
            lambda path, _: "fixed" if any(_below(paths.name(path), prefix) for prefix in fixed) else "free", params
        )

    return label


def check_fixed(fixed: Iterable[str], params: PyTree, key: str) -> None:
    """Refuses beginnings of paths at which the parameters have nothing."""
    names = list(paths.by_name(params))
    for prefix in fixed:
        if not any(_below(name, prefix) for name in names):
            depth = prefix.count("/") + 1
            there = {"/".join(name.split("/")[:depth]) for name in names}
            raise InputError(f"{key}: there are no parameters below {prefix!r}. {nearest(prefix, there)}")


def _below(name: str, prefix: str) -> bool:
    return name == prefix or name.startswith(prefix + "/")
