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
    return getattr(found, side, found) if side else found


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
        public = public_names(found)
        if part not in public:
            where = found.__name__
            raise InputError(f"{key}.name = {name!r}: {where} has no {part!r}. {suggest(part, public)}")
        found = _attribute(found, part)
    return found


def _attribute(owner: Any, name: str) -> Any:
    if isinstance(owner, types.ModuleType) and not hasattr(owner, name):
        submodule = f"{owner.__name__}.{name}"
        if hasattr(owner, "__path__") and importlib.util.find_spec(submodule):
            return importlib.import_module(submodule)
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
