"""Which of optax's names a config may take for an optimizer or a schedule, and why not the others.

optax offers parts of optimizers, losses and tools side by side with them. A part that is taken for an optimizer would
train without a word: most of them walk up the gradient. So a name is held to what its signature says it is.
"""

import inspect
from collections.abc import Mapping
from typing import Any

import optax

from gan_jax.config.names import lookup
from gan_jax.errors import InputError

PACKAGE = "optax"
_TRANSFORMATIONS = (optax.GradientTransformation, optax.GradientTransformationExtraArgs)
_NEEDS_LOSS = "it needs the value of the loss, which an optimizer is not given"
_PER_EXAMPLE = "it needs the gradient of every example, and is given their mean"
# Names whose reason or remedy is their own.
_REASONS = {
    **dict.fromkeys(("MultiSteps", "apply_every"), "micro_batches adds up the gradients of an update's parts"),
    **dict.fromkeys(("freeze", "set_to_zero", "masked"), "a player's `fixed` names the layers that do not learn"),
    **dict.fromkeys(("clip_by_global_norm", "per_example_global_norm_clip"), "a player's `clip_norm` clips gradients"),
    **dict.fromkeys(("scale_by_backtracking_linesearch", "scale_by_zoom_linesearch"), _NEEDS_LOSS),
    **dict.fromkeys(("polyak_sgd", "reduce_on_plateau", "scale_by_lbfgs", "scale_by_polyak"), _NEEDS_LOSS),
    "differentially_private_aggregate": _PER_EXAMPLE,
    "dpsgd": _PER_EXAMPLE,
    "sam": "it needs two gradients in an update, and the step takes one",
    "sophia": "it needs the loss as a function, which an optimizer is not given",
}
_SCHEDULE_REASONS = {
    "piecewise_constant_schedule": "its dict has whole numbers for keys, which those of a config cannot be; "
    "name gan_jax.schedules:piecewise_constant",
    "piecewise_interpolate_schedule": "its dict has whole numbers for keys, which those of a config cannot be",
    "join_schedules": "it takes functions, which a config cannot hold",
}


def check_optimizer(section: Any, key: str) -> None:
    """Refuses a section that names something of optax which is not an optimizer as a whole."""
    name = _name_in_optax(section)
    if not name:
        return
    target, short = lookup(name, PACKAGE, key), name.rpartition(".")[2]
    if short in _REASONS:
        reason = f"cannot be used: {_REASONS[short]}"
    elif _is_optimizer(target, short):
        return
    elif _returned(target) in _TRANSFORMATIONS or short.startswith("scale_by_"):
        reason = "is a part of an optimizer, not a whole one"
    else:
        reason = "is no optimizer"
    raise InputError(
        f"{key}.name = {name!r} {reason}. Name one that takes a learning_rate, such as 'adam', or a function of your "
        "own, module:attribute, that puts parts of optax together."
    )


def check_schedule(section: Any, key: str) -> None:
    """Refuses a section that names something of optax which gives no `step -> number`."""
    name = _name_in_optax(section)
    if not name:
        return
    target, short = lookup(name, PACKAGE, key), name.rpartition(".")[2]
    if short in _SCHEDULE_REASONS:
        reason = f"cannot be used: {_SCHEDULE_REASONS[short]}"
    elif _returned(target) == optax.Schedule:
        return
    else:
        reason = "is no schedule"
    raise InputError(
        f"{key}.name = {name!r} {reason}. Name a schedule, such as 'linear_schedule', or a function of your own, "
        "module:attribute, that returns step -> number."
    )


def _name_in_optax(section: Any) -> str:
    """The name without `optax:`; "" where it is of another module, or there is none, which is told elsewhere."""
    name = section.get("name") if isinstance(section, Mapping) else section
    if not isinstance(name, str):
        return ""
    module, colon, path = name.partition(":")
    if not colon:
        return name
    inner = module.removeprefix(PACKAGE).removeprefix(".")
    return f"{inner}.{path}".removeprefix(".") if module.split(".")[0] == PACKAGE else ""


def _is_optimizer(target: Any, name: str) -> bool:
    """Whether it takes a learning rate and gives a transformation, of which some do not say that they do."""
    whole = "learning_rate" in _parameters(target) and not name.startswith("scale_by_")
    return whole and _returned(target) in (*_TRANSFORMATIONS, inspect.Signature.empty)


def _signature(target: Any) -> inspect.Signature:
    try:
        return inspect.signature(target, eval_str=True)
    except (NameError, TypeError, ValueError):  # a type, a module, or nothing that can be called
        return inspect.Signature()


def _parameters(target: Any) -> Mapping[str, inspect.Parameter]:
    return {} if isinstance(target, type) else _signature(target).parameters


def _returned(target: Any) -> Any:
    return _signature(target).return_annotation
