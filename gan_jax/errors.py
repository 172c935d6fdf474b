"""Errors that are told to the user in one message, without a traceback."""

import difflib
import sysconfig
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

MANY = 80  # names; of more than that a message shows the nearest
LIBRARIES = ("beartype", "flax", "jax", "jaxlib", "jaxtyping", "ml_dtypes", "numpy", "optax", "scipy", "tqdm")


def printable(text: str) -> str:
    """The text on one line, with all that a terminal obeys or cannot show written as an escape.

    Names of files, keys and columns come from outside, and may hold control characters, line ends, marks that turn
    the direction of writing, and halves of characters.
    """
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class _ToldError(Exception):
    """An error whose message is for a terminal: one line for each argument that it is made of."""

    def __str__(self) -> str:
        return "\n".join(printable(str(line)) for line in self.args)


class InputError(_ToldError, ValueError):
    """A config key, file or argument that cannot be used: the scripts print its message and exit with status 2."""


class DivergedError(_ToldError, RuntimeError):
    """Updates or images are not finite: the scripts print its message and exit with status 1."""


class HostsError(RuntimeError):
    """Another host is gone or late: the scripts print its message and exit with status 75, which means try again."""


@contextmanager
def told_always(section: str, what: str) -> Iterator[None]:
    """Tells any failure as an InputError: as `told_of` does, and else `what` fails, and the error."""
    try:
        with told_of(section):
            yield
    except (InputError, DivergedError, HostsError):
        raise
    except Exception as error:
        raise InputError(*f"{section}: {what}: {error}".splitlines()) from error


@contextmanager
def told_of(section: str, *given: Any) -> Iterator[None]:
    """Tells what goes wrong in somebody's own function as an InputError: the section, the file and line, and the error.

    `given` is what the function was given: where it asks one of these for a field or a column that is not there, those
    that there are are named. Errors in which no file of one's own has a part stay as they are.
    """
    try:
        yield
    except (InputError, DivergedError, HostsError):
        raise
    except Exception as error:
        place = _own_line(error)
        if place is None:
            raise
        message = f"{section}: {place}: {type(error).__name__}: {error}{_hint(error, given)}"
        raise InputError(*message.splitlines()) from error


def nearest(word: str, valid: Iterable[str]) -> str:
    """The names that there are, the one that may be meant first; of many those that are near alone."""
    valid = sorted(valid)
    close = difflib.get_close_matches(word, valid, n=5, cutoff=0.5)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    shown = valid if len(valid) <= MANY else close
    if valid and not shown:
        return f"None of the {len(valid)} names that there are is like it."
    more = f", and {len(valid) - len(shown)} more" if len(valid) > len(shown) else ""
    return f"{guess}Valid: {', '.join(shown) or 'none'}{more}."


def _own_line(error: BaseException) -> str | None:
    """The innermost line in a file that is neither ours nor a library's."""
    packages = Path(sysconfig.get_path("purelib"))
    libraries = [Path(__file__).parent, *(packages / name for name in LIBRARIES)]
    standard = Path(sysconfig.get_path("stdlib"))

    def is_own(file: Path) -> bool:
        if file.is_relative_to(standard) and not file.is_relative_to(packages):
            return False
        return file.is_absolute() and not any(file.is_relative_to(place) for place in libraries)

    frames = reversed(traceback.extract_tb(error.__traceback__))
    frame = next((frame for frame in frames if is_own(Path(frame.filename))), None)
    return f"{frame.filename}, line {frame.lineno}, in {frame.name}" if frame else None


def _hint(error: Exception, given: Iterable[Any]) -> str:
    if isinstance(error, (TypeError, AttributeError)) and "NoneType" in str(error) and any(x is None for x in given):
        return ". An input of it is None: a label is there if data.source has labels and the objective is conditional"
    if isinstance(error, AttributeError):
        for thing in given:
            if thing is error.obj and is_dataclass(thing):
                return f". {nearest(error.name, [name for name in dir(thing) if not name.startswith('_')])}"
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        for columns in (value for thing in given for value in _mappings(thing)):
            if error.args[0] not in columns:
                return f". {nearest(error.args[0], columns)}"
    return ""


def _mappings(thing: Any) -> list[Mapping[str, Any]]:
    """Of a View the batch first, which is the one with names of the user's own."""
    fields = (getattr(thing, "batch", None), *vars(thing).values()) if is_dataclass(thing) else (thing,)
    return [field for field in fields if isinstance(field, Mapping)]
