"""Runs and sets with copies that are planted, audited by the commands."""

import json

import numpy as np
import pytest
from PIL import Image
from threadpoolctl import threadpool_limits

import gan_jax
from gan_jax.commands import discriminator, duplicates, memorization, sample
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.image_sets import Block, ImageSet, parse
from gan_jax.evaluation.memorization import beside
from gan_jax.metrics.memorization import calibrated_neighbours

SHAPE = (8, 8)


@pytest.fixture(autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


def images(count: int, seed: int) -> np.ndarray:
    made = sprites.make(count=count, resolution=SHAPE, seed=seed)
    return np.stack([made[i]["image"] for i in range(count)])


def archive(path, pixels: np.ndarray) -> str:
    np.savez(path, images=pixels)
    return str(path)


def audited(tmp_path, made: np.ndarray) -> dict[str, dict]:
    train, held_out = (archive(tmp_path / f"{seed}.npz", images(300, seed)) for seed in (1, 2))
    out = tmp_path / "out.jsonl"
    out.unlink(missing_ok=True)
    arguments = [train, archive(tmp_path / "made.npz", made), f"--held_out={held_out}", "--features=pixels"]
    assert memorization.main([*arguments, f"--out={out}"]) == 0
    return {row["name"]: row for row in map(json.loads, out.read_text().splitlines())}


def test_fresh_sprites_and_copied_ones(tmp_path, capsys):
    fresh = audited(tmp_path, images(300, 3))
    assert next(iter(fresh)) == "train_share_z" and abs(fresh["train_share_z"]["value"]) < 2.5
    assert fresh["membership_auc"]["low"] < 0.5 < fresh["membership_auc"]["high"]
    assert fresh["near_duplicates"]["settings"]["count"] <= 6
    copied = audited(tmp_path, np.concatenate([images(150, 3), images(300, 1)[:150]]))
    assert copied["train_share_z"]["low"] > 0 and copied["train_share_z"]["null"] == 0
    caught = copied["membership_tpr_at_0.01"]
    assert caught["low"] > caught["null"] == pytest.approx(2 / 151)
    assert copied["near_duplicates"]["settings"]["count"] >= 150
    assert copied["near_duplicates"]["settings"]["more_than_chance"]
    assert copied["authenticity"]["value"] < copied["authenticity"]["null"]
    gallery = Image.open(tmp_path / "out.png")
    assert int(gallery.text["flagged"]) >= 150 and gallery.width > gallery.height / 8
    assert copied["train_share"]["n"] == 300 and "train_share_z" in capsys.readouterr().out


def test_a_narrow_set_is_told_to_be_one():
    rng = np.random.default_rng(0)
    train, held_out, fake = rng.standard_normal((3, 400, 8))
    found: dict[str, Finding] = {one.name: one for one in beside(train, held_out, 0.6 * fake)}
    assert found["copying_score"].value < -3 and found["copying_score"].settings["narrow"]
    assert found["authenticity"].settings["narrow"] and found["relative_scale"].value < 0.9
    assert "narrow" not in {name for one in beside(train, held_out, fake) for name in one.settings}


def test_a_run_is_asked_for_its_discriminator_too(tmp_path, gan_run):
    out, gallery = tmp_path / "out.jsonl", tmp_path / "pairs.png"
    train, held_out = (f"sprites(count=150, resolution={SHAPE}, seed={seed})" for seed in (0, 9))
    arguments = [train, f"run:{gan_run}", "--num=120", f"--held_out={held_out}", "--features=pixels"]
    assert memorization.main([*arguments, f"--out={out}", f"--gallery={gallery}"]) == 0
    rows = {row["name"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert rows["discriminator_auc"]["n"] == 120 and rows["discriminator_auc"]["null"] == 0.5
    assert rows["train_share"]["checkpoint_sha256"] and gallery.is_file()


def test_scores_of_a_discriminator_belong_to_their_images():
    """Each image gets its own score back out of the shuffled batches."""
    sides = [Block(np.full((90, 2, 2, 1), value, np.uint8), None) for value in (200, 50)]
    found = discriminator.scores(lambda pixels, labels: pixels.mean(axis=(1, 2, 3)), *sides)
    np.testing.assert_array_equal(found.members, 200)
    np.testing.assert_array_equal(found.others, 50)


def test_without_held_out_images_there_is_no_audit(tmp_path):
    train = archive(tmp_path / "train.npz", images(20, 0))
    with pytest.raises(InputError, match=r"name them by --held_out, or train on a part"):
        memorization.main([train, train, "--features=pixels"])


def test_too_few_images_are_told_of_before_one_is_read(tmp_path, gan_run, monkeypatch):
    few, many = (archive(tmp_path / f"{count}.npz", images(count, count)) for count in (20, 110))
    monkeypatch.delattr(ImageSet, "blocks")
    for arguments, message in {
        (few, many, f"--held_out={many}"): "20 training images are too few to look for copies: give 100",
        (many, many, f"--held_out={few}"): "20 held-out images are too few",
        (many, few, f"--held_out={many}"): "20 generated images are too few",
        (many, f"run:{gan_run}", f"--held_out={many}", "--num=-5"): "--num=-5 should be at least 0",
    }.items():
        with pytest.raises(InputError, match=message):
            memorization.main([*arguments, "--features=pixels"])


def test_the_training_images_are_not_held_out_ones(tmp_path):
    train = archive(tmp_path / "train.npz", images(110, 0))
    with pytest.raises(InputError, match="are the training images: give others"):
        memorization.main([train, train, f"--held_out={train}", "--features=pixels"])


def test_near_duplicates_are_not_written(tmp_path, gan_run, monkeypatch, caplog):
    """Seeds 3 and 5 of the run are put among its training images."""
    drawn = gan_jax.load(gan_run)(range(112))
    apart = np.array([3, 5])
    sets = {"train": np.concatenate([images(200, 0), drawn[apart]]), "held_out": images(200, 4)}
    parsed = {name: parse(archive(tmp_path / f"{name}.npz", pixels)) for name, pixels in sets.items()}
    monkeypatch.setattr(duplicates, "data_of_run", lambda run: parsed["train"])
    monkeypatch.setattr(duplicates, "held_out_data_of_run", lambda run: parsed["held_out"])
    near = calibrated_neighbours(*(one.reshape(len(one), -1) / 255 for one in (sets["train"], drawn)))
    limit = calibrated_neighbours(*(one.reshape(len(one), -1) / 255 for one in (sets["train"], sets["held_out"])))
    kept = np.flatnonzero(near.ratio > limit.ratio.min())
    out = tmp_path / "kept.npz"
    caplog.set_level("INFO")
    sample.main([f"--workdir={gan_run}", "--num=112", "--reject_near_duplicates", f"--out={out}"])
    with np.load(out) as arrays:
        np.testing.assert_array_equal(arrays["seeds"], kept)
        assert not {3, 5} & set(kept.tolist())
        np.testing.assert_array_equal(arrays["images"], drawn[kept])
    assert f"{112 - len(kept)} of 112 outputs are near-duplicates of training images and left out" in caplog.text
    assert "0.56 are expected" in caplog.text  # 112 / 201


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--num=2", "--out=a.npz"], r"the run has none: train on a part of the data"),
        (["--num=2", "--out=a.gif", "--interpolate"], "a film has none to spare"),
    ],
)
def test_what_cannot_be_rejected_is_refused(gan_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        sample.main([f"--workdir={gan_run}", "--reject_near_duplicates", *arguments])
