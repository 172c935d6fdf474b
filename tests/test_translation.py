"""Pictures into pictures, from the config to files named after the user's own; and the metric of right answers."""

import json
import subprocess
import sys

import experiments
import jax
import numpy as np
import pytest
from commands import ROOT, environment
from PIL import Image

import gan_jax
from gan_jax.commands import sample
from gan_jax.config import experiment, schema
from gan_jax.data import dataset
from gan_jax.data.derive import edges
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.evaluation import evals
from gan_jax.metrics.reconstruction import l1, psnr, ssim
from gan_jax.training import assembly, loop


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("translated") / "run"
    sketch, instance = dict(source=dict(name="edges")), dict(generator__network__normalization="instance")
    config = experiments.translation(steps=2, report=dict(samples=4), data__derive=sketch, **instance)
    config["data"]["source"] = dict(name="sprites", count=96, resolution=(16, 16))
    config["generator"]["optimizer"] = dict(name="adam", learning_rate=0.1)  # so that two steps lead to many colours
    config["evals"] = dict(pairs=dict(name="paired", num_images=8))
    assert loop.run(config, workdir) == 0
    return workdir


@pytest.fixture(scope="module")
def sampler(run):
    return gan_jax.load(run)


def test_a_picture_is_a_function_of_source_and_seed(sampler):
    source = sampler.condition([5])["source"]
    same = sampler([1, 2, 1], {"source": source[0]})
    np.testing.assert_array_equal(same[0], same[2])
    assert (same[0] != same[1]).any()  # dropout by the seed's own key
    still = sampler([1, 2], {"source": source[0]}, noise=False)
    np.testing.assert_array_equal(still[0], still[1])
    other = sampler([1, 1], {"source": np.concatenate([source, 255 - source])})
    assert (other[0] != other[1]).any()


def test_training_shows_source_answer_and_truth(run):
    shown = np.asarray(Image.open(run / "samples" / "step_00000002.png"))
    assert shown.shape[1] > shown.shape[0]  # two columns of three pictures each


def test_doodles_become_pictures_named_after_them(run, sampler, tmp_path):
    doodles = tmp_path / "doodles"
    (doodles / "more").mkdir(parents=True)
    shape = sampler.conditions()["source"].shape
    pixels = np.random.default_rng(0).integers(0, 256, (3, *shape), dtype=np.uint8)
    for name, doodle in zip(("cat", "dog", "more/cat"), pixels, strict=True):
        Image.fromarray(doodle[..., 0] if shape[-1] == 1 else doodle).save(doodles / f"{name}.png")
    ask = lambda *words: sample.main([f"--workdir={run}", f"--condition=source={doodles}", *words])  # noqa: E731
    assert ask(f"--out={tmp_path / 'out'}") == 0
    files = sorted(file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*.png"))
    assert files == ["cat.png", "dog.png", "more/cat.png"]
    answers = sampler(range(3), {"source": pixels})
    found = Image.open(tmp_path / "out" / "dog.png")
    np.testing.assert_array_equal(np.asarray(found), answers[1])
    assert found.text["source"] == "dog.png"
    assert ask(f"--out={tmp_path / 'grid.png'}", "--option", "noise=False") == 0
    with pytest.raises(
        InputError, match="--condition sorce=x: the draw 'image' is asked with source, not with 'sorce'"
    ):
        sample.main([f"--workdir={run}", "--condition=sorce=x", "--num=1", f"--out={tmp_path / 'x.png'}"])


def test_paired_is_of_the_same_examples(run, sampler):
    held_out = sprites.make(count=12, resolution=(16, 16), seed=9)
    data = sampler.data.like(held_out)
    right = np.stack([data.example(i)["image"] for i in range(12)])
    source = np.stack([data.example(i)["source"] for i in range(12)])
    answers = sampler(range(12), {"source": source})
    found = evals.paired(sampler, sampler.data, held_out=held_out, num_images=12)
    expected = {"l1": l1(right, answers), "psnr": psnr(right, answers), "ssim": ssim(right, answers)}
    assert {name: found[name] for name in expected} == pytest.approx({k: v.mean() for k, v in expected.items()})
    assert '"pairs/l1": ' in (run / "metrics.jsonl").read_text()


def test_paired_from_the_shell(run):
    command = [sys.executable, "-m", "gan_jax", "metrics", f"run:{run}", "--metrics=paired"]
    done = subprocess.run(command, env=environment(), cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in (run / "evaluations.jsonl").read_text().splitlines()]
    assert {"l1", "psnr", "ssim"} <= {row["metric"] for row in rows}


def test_paired_needs_a_right_answer(gan_run):
    with pytest.raises(InputError, match="the draw 'image' is made of no example"):
        evals.paired(gan_jax.load(gan_run), dataset.make(sprites.make(count=4, resolution=(8, 8))))


def try_on_shapes(source, **changes):
    """The columns of a run that a config with this source would be."""
    config = experiments.translation(**changes)
    config["data"] = dict(source=source, derive=changes.get("derive", {}))
    resolved = schema.resolve_config(config)
    facts = experiment.make_facts(experiment.make_data(resolved))
    assert assembly.dry_run(resolved, facts).draws["image"].shape == (8, 8, 3)
    return facts["columns"]


def test_pairs_come_from_any_source_that_a_config_can_name(tmp_path):
    pictures = np.random.default_rng(0).integers(0, 256, (6, 8, 16, 3), dtype=np.uint8)
    np.savez(tmp_path / "set.npz", photo=pictures[:, :, :8], map=pictures[:, :, 8:], whole=pictures)
    file = dict(name="npz", path=str(tmp_path / "set.npz"))
    columns = try_on_shapes(file | dict(images="photo", columns=(("source", "map"),)))
    assert columns == try_on_shapes(dict(name="halves", source=file | dict(images="whole")))
    sets = [dict(name="sprites", count=count, resolution=(8, 8)) for count in (5, 3)]
    assert try_on_shapes(dict(name="unpaired", image=sets[0], source=sets[1]))["source"][0] == (8, 8, 3)


def test_what_is_no_picture_cannot_be_the_source():
    config = schema.resolve_config(experiments.translation(objective__source="factors"))
    with pytest.raises(InputError, match=r"objective\.source = 'factors' is no column of pictures\. Valid: source"):
        assembly.dry_run(config, experiment.make_facts(experiment.make_data(config)))


def test_l1_is_in_values_between_minus_one_and_one():
    black, white = np.zeros((1, 4, 4, 3), np.uint8), np.full((1, 4, 4, 3), 255, np.uint8)
    assert l1(black, white) == pytest.approx([2.0]) and l1(white, white) == pytest.approx([0.0])


def test_the_sketch_of_a_run_is_that_of_its_picture(sampler):
    example = sampler.data.example(3)
    np.testing.assert_array_equal(example["source"], edges(example))
    assert jax.tree.leaves(sampler.latent([1]))[0].dtype == np.uint32
