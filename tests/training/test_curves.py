"""Curves of a run: what shares a panel, what is drawn, and that a failure costs nothing."""

import json
from pathlib import Path

import numpy as np
import pytest
from matplotlib.figure import Figure
from PIL import Image

from gan_jax.commands import plots
from gan_jax.errors import InputError
from gan_jax.training import curves
from gan_jax.training.reporting import Reporter

ROWS = [
    {"step": 5, "images": 40, "seconds": 1.0, "d/r1": 2.0, "d/loss": 0.5, "d/gradient_norm": 1.0, "d/skipped": 0},
    {"step": 10, "images": 80, "d/r1": 900.0, "d/loss": None, "d/gradient_norm": 2.0, "best": 3.0, "a/b/train": 1.0},
    {"step": 15, "images_per_second": 9.0, "d/r1": 3.0, "d/loss": -0.5, "g/loss": 1.0, "a/b/held_out": 0.0},
    {"step": 15, "a/fd": 4.0},
]


def write(workdir, rows, torn=""):
    (workdir / "metrics.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows) + torn)


def test_what_belongs_together_shares_a_panel():
    assert list(curves._panels(ROWS).items()) == [
        ("d", ["d/r1", "d/loss"]),
        ("g", ["g/loss"]),
        ("gradient norms", ["d/gradient_norm"]),
        ("best", ["best"]),
        ("a/b", ["a/b/train", "a/b/held_out"]),
        ("a", ["a/fd"]),
    ]


def test_curves_are_the_numbers_and_leave_out_what_was_none():
    axes = Figure().subplots()
    curves._fill(axes, "d", ["d/r1", "d/loss"], ROWS)
    lines = {line.get_label(): line.get_xydata().tolist() for line in axes.lines}
    assert lines == {"loss": [[5, 0.5], [15, -0.5]], "r1": [[5, 2], [10, 900], [15, 3]]}
    assert axes.get_yscale() == "linear"  # as one is below zero
    assert axes.get_title() == "d"


@pytest.mark.parametrize(("values", "scale"), [([1, 99], "linear"), ([1, 101], "log"), ([0, 101], "linear")])
def test_decades_are_drawn_by_their_logarithms(values, scale):
    axes = Figure().subplots()
    curves._fill(axes, "x", ["x"], [{"step": step, "x": value} for step, value in enumerate(values)])
    assert axes.get_yscale() == scale


@pytest.mark.parametrize(("count", "marker"), [(29, "o"), (30, "None")])
def test_few_points_are_marked(count, marker):
    axes = Figure().subplots()
    curves._fill(axes, "x", ["x"], [{"step": step, "x": 1.0} for step in range(count)])
    assert axes.lines[0].get_marker() == marker


def test_a_picture_of_a_run_whose_last_line_is_cut_off(tmp_path):
    write(tmp_path, ROWS, torn='{"step": 20, "d/')
    curves.draw(tmp_path, tmp_path / "curves.png")
    picture = np.asarray(Image.open(tmp_path / "curves.png").convert("L"))
    assert picture.shape == (2 * 352, 1650)  # six panels
    assert 0.01 < np.mean(picture < 200) < 0.2  # lines on white
    assert [file.name for file in tmp_path.glob("*.png")] == ["curves.png"]


def test_nothing_to_draw_or_nothing_to_draw_with(tmp_path, monkeypatch):
    write(tmp_path, [{"step": 1, "images": 8, "d/loss": None}])
    with pytest.raises(InputError, match="holds no numbers yet"):
        curves.draw(tmp_path, tmp_path / "curves.png")
    monkeypatch.setattr(curves, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"--out=.*curves.png: plots are drawn by matplotlib: pip install"):
        plots.check(tmp_path / "curves.png", "--out")
    with pytest.raises(InputError, match=r"--plot=a.jpg: a picture is a file .png, .pdf, .svg"):
        plots.check(Path("a.jpg"), "--plot")


@pytest.fixture
def drawn(monkeypatch):
    """How often curves were drawn, and a clock to turn."""
    times = []
    monkeypatch.setattr(curves, "draw", lambda workdir, out: times.append(out))
    return times


def test_a_run_draws_its_curves_once_a_minute_and_at_its_end(tmp_path, drawn):
    with Reporter(tmp_path, 100, 8) as reporter:
        reporter.curves(last=True)
        assert drawn == []  # there are no numbers
        reporter.metrics(1, {"d/loss": 1.0})
        reporter.curves(last=False)
        assert drawn == []
        reporter._curves_drawn -= 61
        reporter.curves(last=False)
        reporter.curves(last=False)
        assert drawn == [tmp_path / "curves.png"]
        reporter.curves(last=True)
        assert len(drawn) == 2


def test_without_matplotlib_a_run_says_once_how_to_get_it(tmp_path, drawn, monkeypatch, caplog):
    monkeypatch.setattr(curves, "available", lambda: False)
    with caplog.at_level("INFO"), Reporter(tmp_path, 100, 8) as reporter:
        reporter.metrics(1, {"d/loss": 1.0})
        reporter._curves_drawn -= 61
        reporter.curves(last=False)
        reporter.curves(last=True)
    assert caplog.text.count("pip install 'gan-jax[plots]'") == 1
    assert drawn == []


def test_curves_that_fail_are_a_warning(tmp_path, monkeypatch, caplog):
    def fail(workdir, out):
        raise OSError("the disk is full")

    monkeypatch.setattr(curves, "draw", fail)
    with Reporter(tmp_path, 100, 8) as reporter:
        reporter.metrics(1, {"d/loss": 1.0})
        reporter.curves(last=True)
    assert "curves.png could not be drawn: the disk is full" in caplog.text


def test_other_processes_draw_nothing(tmp_path, drawn, monkeypatch):
    monkeypatch.setattr("jax.process_index", lambda: 1)
    with Reporter(tmp_path, 100, 8) as reporter:
        reporter.metrics(1, {"d/loss": 1.0})
        reporter.curves(last=True)
    assert drawn == []
