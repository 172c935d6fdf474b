"""Stopping when asked to."""

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import jax

from gan_jax.hosts import joined

log = logging.getLogger(__name__)


class _Interrupted(BaseException):
    """Leaves what a signal interrupts; no handler of other errors should stop it."""


class Signals:
    """Remembers SIGTERM and Ctrl-C until the loop can save; a second one takes effect at once.

    With several hosts a signal to any of them makes all stop after the same call. Hosts that somebody's own call of JAX
    has joined leave SIGTERM to JAX.
    """

    def __init__(self) -> None:
        self.received = 0
        self._interrupts = False
        self._previous: dict[int, object] = {}
        self._alone = jax.process_count() == 1

    def __enter__(self) -> "Signals":
        self._arrivals, self._arrived = os.pipe()
        os.set_blocking(self._arrived, False)
        threading.Thread(target=self._acknowledge, daemon=True).start()
        self._woken_before = signal.set_wakeup_fd(self._arrived, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM) if self._alone or joined.is_joined() else (signal.SIGINT,):
            self._previous[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)
        signal.set_wakeup_fd(self._woken_before)
        os.close(self._arrived)

    def stop(self, call: int) -> bool:
        """Whether the run stops after this call of the step, the same on every host; `call` counts 1, 2, 3, ..."""
        return bool(self.received) if self._alone else joined.stops_after(call)

    @property
    def now(self) -> bool:
        """Whether what can wait should be left out; not with several hosts, which must go on together."""
        return self._alone and bool(self.received)

    @contextmanager
    def interrupting(self) -> Iterator[None]:
        """Ends what is inside at a signal; but not one of several hosts alone."""
        try:
            self._interrupts = self._alone
            yield
            self._interrupts = False
        except _Interrupted:
            pass
        finally:
            self._interrupts = False

    def _remember(self, number: int, frame: object) -> None:
        self.received = number
        signal.signal(number, self._previous[number])
        if self._interrupts:
            raise _Interrupted

    def _acknowledge(self) -> None:
        """Says at once that a signal has come, to the other hosts too: Python's own handlers wait for the device."""
        with os.fdopen(self._arrivals, "rb", buffering=0) as arrivals:
            while arrived := arrivals.read(1):
                if arrived[0] in self._previous:
                    name = signal.Signals(arrived[0]).name
                    log.info("%s: stopping after the step in flight, and saving; once more stops at once.", name)
                    if not self._alone:
                        joined.stop()
