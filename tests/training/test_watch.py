import json
from types import SimpleNamespace

import numpy as np
import pytest

from gan_jax.errors import DivergedError
from gan_jax.training import watch as watch_module
from gan_jax.training.parallel import Report
from gan_jax.training.reporting import Reporter
from gan_jax.training.watch import CALLS_BEHIND, Watch

METRICS = ["critic/loss", "critic/penalty", "generator/loss", "generator_b/loss"]
PLAYERS = ["generator", "critic", "generator_b"]  # in which order they update


class Reports(Reporter):
    def __init__(self) -> None:
        self.steps, self.lines = [], []

    def advance(self, step):
        self.steps.append(step)

    def metrics(self, step, values):
        self.lines.append((step, values))


def report(totals, counts=(1, 1, 1, 1), skipped=(0, 0, 0)) -> Report:
    return Report(np.stack([totals, counts], axis=-1).astype(np.float32), np.array(skipped), np.zeros(3, int))


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


def test_a_report_of_steps_before_and_after_a_restart_is_of_all_of_them():
    once, again = Reports(), Reports()
    watch = Watch(METRICS, PLAYERS, every=4, max_skipped=3, reporter=once, step=0)
    stopped = Watch(METRICS, PLAYERS, every=4, max_skipped=3, reporter=again, step=0)
    for step in range(1, 5):
        watch.tell(step, report([step / 3, 0, 1, 0], counts=(1, step % 2, 1, 0)))
        if step == 3:
            stopped.catch_up()
            window = json.loads(json.dumps(stopped.window))
            stopped = Watch(METRICS, PLAYERS, every=4, max_skipped=3, reporter=again, step=2, window=window)
        stopped.tell(step, report([step / 3, 0, 1, 0], counts=(1, step % 2, 1, 0)))
    watch.catch_up()
    stopped.catch_up()
    assert once.lines == again.lines
    assert once.lines[0][1]["critic/loss"] == pytest.approx(10 / 12)


def test_the_device_is_ahead_by_a_second_at_most(monkeypatch):
    now = [0.0]
    monkeypatch.setattr(watch_module, "time", SimpleNamespace(monotonic=lambda: now[0]))
    for seconds, behind in ((0.001, CALLS_BEHIND), (0.3, 3), (1.5, 0), (54.0, 0)):
        reporter = Reports()
        watch = Watch(METRICS, PLAYERS, every=1, max_skipped=3, reporter=reporter, step=0)
        for step in range(1, 30):
            now[0] += seconds
            watch.tell(step, report([0, 0, 0, 0]))
        assert 29 - reporter.steps[-1] == behind


def test_skipped_updates_are_logged(caplog):
    names = ["critic/skipped", "generator/skipped"]
    watch = Watch(names, ["critic", "generator"], every=2, max_skipped=9, reporter=Reports(), step=0)
    for step in (1, 2):
        watch.tell(step, Report(np.array([[0, 1], [1, 1]], np.float32), np.array([0, step]), np.zeros(2, int)))
    watch.catch_up()
    assert "Up to step 2, 2 updates of generator were not finite and were skipped." in caplog.text
    assert "critic" not in caplog.text
    assert watch.skipping == ["generator"]


def test_updates_that_are_too_large_are_logged_and_do_not_keep_a_run_from_saving(caplog):
    names = ["critic/gradient_norm", "critic/skipped", "critic/skipped_large"]
    watch = Watch(names, ["critic"], every=2, max_skipped=3, reporter=Reports(), step=0)
    means = np.array([[500, 1], [0, 1], [1, 1]], np.float32)
    for step in (1, 2):
        watch.tell(step, Report(means, np.array([step]), np.zeros(1, int)))
    watch.catch_up()
    assert "Up to step 2, 2 updates of critic had a gradient above skip_norm and were skipped." in caplog.text
    assert watch.skipping == []
    with pytest.raises(DivergedError, match=r"The last 3 updates of critic .* norm 500\. Begin .* higher critic.s"):
        watch.tell(3, Report(means, np.array([3]), np.zeros(1, int)))
        watch.catch_up()


@pytest.mark.parametrize(
    ("skipped", "named"), [((3, 3, 3), "generator"), ((3, 2, 2), "critic"), ((2, 2, 3), "generator_b")]
)
def test_the_player_that_diverged_first_is_named(skipped, named):
    watch = Watch(METRICS, PLAYERS, every=10, max_skipped=3, reporter=Reports(), step=0)
    with pytest.raises(DivergedError, match=rf"^The last 3 updates of {named} up to step 1 "):
        watch.tell(1, report([np.nan] * 4, skipped=skipped))
        watch.catch_up()


def test_a_run_that_diverged_names_step_player_and_term():
    watch = Watch(METRICS, PLAYERS, every=10, max_skipped=3, reporter=Reports(), step=0)
    watch.tell(1, report([np.nan, 1, 1, np.nan], skipped=(2, 2, 2)))
    watch.catch_up()
    with pytest.raises(DivergedError) as caught:
        watch.tell(2, report([1, 1, np.inf, np.nan], skipped=(0, 3, 0)))
        watch.catch_up()
    message = str(caught.value)
    assert message.startswith("The last 3 updates of generator up to step 2 were not finite")
    assert "not finite now: generator/loss." in message  # not those of generator_b
