"""How close answers are to the right ones: the metric `paired` against its formulas, in the loop and from the shell."""

import json
from pathlib import Path

import commands
import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import gan_jax
from gan_jax.data import dataset, derive
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.evaluation import evals

HELD_OUT = dict(count=20, resolution=(16, 16), seed=9)  # the section of `translation_run`'s evaluation


def by_hand(right: np.ndarray, answers: np.ndarray) -> dict[str, np.ndarray]:
    """Of each image: the definitions, place by place."""
    a, b = (images.astype(np.float64) for images in (right, answers))
    squared = ((a - b) ** 2).reshape(len(a), -1).mean(axis=1)
    distances = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5**2))
    window = np.outer(distances, distances) / distances.sum() ** 2
    x, y = (sliding_window_view(images, (11, 11), axis=(1, 2)) for images in (a, b))  # [N, places, places, C, 11, 11]
    mean = lambda values: (values * window).sum(axis=(-2, -1))  # noqa: E731
    mean_x, mean_y = mean(x), mean(y)
    spread = mean(x**2) - mean_x**2 + mean(y**2) - mean_y**2
    shared = mean(x * y) - mean_x * mean_y
    c1, c2 = 2.55**2, 7.65**2
    ssim = (2 * mean_x * mean_y + c1) * (2 * shared + c2) / ((mean_x**2 + mean_y**2 + c1) * (spread + c2))
    return {
        "l1": np.abs(a - b).reshape(len(a), -1).mean(axis=1) / 127.5,
        "psnr": 20 * np.log10(255) - 10 * np.log10(squared),
        "ssim": ssim.reshape(len(a), -1).mean(axis=1),
    }


def answered(run: Path, images: np.ndarray, step: int | None = None) -> dict[str, np.ndarray]:
    """By hand, of a run's answers to these images in grey; example i is answered by seed i."""
    grey = np.stack([derive.grey({"image": image}) for image in images])
    return by_hand(images, gan_jax.load(run, step=step)(range(len(images)), {"source": grey}))


def test_the_loop_measures_the_average_on_held_out_pairs(translation_run):
    images = dataset.make(sprites.make(**HELD_OUT)).arrays()["image"]
    lines = [json.loads(line) for line in (translation_run / "metrics.jsonl").read_text().splitlines()]
    found = {line["step"]: line for line in lines if "close/l1" in line}
    assert sorted(found) == [1, 2]
    for step, line in found.items():
        expected = {f"close/{name}": values.mean() for name, values in answered(translation_run, images, step).items()}
        measured = {name: value for name, value in line.items() if name.startswith("close/")}
        assert measured == pytest.approx(expected, rel=1e-5)
    assert found[1]["close/l1"] != found[2]["close/l1"]


def test_the_command_measures_training_pairs_with_their_standard_error(translation_run, tmp_path):
    out = tmp_path / "found.jsonl"
    done = commands.start("-m", "gan_jax", "metrics", f"run:{translation_run}", "--metrics=paired", f"--out={out}")
    commands.finish(done)
    rows = {row["metric"]: row for row in map(json.loads, out.read_text().splitlines())}
    images = gan_jax.load(translation_run).data.arrays()["image"]
    expected = answered(translation_run, images)
    assert rows.keys() == expected.keys()
    for name, values in expected.items():
        assert rows[name]["value"] == pytest.approx(values.mean(), rel=1e-5)
        assert rows[name]["sd"] == pytest.approx(values.std() / np.sqrt(len(images)), rel=1e-4)
        assert (rows[name]["reference"], rows[name]["real_count"]) == ("train", len(images))


def test_fewer_examples_are_answered_as_themselves(translation_run):
    """Each chosen example keeps its seed and its own source."""
    sampler = gan_jax.load(translation_run)
    found = evals.paired(sampler, sampler.data, num_images=7)
    every = answered(translation_run, sampler.data.arrays()["image"])
    chosen = evals.some_of(sampler.data, 7).chosen
    assert chosen.tolist() != list(range(7))
    assert found == pytest.approx({name: values[chosen].mean() for name, values in every.items()}, rel=1e-5)


def test_draws_without_a_right_answer_are_refused(gan_run, translation_run):
    gan = gan_jax.load(gan_run)
    with pytest.raises(InputError, match="paired: the draw 'image' is made of no example"):
        evals.paired(gan, gan.data)
    translation = gan_jax.load(translation_run)
    with pytest.raises(InputError, match="draw = 'imago': this model has image"):
        evals.paired(translation, translation.data, draw="imago")
