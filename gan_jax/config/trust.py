"""Whose code a config may name: the user's own config any, one that came in a run's folder that of this package alone.

A name in a config is a call, and whoever wrote the config chose it. So the names of a config out of a folder are looked
up among what the package's rooms offer. Those of other modules are refused, unless the user has named the module
(`--plugins=my_lab`), and then have to be what their place in the config takes: a network, a loss, a source.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import optax
from flax import linen as nn

from gan_jax.config.names import lookup_public
from gan_jax.config.packages import PACKAGES
from gan_jax.data.sources import Source
from gan_jax.data.tokenizers import Recipe
from gan_jax.errors import InputError
from gan_jax.features import Features
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.types import Frozen, Network, Objective

_trusted: set[str] = set()

# Sections that hold calls by names of the user's own.
NAMED_SECTIONS = ("against", "derive", "evals", "frozen", "losses")

# The package's own schedules, which stand beside those of optax; as whole names, so that nothing else is let in.
SCHEDULES = ("gan_jax.schedules:cosine", "gan_jax.schedules:piecewise_constant")


def trust(modules: Iterable[str]) -> None:
    """From now on, in this process, configs of folders may name what is in these modules and in those inside them."""
    _trusted.update(modules)


class Named(NamedTuple):
    """A name of a config that is none of the package's."""

    key: str  # of its section
    place: str  # the kind of section, a key of PACKAGES
    name: str

    @property
    def module(self) -> str:
        """Where its code is."""
        return self.name.partition(":")[0]


def modules_of(config: Mapping[str, Any]) -> set[str]:
    """The modules of which a config names what is not the package's."""
    return {named.module for named in _named(config)}


def check(config: Mapping[str, Any], origin: str) -> None:
    """Refuses a config out of a folder, `origin`, that names what it may not; nothing of it has run by then."""
    found = list(_named(config))
    strange = sorted({named.module for named in found if not _is_trusted(named.module)})
    if strange:
        first = next(named for named in found if named.module in strange)
        raise InputError(
            f"{origin} asks for code of {', '.join(strange)} ({first.key}.name = {first.name!r}), which would run "
            f"here. If you know that code and trust it, say --plugins={','.join(strange)}."
        )
    for named in found:
        target = lookup_public(named.name, f"{origin}: {named.key}")
        if not TAKES[named.place](target):
            raise InputError(
                f"{origin}: {named.key}.name = {named.name!r} does not say that it belongs there, by its class, its "
                "arguments, or the annotation of what it returns; it is not called."
            )


def _named(section: Mapping[str, Any], key: str = "", place: str = "schedule") -> Iterator[Named]:
    name = section.get("name")
    if isinstance(name, str) and ":" in name and name not in SCHEDULES:
        yield Named(key, place, name)
    is_ours = key.rpartition(".")[2] not in NAMED_SECTIONS
    for part, value in section.items():
        if isinstance(value, Mapping):
            inner = part if part in PACKAGES and is_ours else place
            yield from _named(value, f"{key}.{part}".removeprefix("."), inner)


def _is_trusted(module: str) -> bool:
    return any(module == trusted or module.startswith(f"{trusted}.") for trusted in _trusted)


def _returns(*results: Any) -> Callable[[Any], bool]:
    """Whether something is a class of these, or a function that says that it returns one."""

    def fits(target: Any) -> bool:
        returned = target if isinstance(target, type) else _signature(target).return_annotation
        return any(
            returned is result
            or (isinstance(returned, type) and isinstance(result, type) and issubclass(returned, result))
            for result in results
        )

    return fits


def _takes(*arguments: str) -> Callable[[Any], bool]:
    """Whether something is a function whose first arguments have these names, or a class of such."""

    def fits(target: Any) -> bool:
        call = inspect.getattr_static(target, "__call__") if isinstance(target, type) else target
        names = [name for name in _signature(call).parameters if name != "self"]
        return tuple(names[: len(arguments)]) == arguments

    return fits


def _signature(target: Any) -> inspect.Signature:
    try:
        return inspect.signature(target, eval_str=True)
    except (NameError, TypeError, ValueError):  # an annotation that cannot be read, or nothing that can be called
        return inspect.Signature()


def _is_term(target: Any) -> bool:
    """Whether it is a loss, a game of several, or a number over time as losses have them."""
    is_game = isinstance(target, tuple) and len(target) > 0
    return all(map(_takes("view"), target)) if is_game else _takes("view")(target) or _in_optax(target)


def _is_augmentation(target: Any) -> bool:
    """Whether it changes images by their keys, or is a class that remembers how."""
    return _takes("images", "keys")(target) or (isinstance(target, type) and hasattr(target, "show"))


_in_optax = _returns(optax.GradientTransformation, optax.GradientTransformationExtraArgs, optax.Schedule)
_is_source = _returns(Source)

TAKES: dict[str, Callable[[Any], bool]] = {
    "against": _is_term,
    "augment": _is_augmentation,
    "derive": _takes("example"),
    "evals": _takes("sampler", "data"),
    "features": _returns(Features),
    "frozen": _returns(Frozen),
    "game": _is_term,
    "held_out": _is_source,
    "learning_rate": _in_optax,
    "likelihood": _returns(Likelihood),
    "losses": _is_term,
    "network": _returns(nn.Module, Network),
    "objective": _returns(Objective),
    "optimizer": _in_optax,
    "pipeline": _is_augmentation,
    "reward": _takes("images"),
    "schedule": _in_optax,
    "source": _is_source,
    "tokenizer": _returns(Recipe),
}
