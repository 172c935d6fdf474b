"""Reading what the device tells, a few calls behind it, so that neither waits for the other."""

import logging
import math
import time
from collections import deque
from collections.abc import Mapping, Sequence
from itertools import pairwise

import jax
import numpy as np

from gan_jax.errors import DivergedError, InputError
from gan_jax.training.parallel import Report
from gan_jax.training.reporting import Reporter

log = logging.getLogger(__name__)

CALLS_BEHIND = 8
QUEUED = 1.0  # seconds of work that the device has ahead of it: a run that is told to stop ends after these

REASONS = {"skipped": "were not finite", "skipped_large": "had a gradient above skip_norm"}  # by metric of a player

Window = Mapping[str, Sequence[float]]  # of the steps since the last report: a metric's total and count


class Watch:
    """Averages the metrics of the steps between two reports, and stops a run that has diverged."""

    def __init__(
        self,
        metrics: Sequence[str],
        players: Sequence[str],
        every: int,
        max_skipped: int,
        reporter: Reporter,
        step: int,
        window: Window | None = None,
    ) -> None:
        self._metrics, self._players = sorted(metrics), sorted(players)
        self._order = list(players)  # in which they update
        self._every, self._max_skipped, self._reporter, self._step = every, max_skipped, reporter, step
        self._pending: deque[tuple[int, Report]] = deque()
        self._told_at: deque[float] = deque(maxlen=CALLS_BEHIND + 1)
        self._total = np.array([(window or {}).get(name, (0.0, 0.0)) for name in self._metrics])
        self._skipped = np.zeros(len(players), int)  # updates in a row
        self._last: dict[str, float] = {}  # totals of the metrics in the last call

    def tell(self, step: int, report: Report) -> None:
        """Takes the report of the call that ended with this step."""
        self._pending.append((step, report))
        while len(self._pending) > self._behind:
            self._read()
        self._told_at.append(time.monotonic())

    def catch_up(self) -> None:
        """Waits for the device."""
        while self._pending:
            self._read()

    def finish(self) -> None:
        """Reports what is left since the last report."""
        self.catch_up()
        if self._total.any():
            self._report(self._step)

    @property
    def window(self) -> dict[str, list[float]]:
        """What a checkpoint keeps, so that the next report is of all steps since the last, whoever made them."""
        return {name: pair.tolist() for name, pair in zip(self._metrics, self._total, strict=True) if pair.any()}

    @property
    def skipping(self) -> list[str]:
        """The players whose last update was not finite; one that was too large says nothing against the parameters."""
        return [player for player in self._order if self._in_a_row(player) and self._last.get(f"{player}/skipped", 0)]

    def _in_a_row(self, player: str) -> int:
        return int(self._skipped[self._players.index(player)])

    def _read(self) -> None:
        step, report = self._pending.popleft()
        means, self._skipped, unlike = jax.device_get(report)
        if unlike.any():
            raise InputError(
                f"{self._players[unlike.argmax()]}: after step {step} its parameters, its network's state or a term's "
                "memory differ between devices. Under pmap and shard_map they have to be computed of means "
                "(`batch_mean`) or of all examples (`gather`, of gan_jax.losses.views); under 'jit' they need neither."
            )
        self._total += means
        self._last = dict(zip(self._metrics, means[:, 0], strict=True))
        if self._skipped.max() >= self._max_skipped:
            raise DivergedError(self._message(step))
        self._reporter.advance(step)
        if step // self._every > self._step // self._every:
            self._report(step)
        self._step = step

    @property
    def _behind(self) -> int:
        """So many calls as take a second, going by the longest of the last ones."""
        seconds = max((b - a for a, b in pairwise(self._told_at)), default=math.inf)
        return min(CALLS_BEHIND, int(QUEUED / max(seconds, 1e-9)))

    def _report(self, step: int) -> None:
        self._reporter.metrics(step, self._averages())
        for name, (skipped, _) in zip(self._metrics, self._total, strict=True):
            player, _, metric = name.partition("/")
            if metric in REASONS and skipped:
                reason = REASONS[metric]
                log.warning("Up to step %d, %d updates of %s %s and were skipped.", step, skipped, player, reason)
        self._total[:] = 0

    def _averages(self) -> dict[str, float]:
        return {
            name: float(total / count)
            for name, (total, count) in zip(self._metrics, self._total, strict=True)
            if count > 0
        }

    def _message(self, step: int) -> str:
        """Names the player that has not updated for longest, of those the first in a step: the others follow it."""
        player = max(self._order, key=self._in_a_row)
        count = self._in_a_row(player)
        if self._last.get(f"{player}/skipped_large", 0):
            return (
                f"The last {count} updates of {player} up to step {step} were skipped, the last for a gradient of norm "
                f"{self._last[f'{player}/gradient_norm']:.4g}. Begin anew in another workdir with a higher "
                f"{player}.skip_norm or a lower {player}.optimizer.learning_rate; a player's init_from begins with "
                "what a checkpoint has."
            )
        terms = [name for name, x in self._last.items() if name.startswith(f"{player}/") and not np.isfinite(x)]
        what = f"not finite now: {', '.join(terms)}" if terms else "its parameters would not be finite"
        return (
            f"The last {count} updates of {player} up to step {step} were not finite and were skipped; {what}. The "
            f"checkpoints are from before. Begin anew in another workdir with a lower {player}.optimizer.learning_rate "
            f"or with {player}.clip_norm; a player's init_from begins with what a checkpoint has."
        )
