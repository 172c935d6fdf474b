"""What a value of a config has to be: a known key, of its parameter's type, finite, and within bounds."""

import math
import typing
from collections.abc import Iterable, Mapping
from typing import Any

from beartype import BeartypeConf
from beartype.door import is_bearable
from beartype.roar import BeartypeException

from gan_jax.errors import InputError, nearest
from gan_jax.schedules import Number, Scalar

_NUMBERS = BeartypeConf(is_pep484_tower=True)  # an int will do where a float is asked for


def check_keys(section: Any, valid: Iterable[str], key: str) -> None:
    """Refuses a section that is none, or has a key that is not among the valid ones."""
    if not isinstance(section, Mapping):
        raise InputError(f"{key} = {section!r} should be a section, dict(...).")
    valid = list(valid)
    for name in section:
        if name not in valid:
            value = "" if isinstance(section[name], Mapping) else f" = {section[name]!r}"
            raise InputError(f"{key}.{name}{value} is not a setting. {nearest(name, valid)}".removeprefix("."))


def check_finite(value: Any, key: str) -> None:
    """Refuses inf and nan, also inside other values."""
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, (tuple, list)) else ()
    for item in inner:
        check_finite(item, key)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(f"{key} = {value!r} is no finite number.")


def check_type(value: Any, annotation: Any, key: str) -> None:
    """Refuses a value that is not of the annotated type."""
    annotation = plain(annotation)
    annotation = float if annotation in (Number, Scalar) else annotation
    arguments = typing.get_args(annotation)
    if isinstance(value, tuple) and typing.get_origin(annotation) is tuple and arguments[1:] == (...,):
        for item in value:  # of which beartype would look at one
            check_type(item, arguments[0], key)
        return
    wrong_bool = isinstance(value, bool) and annotation in (int, float)
    try:
        right = not wrong_bool and is_bearable(value, annotation, conf=_NUMBERS)
    except BeartypeException:  # somebody's annotation that is no type
        right = True
    if not right:
        if typing.get_origin(annotation) is typing.Literal:
            raise InputError(f"{key} = {value!r} is unknown. {nearest(str(value), typing.get_args(annotation))}")
        wanted = annotation.__name__ if isinstance(annotation, type) else str(annotation).replace("typing.", "")
        raise InputError(f"{key} = {value!r} should be of type {wanted}{_written(value, annotation)}.")


def _written(value: Any, annotation: Any) -> str:
    """How a tuple of such values is written, where the value alone was given."""
    for choice in (annotation, *typing.get_args(annotation)):
        items = typing.get_args(choice)
        if typing.get_origin(choice) is tuple and is_bearable(value, items[0], conf=_NUMBERS):
            return f", such as {(value,) * (1 if items[1:] == (...,) else len(items))!r}"
    return ""


def plain(annotation: Any) -> Any:
    """A type without its bounds."""
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation
