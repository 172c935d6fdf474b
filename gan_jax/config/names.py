"""What a name in a config means: in one of the package's rooms, or anywhere as `module:attribute`."""

import difflib
import functools
import importlib
import importlib.util
import pkgutil
import types
from collections.abc import Iterable
from typing import Any

from gan_jax.errors import InputError

MANY = 30  # names; of more than that a message shows the nearest


def lookup(name: str, package: str, key: str, side: str = "") -> Any:
    """What `name` means in `package`, or anywhere as `module:attribute`.

    A module stands for its `make`, and a loss with two sides for the one of the player `side`.
    """
    found = _find(name, package, key)
    if isinstance(found, types.ModuleType):
        found = _attribute(found, "make")
    sides = sides_of(found)
    if not side or not sides:
        return found
    if side not in sides:
        raise InputError(
            f"{key}.name = {name!r} is a game with the sides {' and '.join(sides)}, none of them {side!r}: "
            f"say side = {sides[0]!r} or {sides[-1]!r} in its section."
        )
    return getattr(found, side)


def sides_of(found: Any) -> tuple[str, ...]:
    """The sides of a loss that has several, a NamedTuple of functions; () of anything else."""
    is_game = isinstance(found, tuple) and hasattr(found, "_fields") and all(map(callable, found))
    return found._fields if is_game else ()


def _find(name: str, package: str, key: str) -> Any:
    module_name, colon, attribute = name.partition(":")
    if colon:
        try:
            module = importlib.import_module(module_name)
        except (ImportError, TypeError, ValueError) as error:  # the latter two of a name that is none
            raise InputError(f"{key}.name = {name!r} cannot be imported: {error}.") from error
        try:
            return _attribute(module, attribute)
        except AttributeError:
            public = public_names(module)
            raise InputError(
                f"{key}.name = {name!r}: {module_name} has no {attribute!r}. {suggest(attribute, public)}"
            ) from None
    found: Any = importlib.import_module(package)
    for part in name.split("."):
        public = sides_of(found) or public_names(found)
        if part not in public:
            where = getattr(found, "__name__", name)
            raise InputError(f"{key}.name = {name!r}: {where} has no {part!r}. {suggest(part, public)}")
        found = _attribute(found, part)
    return found


def _attribute(owner: Any, name: str) -> Any:
    first, _, rest = name.partition(".")
    if isinstance(owner, types.ModuleType) and not hasattr(owner, first):
        submodule = f"{owner.__name__}.{first}"
        if hasattr(owner, "__path__") and importlib.util.find_spec(submodule):
            module = importlib.import_module(submodule)
            return _attribute(module, rest) if rest else module
    return functools.reduce(getattr, name.split("."), owner)


def public_names(owner: Any) -> list[str]:
    """What a package or module offers to be named."""
    is_package = hasattr(owner, "__path__")
    home = owner.__name__.partition(".")[0] if is_package else owner.__name__  # packages show what their modules define
    ours = (name for name in dir(owner) if (getattr(getattr(owner, name), "__module__", "") or "").startswith(home))
    names = {name for name in ours if not name.startswith("_")} | set(getattr(owner, "__all__", ()))
    if is_package:
        names |= {module.name for module in pkgutil.iter_modules(owner.__path__)}
    return sorted(names)


def suggest(word: str, valid: Iterable[str]) -> str:
    """The names that there are, the one that may be meant first; of many those that are near alone."""
    valid = sorted(valid)
    close = difflib.get_close_matches(word, valid, n=5, cutoff=0.5)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    shown = valid if len(valid) <= MANY else close
    more = f", and {len(valid) - len(shown)} more" if len(valid) > len(shown) else ""
    return f"{guess}Valid: {', '.join(shown) or 'none'}{more}."
