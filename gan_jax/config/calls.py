"""A config section is a call: `dict(name="r1", weight=10.0)` means `r1(weight=10.0)`.

`resolve` checks a section against the signature of the callable that it names and fills in every default;
`build` makes the call. Nothing below these two sees a config.
"""

import inspect
import math
import types
import typing
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

import jax.numpy as jnp

from gan_jax.bounds import OPTIMIZERS, Bounds, bounds_of
from gan_jax.config import optax_names, timing
from gan_jax.config.checks import check_finite, check_keys, check_type, plain
from gan_jax.config.names import lookup
from gan_jax.config.packages import PACKAGES
from gan_jax.errors import InputError
from gan_jax.schedules import Number, Scalar
from gan_jax.types import Facts, Role

# What a function is given while a run trains: one that begins so is bound to its settings, not called.
RUNTIME_ARGUMENTS = (
    *(("view",), ("images", "keys"), ("sampler", "data"), ("example", "random"), ("example",)),
    *(("images", "frozen"), ("images",), ("step",)),
)
NAMED_SETTINGS = ("against", "derive")  # settings that hold calls by names of the user's own
# Parameters that are not for a config to set, by the package of the section: what its calls are given beside it.
_SUPPLIED = {
    **{PACKAGES[kind]: {*Facts._fields, "facts"} for kind in ("augment", "likelihood", "network", "objective")},
    PACKAGES["frozen"]: {"kept"},
}

_PLAIN = (int, float, str)  # what is never called: an object may have methods instead, as `ada`


def _parameters(target: Any) -> dict[str, inspect.Parameter]:
    if not callable(target):  # a constant, such as a likelihood without settings
        return {}
    try:
        signature = inspect.signature(target, eval_str=True)
    except NameError:
        signature = inspect.signature(target)
    except (TypeError, ValueError):  # a type such as `dict`, which does not say what it takes
        return {}
    hidden = {"parent", "name", "self"} if _is_module(target) else {"self"}
    kinds = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return {k: p for k, p in signature.parameters.items() if k not in hidden and p.kind not in kinds}


def _is_module(target: Any) -> bool:
    """Whether it is a Flax module's class, whose fields an objective may give."""
    return isinstance(target, type) and hasattr(target, "init_with_output")


def _runtime_arguments(parameters: Mapping[str, inspect.Parameter]) -> tuple[str, ...]:
    names = tuple(parameters)
    return next((given for given in RUNTIME_ARGUMENTS if names[: len(given)] == given), ())


def resolve_arguments(
    section: Any,
    target: Any,
    key: str,
    package: str = "",
    extra: Iterable[str] = (),
    supplied: Collection[str] = (),
) -> dict[str, Any]:
    """Checks the arguments that a section gives to `target`, and adds the defaults of the others.

    `extra` names further keys, which belong to the caller; `supplied` are parameters that are not for a config to set.
    """
    parameters = _parameters(target)
    hidden = {*supplied, *_runtime_arguments(parameters)}
    parameters = {k: p for k, p in parameters.items() if k not in hidden and p.annotation is not Role}
    check_keys(section, [*parameters, *extra], key)
    resolved = {name: section[name] for name in extra if name in section}
    for name, parameter in parameters.items():
        inner = f"{key}.{name}".removeprefix(".")
        if name not in section:
            if _is_required(parameter) and not _is_module(target):
                raise InputError(f"{inner} is missing.")
            if name in NAMED_SETTINGS:
                resolved[name] = {}
            elif _is_plain(parameter.default):
                resolved[name] = parameter.default
        elif name in NAMED_SETTINGS:
            resolved[name] = {
                inner_name: resolve(call, f"{inner}.{inner_name}", PACKAGES[name])
                for inner_name, call in calls(section[name], inner).items()
            }
        elif isinstance(section[name], Mapping) and _takes_schedule(target, name, package):
            least = max((bound.least for bound in _bounds_of(parameter, package)), default=-math.inf)
            resolved[name] = _resolve_schedule(section[name], inner, least)
        elif _is_call(section[name], name, parameter.annotation, package):
            resolved[name] = resolve(section[name], inner, PACKAGES.get(name, package))
        else:
            value = section[name]
            if isinstance(value, Mapping) and not all(isinstance(key, str) for key in value):
                raise InputError(f"{inner} = {value!r}: the keys of a config are strings.")  # as they are in JSON
            check_finite(value, inner)
            if plain(parameter.annotation) is int and isinstance(value, float) and value.is_integer():  # 1e3 steps
                value = int(value)
            if parameter.annotation is not parameter.empty:
                check_type(value, parameter.annotation, inner)
            for bound in _bounds_of(parameter, package):
                bound.check(value, inner)
            resolved[name] = value
    return resolved


