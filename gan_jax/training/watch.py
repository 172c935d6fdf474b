"""Reading what the device tells, a few calls behind it, so that neither waits for the other."""

from collections import deque
from collections.abc import Sequence

import jax
import numpy as np

from gan_jax.errors import DivergedError
from gan_jax.training.parallel import Report
from gan_jax.training.reporting import Reporter

CALLS_BEHIND = 8


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
    ) -> None:
        self._metrics, self._players = sorted(metrics), sorted(players)
        self._every, self._max_skipped, self._reporter, self._step = every, max_skipped, reporter, step
        self._pending: deque[tuple[int, Report]] = deque()
        self._total = np.zeros((len(metrics), 2))

    def tell(self, step: int, report: Report) -> None:
        """Takes the report of the call that ended with this step."""
        self._pending.append((step, report))
        while len(self._pending) > CALLS_BEHIND:
            self._read()

    def catch_up(self) -> None:
        """Waits for the device."""
        while self._pending:
            self._read()

    def finish(self) -> None:
        """Reports what is left since the last report."""
        self.catch_up()
        if self._total.any():
            self._reporter.metrics(self._step, self._averages())
            self._total[:] = 0

    def _read(self) -> None:
        step, report = self._pending.popleft()
        means, skipped = jax.device_get(report)
        self._total += means
        for player, count in zip(self._players, skipped, strict=True):
            if count >= self._max_skipped:
                raise DivergedError(self._message(step, player, int(count), means))
        self._reporter.advance(step)
        if step // self._every > self._step // self._every:
            self._reporter.metrics(step, self._averages())
            self._total[:] = 0
        self._step = step

    def _averages(self) -> dict[str, float]:
        return {
            name: float(total / count)
            for name, (total, count) in zip(self._metrics, self._total, strict=True)
            if count > 0
        }

    def _message(self, step: int, player: str, count: int, means: np.ndarray) -> str:
        totals = zip(self._metrics, means[:, 0], strict=True)
        terms = [name for name, total in totals if name.startswith(f"{player}/") and not np.isfinite(total)]
        return (
            f"The last {count} updates of {player} up to step {step} were not finite and were skipped; "
            f"not finite now: {', '.join(terms)}. The checkpoints are from before or hold the last finite values. "
            f"Lower {player}.optimizer.learning_rate, or set {player}.clip_norm."
        )
