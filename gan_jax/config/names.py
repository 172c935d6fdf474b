"""What a name in a config means: in one of the package's rooms, or anywhere as `module:attribute`."""

import importlib
import importlib.util
import types
from typing import Any

from gan_jax.config.offered import offered, public_names
from gan_jax.errors import InputError, nearest, told_of


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
        raise InputError(f"{key}.name = {name!r} is a module without make. {nearest('', offered(found))}")
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
    found = _imported(module_name, name, key)
    where = module_name
    parts = path.split(".")
    for depth, part in enumerate(parts):
        valid = _sides(found) or public_names(found)
        try:
            if (public or not colon) and part not in valid:
                raise AttributeError(part)
            found = _attribute(found, part, name, key)
        except AttributeError:
            if not colon and depth == 0 and _is_own(name):
                own = ":".join(name.rsplit(".", 1))
                hint = f"Names of one's own are written module:attribute, {own!r}."
            else:
                valid = _sides(found) or offered(found) or valid
                hint = nearest(".".join(parts[depth:]) if depth == 0 else part, valid)
            raise InputError(f"{key}.name = {name!r}: {where} has no {part!r}. {hint}") from None
        where = f"{where}.{part}"
    return found


def _attribute(owner: Any, part: str, name: str, key: str) -> Any:
    """An attribute, or a module of a package that nobody has imported yet."""
    if hasattr(owner, "__path__") and not hasattr(owner, part):
        submodule = f"{owner.__name__}.{part}"
        if importlib.util.find_spec(submodule):
            return _imported(submodule, name, key)
    return getattr(owner, part)


def _imported(module: str, name: str, key: str) -> Any:
    """The module; whatever goes wrong in somebody's own is told with its file and line."""
    section = f"{key}.name = {name!r}"
    try:
        with told_of(section):
            return importlib.import_module(module)
    except InputError:
        raise
    except SyntaxError as error:  # which has no line of its own in the traceback
        raise InputError(f"{section}: {error.filename}, line {error.lineno}: SyntaxError: {error.msg}.") from error
    except SystemExit as error:
        raise InputError(f"{section} cannot be imported: {module} ends the process, as a script does.") from error
    except Exception as error:  # also of a name that is none
        raise InputError(f"{section} cannot be imported: {error}.") from error


def _is_own(name: str) -> bool:
    """Whether a name without a colon begins with a module outside the package, so that a colon was forgotten."""
    module, dot, _ = name.partition(".")
    return bool(dot) and module.isidentifier() and importlib.util.find_spec(module) is not None
