"""The standard streams and Ctrl-C: none that is closed, full or narrow ends in a traceback."""

import contextlib
import io
import os
import signal
import sys
from collections.abc import Iterator

from gan_jax.errors import InputError

INTERRUPTED = 130  # the exit status of what Ctrl-C stopped


class _Lenient(io.TextIOWrapper):
    """A stream for what is said by the way: what cannot be written is left out, and the work goes on."""

    def write(self, text: str) -> int:
        with contextlib.suppress(OSError):
            super().write(text)
        return len(text)

    def flush(self) -> None:
        with contextlib.suppress(OSError):
            super().flush()


def prepare() -> None:
    """Makes stdout and stderr such that whatever is written to them stops no work."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:  # closed: the next file to be opened would get its number, and what is printed with it
            os.open(os.devnull, os.O_RDWR)
    if sys.stdout is None:
        sys.stdout = io.TextIOWrapper(io.FileIO(1, "w", closefd=False), encoding="utf-8", write_through=True)
    elif sys.stdout is sys.__stdout__:
        sys.stdout.reconfigure(errors="backslashreplace")
    if sys.stderr is sys.__stderr__:
        encoding = "utf-8" if sys.stderr is None else sys.stderr.encoding
        raw = io.FileIO(2, "w", closefd=False)
        sys.stderr = _Lenient(raw, encoding=encoding, errors="backslashreplace", write_through=True)


def show(text: str) -> None:
    """Prints what was asked for; whoever reads it may have enough before its end, as `head` has."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        _discard_stdout()
    except OSError as error:
        _discard_stdout()
        raise InputError(f"What was asked for cannot be printed: {error.strerror}.") from error


def settle() -> None:
    """Writes out what is still to be printed, or Python would try as it ends, and complain."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_stdout()


def _discard_stdout() -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextlib.contextmanager
def importing() -> Iterator[None]:
    """Imports of what takes seconds: Ctrl-C ends the process at once, with nothing to clean up yet.

    As an exception it would come up in the middle of somebody's module, which may take it for an error of its own.
    """
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(INTERRUPTED))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.default_int_handler)
