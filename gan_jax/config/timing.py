"""Calls with settings that change over time: each is asked what it is at the step that it is used in."""

import functools
import operator
from collections.abc import Callable, Mapping
from typing import Any

from gan_jax.schedules import Schedule, at

Settings = Mapping[str, Any]
Scheduled = Mapping[str, Schedule]  # those of the settings that are schedules


def bound(target: Callable, settings: Settings, runtime: tuple[str, ...], scheduled: Scheduled) -> Callable:
    """A function of what a run gives it, with its settings; of images and keys it takes the step as well."""
    if runtime == ("images", "keys"):

        @functools.wraps(target)
        def augmentation(images: Any, keys: Any, step: Any = 0, **changes: Any) -> Any:
            return target(images, keys, **{**settings, **_now(scheduled, step), **changes})

        return augmentation
    if not scheduled or runtime != ("view",):
        return functools.partial(target, **settings) if settings else target

    @functools.wraps(target)
    def term(view: Any) -> Any:
        return target(view, **{**settings, **_now(scheduled, view.step)})

    return term


def made_at_each_step(target: Callable, settings: Settings, scheduled: Scheduled) -> Any:
    """A loss, or a game of several, that is made anew of what its settings are at the view's step."""

    def made(step: Any) -> Any:
        return target(**{**settings, **_now(scheduled, step)})

    def at_step(choose: Callable) -> Callable:
        return lambda view: choose(made(view.step))(view)

    first = made(0)
    if isinstance(first, tuple):
        return type(first)(*(at_step(operator.attrgetter(side)) for side in first._fields))
    term = at_step(lambda loss: loss)
    if hasattr(first, "init"):
        term.init = first.init
    return term


def _now(scheduled: Scheduled, step: Any) -> dict[str, Any]:
    return {name: at(value, step) for name, value in scheduled.items()}
