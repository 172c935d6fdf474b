"""Errors that are told to the user in one message, without a traceback."""

from collections.abc import Iterator
from contextlib import contextmanager


class InputError(ValueError):
    """A config key, file or argument that cannot be used: the scripts print its message and exit with status 2."""


class DivergedError(RuntimeError):
    """Updates or images are not finite: the scripts print its message and exit with status 1."""


@contextmanager
def told_of(section: str) -> Iterator[None]:
    """Turns what goes wrong inside a function of somebody's own into an InputError that says in which section."""
    try:
        yield
    except (InputError, DivergedError):
        raise
    except Exception as error:
        raise InputError(f"{section}: {type(error).__name__}: {error}") from error
