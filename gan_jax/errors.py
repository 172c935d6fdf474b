"""Errors that are told to the user in one message, without a traceback."""


class InputError(ValueError):
    """A config key, file or argument that cannot be used: the scripts print its message and exit with status 2."""


class DivergedError(RuntimeError):
    """Too many updates in a row were not finite: a run stops and says which."""
