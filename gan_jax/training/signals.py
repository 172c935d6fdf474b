"""Stopping when asked to."""

import signal

import jax


class Signals:
    """Remembers SIGTERM and Ctrl-C until the loop can save; a second one takes effect at once.

    With several hosts it leaves both alone: JAX catches SIGTERM there and lets all of them stop at the same step.
    """

    def __init__(self) -> None:
        self.received = 0
        self._previous: dict[int, object] = {}

    def __enter__(self) -> "Signals":
        for number in (signal.SIGINT, signal.SIGTERM) if jax.process_count() == 1 else ():
            self._previous[number] = signal.signal(number, self._remember)
        return self

    def __exit__(self, *error: object) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _remember(self, number: int, frame: object) -> None:
        self.received = number
        signal.signal(number, self._previous[number])
