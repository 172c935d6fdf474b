import numpy as np
import pytest

from gan_jax.errors import DivergedError
from gan_jax.training.parallel import Report
from gan_jax.training.reporting import Reporter
from gan_jax.training.watch import CALLS_BEHIND, Watch

METRICS = ["critic/loss", "critic/penalty", "generator/loss", "generator_b/loss"]
PLAYERS = ["generator", "critic", "generator_b"]


class Reports(Reporter):
    def __init__(self) -> None:
        self.steps, self.lines = [], []

    def advance(self, step):
        self.steps.append(step)

    def metrics(self, step, values):
        self.lines.append((step, values))


def report(totals, counts=(1, 1, 1, 1), skipped=(0, 0, 0)) -> Report:
    return Report(np.stack([totals, counts], axis=-1).astype(np.float32), np.array(skipped))


def test_averages_between_two_reports():
    reporter = Reports()
    watch = Watch(METRICS, PLAYERS, every=2, max_skipped=3, reporter=reporter, step=4)
    watch.tell(5, report([1, 0, 0, 0], counts=(1, 0, 1, 1)))
    watch.tell(6, report([2, 7, 0, 4], counts=(1, 1, 1, 1)))  # a lazy penalty, evaluated once
    watch.tell(7, report([9, 0, 0, 0], counts=(1, 0, 1, 1)))
    watch.catch_up()
    watch.tell(8, report([9, 0, 0, 0], counts=(1, 0, 1, 1)))
    watch.catch_up()
    assert reporter.steps == [5, 6, 7, 8]
    assert reporter.lines == [
        (6, {"critic/loss": 1.5, "critic/penalty": 7.0, "generator/loss": 0.0, "generator_b/loss": 2.0}),
        (8, {"critic/loss": 9.0, "generator/loss": 0.0, "generator_b/loss": 0.0}),
    ]


def test_the_device_is_read_some_calls_later():
    reporter = Reports()
    watch = Watch(METRICS, PLAYERS, every=1, max_skipped=3, reporter=reporter, step=0)
    for step in range(1, CALLS_BEHIND + 3):
        watch.tell(step, report([0, 0, 0, 0]))
    assert reporter.steps == [1, 2]


def test_a_run_that_diverged_names_step_player_and_term():
    watch = Watch(METRICS, PLAYERS, every=10, max_skipped=3, reporter=Reports(), step=0)
    watch.tell(1, report([np.nan, 1, 1, np.nan], skipped=(2, 2, 2)))
    watch.catch_up()
    watch.tell(2, report([1, 1, np.inf, np.nan], skipped=(0, 3, 0)))
    with pytest.raises(DivergedError) as caught:
        watch.catch_up()
    message = str(caught.value)
    assert message.startswith("The last 3 updates of generator up to step 2 were not finite")
    assert "not finite now: generator/loss." in message  # not those of generator_b
