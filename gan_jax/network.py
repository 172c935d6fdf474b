"""From a Flax module to a pair of pure functions: the one file that knows Flax's variable collections."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

import flax.linen as nn
import jax
from flax.errors import InvalidRngError

from gan_jax.errors import InputError
from gan_jax.types import Network, Variables

STATISTICS = ("batch_stats",)  # collections that belong to the parameters, and are averaged with them


def from_flax(module: nn.Module) -> Network:
    """Wraps a module that keeps what it updates in any collection but `params`.

    Its methods take `train: bool`, or do the same in training and after it. One that takes pictures of any size may say
    by a property `local` how far it looks.
    """

    def init(key: jax.Array, *inputs: Any, method: str | None = None) -> Variables:
        with _without_rngs():
            collections = dict(module.init(key, *inputs, **_mode(module, method, train=True), method=method))
        return Variables(params=collections.pop("params", {}), state=collections)

    def apply(variables: Variables, *inputs: Any, train: bool = False, method: str | None = None) -> tuple[Any, Any]:
        collections = {"params": variables.params, **variables.state}
        settings = dict(**_mode(module, method, train=train), method=method)
        with _without_rngs():
            if not train:
                return module.apply(collections, *inputs, **settings), variables.state
            outputs, updates = module.apply(collections, *inputs, **settings, mutable=list(variables.state))
        return outputs, {**variables.state, **updates}

    return Network(init, apply, getattr(module, "local", None))


def join(parts: Mapping[str, Variables]) -> Variables:
    """The variables of several networks as those of one player, by name; collections of state stay on top."""
    collections = sorted({collection for variables in parts.values() for collection in variables.state})
    state = {
        collection: {name: own.state[collection] for name, own in parts.items() if collection in own.state}
        for collection in collections
    }
    return Variables({name: own.params for name, own in parts.items()}, state)


def part(variables: Variables, name: str) -> Variables:
    """What `join` was given by that name."""
    state = {collection: trees[name] for collection, trees in variables.state.items() if name in trees}
    return Variables(variables.params[name], state)


_WATCHED: ContextVar[bool] = ContextVar("watched", default=False)


def watched() -> bool:
    """Whether somebody sees what layers give: then blocks must not be traced apart from the rest."""
    return _WATCHED.get()


@contextmanager
def layers_seen(see: Callable[[str, jax.Array], jax.Array]) -> Iterator[None]:
    """Calls `see(path, output)` after each layer that has a kernel, and goes on with what it returns."""

    def intercept(call: Callable, inputs: Any, settings: Any, context: nn.module.InterceptorContext) -> Any:
        output = call(*inputs, **settings)
        is_layer = context.method_name == "__call__" and context.module.has_variable("params", "kernel")
        return see("/".join(context.module.path), output) if is_layer and isinstance(output, jax.Array) else output

    token = _WATCHED.set(True)
    try:
        with nn.intercept_methods(intercept):
            yield
    finally:
        _WATCHED.reset(token)


def _mode(module: nn.Module, method: str | None, *, train: bool) -> dict[str, bool]:
    """The argument `train`, of a method that takes it."""
    if not hasattr(module, method or "__call__"):
        raise InputError(f"{type(module).__name__} has no method {method!r}, which the objective asks it for.")
    parameters = inspect.signature(getattr(module, method or "__call__")).parameters
    any_name = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    return {"train": train} if any_name or "train" in parameters else {}


@contextmanager
def _without_rngs() -> Iterator[None]:
    """Tells what to use in place of Flax's rngs, whose draws would depend on the shape of a batch."""
    try:
        yield
    except InvalidRngError as error:
        layer = str(error).partition(" (http")[0]
        raise InputError(
            f"{layer}, and Flax's rngs are not used: noise is drawn for each example, from keys or a latent that the "
            "network is given. gan_jax.nets.dropout is dropout of that kind."
        ) from error
