"""What a name in a config means: in one of the package's rooms, or anywhere as `module:attribute`."""

import importlib
import importlib.util
import pkgutil
import types
from typing import Any

from gan_jax.errors import InputError, nearest


def lookup(name: str, package: str, key: str, side: str = "") -> Any:
    """What `name` means in `package`, or anywhere as `module:attribute`.

    A module stands for its `make`, and a game of several sides for that of `side` (`take_side`).
    """
    return take_side(_made(_find(name, package, key), name, key), side, name, key)


def lookup_public(name: str, key: str) -> Any:
    """What `module:attribute` means, if the module is where it is from: what a module has imported is not its own."""
    return _made(_find(name, "", key, public=True), name, key)


def _made(found: Any, name: str, key: str) -> Any:
    if not isinstance(found, types.ModuleType):
        return found
    if not hasattr(found, "make"):
        raise InputError(f"{key}.name = {name!r} is a module without make. {nearest('', public_names(found))}")
    return found.make


def take_side(found: Any, side: str, name: str, key: str) -> Any:
    """The side of a game that a player plays; anything that is no game, and a game that nobody plays, as it is."""
    sides = _sides(found)
    if not side or not sides:
        return found
    if side not in sides:
        player = key.partition(".")[0]
        raise InputError(
            f"{key}.name = {name!r} has no side {side!r}. {nearest(side, sides)} Say by {player}.side which is meant."
        )
    return getattr(found, side)


def _sides(found: Any) -> tuple[str, ...]:
    """The sides of a game, a NamedTuple of functions; () of anything else."""
    is_game = isinstance(found, tuple) and hasattr(found, "_fields") and all(map(callable, found))
    return found._fields if is_game else ()


def _find(name: str, package: str, key: str, public: bool = False) -> Any:
    """Walks from the package, or the module before the colon, along the dots; in a package through public names."""
    module_name, colon, path = name.partition(":")
    if not colon:
        module_name, path = package, name
    try:
        found: Any = importlib.import_module(module_name)
    except (ImportError, TypeError, ValueError) as error:  # the latter two of a name that is none
        raise InputError(f"{key}.name = {name!r} cannot be imported: {error}.") from error
    where = module_name
    for part in path.split("."):
        valid = _sides(found) or public_names(found)
        try:
            if (public or not colon) and part not in valid:
                raise AttributeError(part)
            found = _attribute(found, part)
        except AttributeError:
            raise InputError(f"{key}.name = {name!r}: {where} has no {part!r}. {nearest(part, valid)}") from None
        where = f"{where}.{part}"
    return found


def _attribute(owner: Any, name: str) -> Any:
    """An attribute, or a module of a package that nobody has imported yet."""
    if hasattr(owner, "__path__") and not hasattr(owner, name):
        submodule = f"{owner.__name__}.{name}"
        if importlib.util.find_spec(submodule):
            return importlib.import_module(submodule)
    return getattr(owner, name)


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
