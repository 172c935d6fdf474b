import json
import logging
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gan_jax.sampling.grids import GAP, Picture, enlarge, grid, save_png
from gan_jax.training import reporting
from gan_jax.training.reporting import Reporter
from gan_jax.training.summary import summary

RANDOM = np.random.default_rng(0)


def lines(workdir):
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


def steps(workdir):
    return [line["step"] for line in lines(workdir)]


def run(workdir, first, last, start=0):
    with Reporter(workdir, 100, 8, start) as reporter:
        for step in range(first, last + 1):
            reporter.advance(step)
            reporter.metrics(step, {"generator/loss": step / 2})


def tensorboard(workdir):
    """Scalars by (tag, step) and image strings by tag, from all event files of a run, by TensorBoard's own protocol."""
    from tensorboardX.proto.event_pb2 import Event

    scalars, images = {}, {}
    for file in workdir.glob("events*"):
        data = file.read_bytes()
        while data:
            length = int.from_bytes(data[:8], "little")
            event, data = Event.FromString(data[12 : 12 + length]), data[16 + length :]
            for value in event.summary.value:
                if value.HasField("image"):
                    images[value.tag] = value.image
                else:
                    scalars[value.tag, event.step] = value.simple_value
    return scalars, images


def test_a_report_is_one_json_line(tmp_path, monkeypatch):
    clock = iter([0.0, 10.0, 12.0])  # enter, two reports
    monkeypatch.setattr(reporting, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    with Reporter(tmp_path, 100, 8) as reporter:
        reporter.metrics(1, {"generator/loss": 0.25})
        reporter.metrics(5, {"generator/loss": np.float32(0.5), "odd": float("nan")})
    assert lines(tmp_path) == [
        {"step": 1, "images": 8, "seconds": 10.0, "generator/loss": 0.25},
        {"step": 5, "images": 40, "seconds": 12.0, "images_per_second": 16.0, "generator/loss": 0.5, "odd": None},
    ]
    assert "NaN" not in (tmp_path / "metrics.jsonl").read_text()


def test_second_report_of_a_step_is_merged(tmp_path):
    with Reporter(tmp_path, 100, 8) as reporter:
        for step in (1, 2):
            reporter.metrics(step, {"loss": step})
            reporter.metrics(step, {"fd": 10 * step})
            assert steps(tmp_path)[-1] == step  # on disk at once
    assert [(line["step"], line["loss"], line["fd"]) for line in lines(tmp_path)] == [(1, 1, 10), (2, 2, 20)]


@pytest.mark.parametrize("torn", ["", '{"step": 7, "ima', '{"step": 3}'])
def test_resumed_run_reports_no_step_twice(tmp_path, torn):
    run(tmp_path, 1, 6)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write(torn)
    run(tmp_path, 5, 7, start=4)
    assert steps(tmp_path) == [1, 2, 3, 4, 5, 6, 7]
    seconds = [line["seconds"] for line in lines(tmp_path)]
    assert seconds == sorted(seconds)


def test_run_that_starts_anew_forgets_the_old_one(tmp_path):
    run(tmp_path, 0, 6)
    run(tmp_path, 0, 2)
    assert steps(tmp_path) == [0, 1, 2]


def test_tensorboard_gets_scalars_and_pictures(tmp_path):
    with Reporter(tmp_path, 100, 8) as reporter:
        reporter.metrics(3, {"generator/loss": 0.25, "odd": float("inf")})
        reporter.samples(3, Picture(np.zeros((4, 16, 16, 3), np.uint8), 2))
    scalars, images = tensorboard(tmp_path)
    assert scalars == {("generator/loss", 3): 0.25}
    assert (images["samples"].height, images["samples"].width) == (128 + GAP, 128 + GAP)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_hold_the_images(tmp_path, channels):
    images = RANDOM.integers(0, 256, (5, 16, 32, channels), dtype=np.uint8)
    with Reporter(tmp_path / "my_run", 1000, 8) as reporter:
        reporter.samples(500, Picture(images, 3))
        reporter.real(Picture(images, 3))
    with Image.open(tmp_path / "my_run/samples/step_00000500.png") as file:
        assert (file.text["run"], file.text["step"]) == ("my_run", "500")
        assert file.text["DigitalSourceType"].endswith("/trainedAlgorithmicMedia")
        pixels = np.asarray(file).reshape(64 + GAP, 192 + 2 * GAP, channels)
    np.testing.assert_array_equal(pixels[:32:2, 128 + 2 * GAP :: 2], images[2])  # enlarged by 2
    np.testing.assert_array_equal(pixels[33 + GAP :: 2, 65 + GAP : 128 + GAP : 2], images[4])
    assert (pixels[32:, 128 + GAP :] == 255).all() and (pixels[32 : 32 + GAP] == 255).all()
    with Image.open(tmp_path / "my_run/real.png") as file:
        assert file.text == {"run": "my_run", "step": "0"}  # which is not synthetic


def test_log_has_timestamps_and_returns_logging_as_it_was(tmp_path, capsys):
    before = logging.getLogger().handlers[:], logging.getLogger("gan_jax").level
    with Reporter(tmp_path, 10, 8):
        logging.getLogger("gan_jax.training.loop").info("grüße")
        logging.getLogger("elsewhere").warning("a warning of a library")
    assert (logging.getLogger().handlers, logging.getLogger("gan_jax").level) == before
    log = (tmp_path / "log.txt").read_text(encoding="utf-8").splitlines()
    assert log[0][:2] == "20" and log[0].endswith("INFO gan_jax.training.loop: grüße")
    assert "a warning of a library" in log[1]
    assert "grüße" in capsys.readouterr().err


def test_log_of_a_crash_holds_the_traceback(tmp_path):
    with pytest.raises(ZeroDivisionError), Reporter(tmp_path, 10, 8):
        _ = 1 // 0
    assert "ZeroDivisionError" in (tmp_path / "log.txt").read_text()


def test_bar_shows_rate_time_left_and_losses(tmp_path, capsys):
    with Reporter(tmp_path, 100, 10, start=20) as reporter:
        reporter.metrics(50, {"generator/loss": 0.123456, "generator/r1": 9.0})
        reporter.advance(50)
        reporter.advance(60)
    bar = capsys.readouterr().err
    assert " 20%|" in bar and "600/1.00k" in bar and "images/s" in bar and "generator 0.1235" in bar and "r1" not in bar


def test_other_processes_write_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(jax, "process_index", lambda: 1)
    workdir = tmp_path / "run"
    with Reporter(workdir, 10, 8) as reporter:
        reporter.advance(1)
        reporter.metrics(1, {"loss": 1.0})
        reporter.samples(1, Picture(np.zeros((1, 2, 2, 3), np.uint8), 1))
        reporter.real(Picture(np.zeros((1, 2, 2, 3), np.uint8), 1))
    assert not workdir.exists() and not capsys.readouterr().err


def test_grid_places_images_row_by_row():
    images = np.arange(5, dtype=np.uint8)[:, None, None, None] + np.ones((5, 2, 3, 1), np.uint8)
    assert grid(images, 3)[:: 2 + GAP, :: 3 + GAP, 0].tolist() == [[1, 2, 3], [4, 5, 255]]
    assert grid(images, 3).shape == (4 + GAP, 9 + 2 * GAP, 1)


@pytest.mark.parametrize(("side", "factor"), [(8, 8), (13, 4), (28, 2), (32, 2), (33, 1), (200, 1)])
def test_enlarging_is_by_whole_numbers(side, factor):
    image = RANDOM.integers(0, 256, (1, side, side // 2, 3), dtype=np.uint8)
    large = enlarge(image)
    assert large.shape[1:3] == (side * factor, side // 2 * factor)
    np.testing.assert_array_equal(large[:, factor - 1 :: factor, ::factor], image)


def test_png_keeps_pixels_and_text(tmp_path):
    image = RANDOM.integers(0, 256, (3, 5, 4), dtype=np.uint8)
    save_png(tmp_path / "deep" / "image.png", image, {"seed": "7", "run": "größe"})
    with Image.open(tmp_path / "deep" / "image.png") as file:
        np.testing.assert_array_equal(np.asarray(file), image)
        assert file.text == {"seed": "7", "run": "größe"}


def test_summary_counts_parameters_and_flops():
    players = {"generator": {"dense": {"kernel": np.zeros((30, 40)), "bias": np.zeros(40)}, "out": np.zeros(7)}}
    step = jax.jit(lambda a, b: a @ b).lower(jnp.zeros((100, 200)), jnp.zeros((200, 300))).compile()
    text = summary(players, step)
    rows = [line.split() for line in text.splitlines()]
    assert ["generator", "dense", "2", "1,240"] in rows
    assert ["generator", "total", "3", "1,247"] in rows
    assert "0.012 GFLOP" in rows[-1][3] + " " + rows[-1][4]  # 2 x 100 x 200 x 300
