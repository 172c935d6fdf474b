"""Errors that are told to the user in one message, without a traceback."""


class InputError(ValueError):
    """A config key, file or argument that cannot be used: the scripts print its message and exit with status 2."""


class DivergedError(RuntimeError):
    """Updates or images are not finite: the scripts print its message and exit with status 1."""
