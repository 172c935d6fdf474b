"""Files of text, which are UTF-8, with a mark at their beginning or without."""

import os
from pathlib import Path

from gan_jax.errors import InputError


def decoded(data: bytes, origin: str) -> str:
    """The text; `origin` begins what is said of data that are none."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{origin} cannot be read: its line {line} is not UTF-8. Save the file as UTF-8, in a spreadsheet as CSV "
            "UTF-8, or bring it there by iconv -f WINDOWS-1252 -t UTF-8 OLD > NEW"
        ) from error


def read(path: str, origin: str) -> str:
    """The text of a file."""
    file = Path(os.path.expanduser(path))
    if file.exists() and not file.is_file():  # of a pipe or a device one would wait for ever
        raise InputError(f"{origin} cannot be read: it is no regular file")
    try:
        data = file.read_bytes()
    except OSError as error:
        raise InputError(f"{origin} cannot be read: {error.strerror}") from error
    return decoded(data, origin)
