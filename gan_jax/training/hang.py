"""A step that takes far longer than those before it leaves word of what every thread waits for."""

import faulthandler
import logging
import math
import statistics
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import jax

log = logging.getLogger(__name__)

TIMES, LEAST = 10, 300.0  # the median; seconds
REMEMBERED = 101  # steps
EVERY = 1.0  # seconds from look to look


def limit(durations: Sequence[float]) -> float:
    """The seconds that a step may take, by those of the steps before it; the first, which compiles, has no limit."""
    return max(LEAST, TIMES * statistics.median(durations)) if durations else math.inf


class Hang:
    """Looks at the clock while a run steps: where a step takes too long, once, all stacks go to `hang_PROCESS.txt`."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._durations: deque[float] = deque(maxlen=REMEMBERED)
        self._step, self._began = 0, math.inf  # as long as nothing has begun
        self._paused = self._told = False

    @contextmanager
    def watching(self, workdir: Path) -> Iterator[None]:
        """Looks from time to time, in a thread of its own, which runs while another waits for a device."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(EVERY):
                self.look(workdir / f"hang_{jax.process_index()}.txt")

        threading.Thread(target=watch, daemon=True).start()
        try:
            yield
        finally:
            ended.set()

    def begin(self, step: int) -> None:
        """The step after `step` begins, and the one before it is done."""
        now = self._clock()
        if self._began < now:
            self._durations.append(now - self._began)
        self._step, self._began, self._told = step, now, False

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Leaves out of a step's time what takes as long as it takes."""
        before = self._clock()
        self._paused = True
        try:
            yield
        finally:
            self._began += self._clock() - before
            self._paused = False

    def look(self, file: Path) -> None:
        """Writes the stacks where it is time to."""
        seconds = limit(list(self._durations))
        if self._paused or self._told or self._clock() - self._began <= seconds:
            return
        self._told = True
        with file.open("a") as stream:
            stream.write(f"The step after step {self._step} takes more than {seconds:.0f} s. All threads:\n")
            stream.flush()
            faulthandler.dump_traceback(stream, all_threads=True)
        log.warning(
            "The step after step %d takes more than %.0f s; what all threads wait for: %s", self._step, seconds, file
        )