def _takes_schedule(target: Any, name: str, package: str) -> bool:
    """Whether the step uses the number: a setting that says so, or a setting of an optimizer or of a loss's function.

    Of an augmentation, and of what makes a loss (a class, or a function that returns a game), only settings that are
    annotated as a Scalar are: others may be read before the first step, where there is no schedule to ask.
    """
    parameters = _parameters(target)
    annotation, runtime = plain(parameters[name].annotation), _runtime_arguments(parameters)
    of_step = package == PACKAGES["optimizer"] or runtime == ("view",)
    of_loss = package == PACKAGES["losses"] and not runtime
    scalar = annotation == Scalar and (runtime == ("images", "keys") or of_loss)
    return (of_step and is_number(target, name)) or scalar or annotation == Number


def _bounds_of(parameter: inspect.Parameter, package: str) -> list[Bounds]:
    """What a number has to lie between, as its signature says, or as optimizers have it."""
    known = [OPTIMIZERS[parameter.name]] if package == PACKAGES["optimizer"] and parameter.name in OPTIMIZERS else []
    return known + bounds_of(parameter.annotation)


def _resolve_schedule(section: Mapping[str, Any], key: str, least: float) -> dict[str, Any]:
    optax_names.check_schedule(section, key)
    resolved = resolve(section, key, PACKAGES["schedule"])
    check_schedule(resolved, key, least)
    return resolved


def check_schedule(section: Mapping[str, Any], key: str, least: float = -math.inf) -> None:
    """Refuses a resolved section that gives no `step -> number`, going by what it gives at step 0."""
    warmup, end = section.get("warmup_steps"), section.get("decay_steps")
    if isinstance(warmup, int) and isinstance(end, int) and warmup >= end:
        raise InputError(
            f"{key}: warmup_steps = {warmup} should be below decay_steps = {end}, in which the warm-up is counted too."
        )
    try:
        schedule = build(section, key, PACKAGES["schedule"], {})
    except InputError:
        raise
    except Exception as error:  # whatever it is that was named
        raise InputError(f"{key}: {section['name']} cannot be made of these settings: {error}.") from error
    try:
        first = float(schedule(jnp.int32(0)))
    except Exception as error:  # whatever it is that was named
        reason = f"should give step -> number; at step 0 it fails: {error}"
        raise InputError(f"{key}: {section['name']} {reason}.") from error
    if not math.isfinite(first):
        raise InputError(f"{key}: {section['name']} gives {first} at step 0.")
    if first < least:
        raise InputError(f"{key}: {section['name']} gives {first} at step 0; it should be at least {least}.")


def _is_call(value: Any, name: str, annotation: Any, package: str) -> bool:
    """Whether a setting is a section, or should be one: a string is not, say, a source, though it has a length."""
    if isinstance(value, str):
        return name in PACKAGES and str not in (annotation, *typing.get_args(annotation))
    is_call = isinstance(value, Mapping) and (name in PACKAGES or ("name" in value and bool(package)))
    return is_call and plain(annotation) not in (bool, int, float, Number)


def calls(section: Any, key: str) -> Mapping[str, Any]:
    """The section as calls by names of the user's own, or an InputError."""
    if not isinstance(section, Mapping) or isinstance(section.get("name"), str):
        raise InputError(f"{key} = {section!r} should be dict(ANY_NAME=dict(name=..., ...), ...).")
    return section


def _is_required(parameter: inspect.Parameter) -> bool:
    return parameter.default is parameter.empty


