"""What the rooms of the package, and those of others, offer to a config: the names that are listed and suggested."""

import importlib
import inspect
import pkgutil
import types
from collections.abc import Mapping
from typing import Any

OURS = __name__.partition(".")[0]
NETWORKS = f"{OURS}.nets"
WHOLE = (  # networks, and not the layers of one
    *("Generator", "Discriminator", "VAE", "Encoder", "Decoder", "Coder"),
    *("Gaussian", "LowRank", "Shift"),
)


def offered(room: Any) -> Mapping[str, Any]:
    """What a config is meant to name of a room, by name: its functions and files of a `make`, not what helps them."""
    if not isinstance(room, types.ModuleType):
        return {}
    if room.__name__.partition(".")[0] != OURS:
        return {name: value for name, value in vars(room).items() if _is_function(name, value)}
    if room.__name__ == NETWORKS:
        return _networks(room)
    found = {}
    for name in public_names(room):
        value = getattr(room, name, None) or importlib.import_module(f"{room.__name__}.{name}")
        if isinstance(value, types.ModuleType):
            if hasattr(value, "make"):
                found[name] = value.make
        elif name.islower() and getattr(value, "__module__", room.__name__).startswith(room.__name__):
            found[name] = value
    return found


def _networks(room: types.ModuleType) -> dict[str, Any]:
    return {
        f"{module}.{name}": value
        for module in public_names(room)
        for name, value in vars(importlib.import_module(f"{room.__name__}.{module}")).items()
        if inspect.isclass(value) and hasattr(value, "init_with_output")
        if value.__module__ == f"{room.__name__}.{module}" and name in WHOLE
    }


def _is_function(name: str, value: Any) -> bool:
    return name.islower() and not name.startswith("_") and callable(value)


def public_names(owner: Any) -> list[str]:
    """What a package or module offers to be named; nothing of anything else."""
    if not isinstance(owner, types.ModuleType):
        return []
    is_package = hasattr(owner, "__path__")
    home = owner.__name__.partition(".")[0] if is_package else owner.__name__  # packages show what their modules define
    ours = (name for name in dir(owner) if (getattr(getattr(owner, name), "__module__", "") or "").startswith(home))
    names = {name for name in ours if not name.startswith("_")} | set(getattr(owner, "__all__", ()))
    if is_package:
        names |= {module.name for module in pkgutil.iter_modules(owner.__path__)}
    return sorted(names)
