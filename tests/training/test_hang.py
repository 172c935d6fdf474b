"""Steps that take too long."""

import logging
import math
import threading

import experiments
import pytest

from gan_jax.hosts import joined
from gan_jax.training import hang, loop


@pytest.mark.parametrize(
    ("durations", "seconds"),
    [([], math.inf), ([1.0], 300), ([29.0, 31.0, 500.0], 310), ([40.0], 400), ([0.1] * 50 + [1000.0] * 49, 300)],
)
def test_ten_times_the_median_and_at_least_five_minutes(durations, seconds):
    assert hang.limit(durations) == seconds


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_the_stacks_are_written_once_for_a_step_that_hangs(tmp_path, caplog):
    clock, file = Clock(), tmp_path / "hang_0.txt"
    watched = hang.Hang(clock)
    watched.look(file)  # nothing has begun
    watched.begin(0)
    clock.now = 5000.0  # compiles
    watched.look(file)
    for step in range(1, 10):
        watched.begin(step)
        clock.now += 40.0
    watched.begin(10)
    clock.now += 400.0
    watched.look(file)
    assert not file.exists()
    clock.now += 1.0
    with caplog.at_level(logging.WARNING):
        watched.look(file)
        watched.look(file)
    text = file.read_text()
    assert text.count("The step after step 10 takes more than 400 s. All threads:\n") == 1
    assert "test_the_stacks_are_written_once" in text
    assert [record.getMessage() for record in caplog.records] == [
        f"The step after step 10 takes more than 400 s; what all threads wait for: {file}"
    ]
    watched.begin(11)
    clock.now += 402.0
    watched.look(file)
    assert "The step after step 11" in file.read_text()


def test_evaluations_take_as_long_as_they_take(tmp_path):
    clock, file = Clock(), tmp_path / "hang_0.txt"
    watched = hang.Hang(clock)
    for step in range(3):
        watched.begin(step)
        clock.now += 1.0
    with watched.paused():
        clock.now += 5000.0
        watched.look(file)
    clock.now += 299.0
    watched.look(file)
    assert not file.exists()
    watched.begin(3)
    assert max(watched._durations) == 300.0


def test_a_run_is_watched_and_meets_the_other_hosts(tmp_path, monkeypatch):
    """Before evaluations and checkpoints; a step is taken for hanging at once here, and the run goes on."""
    met = []
    monkeypatch.setattr(joined, "meet", lambda what, parts=None: met.append(what))
    monkeypatch.setattr(hang, "limit", lambda durations: 0.0)
    monkeypatch.setattr(hang, "EVERY", 0.001)
    wait = dict(name="saboteur:wait", seconds=0.0, every=2)
    config = experiments.gan(steps=4, checkpoint=dict(every=3), evals=dict(wait=wait))
    threads = threading.active_count()
    assert loop.run(config, tmp_path) == 0
    assert met == [
        "evaluation wait after step 2",
        "checkpoint after step 3",
        "checkpoint after step 4",
        "evaluation wait after step 4",
    ]
    assert "All threads:\n" in (tmp_path / "hang_0.txt").read_text()
    assert threading.active_count() <= threads + 1  # none that watches is left