def _is_plain(value: Any) -> bool:
    return (
        value is None
        or isinstance(value, (bool, int, float, str))
        or (isinstance(value, tuple) and type(value) is tuple and all(map(_is_plain, value)))
    )


def resolve(section: Any, key: str, package: str, extra: Iterable[str] = (), side: str = "") -> dict[str, Any]:
    """The section with every default of the callable that it names, or an InputError; a name alone is a section."""
    section = {"name": section} if isinstance(section, str) else section
    if not isinstance(section, Mapping) or not isinstance(section.get("name"), str):
        raise InputError(f"{key} = {section!r} should be dict(name=..., ...).")
    arguments = {name: value for name, value in section.items() if name != "name"}
    target = lookup(section["name"], package, key, side)
    return {
        "name": section["name"],
        **resolve_arguments(arguments, target, key, package, extra, _SUPPLIED.get(package, ())),
    }


def build(
    section: Mapping[str, Any],
    key: str,
    package: str,
    supplied: Mapping[str, Any],
    given: Mapping[str, Any] = types.MappingProxyType({}),
    side: str = "",
) -> Any:
    """Makes the call of a resolved section.

    `supplied` are values for the parameters of those names that the section does not set, `given` for those of which it
    has no say: what an objective tells its networks.
    """
    target = lookup(section["name"], package, key, side)
    if not callable(target):
        return target
    _, arguments = call_of(section, key, package, supplied, given, side)
    runtime = _runtime_arguments(_parameters(target))
    in_time = is_number if runtime else _is_scalar
    scheduled = {name: value for name, value in arguments.items() if callable(value) and in_time(target, name)}
    if runtime:
        return timing.bound(target, arguments, runtime, scheduled)
    return timing.made_at_each_step(target, arguments, scheduled) if scheduled else target(**arguments)


def call_of(
    section: Mapping[str, Any],
    key: str,
    package: str,
    supplied: Mapping[str, Any],
    given: Mapping[str, Any] = types.MappingProxyType({}),
    side: str = "",
) -> tuple[Any, dict[str, Any]]:
    """The callable that a resolved section names, and its arguments, those that are sections made."""
    target = lookup(section["name"], package, key, side)
    parameters = _parameters(target)
    arguments = {name: value for name, value in supplied.items() if name in parameters}
    for name, value in section.items():
        if name in parameters:
            timed = _takes_schedule(target, name, package)
            inner, within = f"{key}.{name}", PACKAGES["schedule"] if timed else PACKAGES.get(name, package)
            if name in NAMED_SETTINGS:
                value = {own: build(call, f"{inner}.{own}", within, supplied, given) for own, call in value.items()}
            elif isinstance(value, Mapping) and "name" in value:
                named, value = value["name"], build(value, inner, within, supplied, given)
                annotation = parameters[name].annotation
                if Callable in (annotation, *typing.get_args(annotation)) and isinstance(value, _PLAIN):
                    raise InputError(f"{inner}.name = {named!r}: it is {value!r:.99}, where a function is wanted.")
            arguments[name] = value
    for name in given:
        if name in parameters and name in section and section[name] != parameters[name].default:
            raise InputError(f"{key}.{name} = {section[name]!r}: the objective gives this itself, so leave it out.")
    arguments |= {name: value for name, value in given.items() if name in parameters}
    missing = [name for name, parameter in parameters.items() if _is_required(parameter) and name not in arguments]
    if missing and not _runtime_arguments(parameters):
        raise InputError(f"{key}.{missing[0]} is missing, and the objective does not give it.")
    return target, arguments


def _is_scalar(target: Any, name: str) -> bool:
    return plain(_parameters(target)[name].annotation) == Scalar


def is_number(target: Any, name: str) -> bool:
    """Whether a parameter is a number, in whose place a schedule can stand."""
    parameter = _parameters(target)[name]
    if parameter.annotation is parameter.empty:
        return isinstance(parameter.default, (int, float)) and not isinstance(parameter.default, bool)
    annotation = plain(parameter.annotation)
    return float in (annotation, *typing.get_args(annotation))
