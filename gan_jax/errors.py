"""The one error that is the user's to repair."""


class InputError(ValueError):
    """A config key, file or argument that cannot be used: the scripts print its message and exit with status 2."""
