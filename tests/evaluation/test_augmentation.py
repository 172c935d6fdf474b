"""Generators that are planted, good and bad, and what the study says of them."""

import json

import numpy as np
import pytest

from gan_jax.commands import augment
from gan_jax.data.sources import sprites, subset
from gan_jax.errors import InputError
from gan_jax.evaluation import augmentation
from gan_jax.evaluation.augmentation import Gain, Plan
from gan_jax.evaluation.small_classifiers import Classical, Labelled, fit
from gan_jax.metrics import intervals

DIRECTIONS = np.random.default_rng(0).normal(size=(2, 4, 4, 1))  # of two classes


def images(labels: np.ndarray, seed: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(size=(len(labels), 4, 4, 1))
    return np.clip(127 + 20 * (noise + 0.4 * DIRECTIONS[labels]), 0, 255).astype(np.uint8)


def made(count: int, seed: int) -> Labelled:
    labels = np.arange(count) % 4 // 3  # 3 to 1
    return Labelled(images(labels, seed), labels)


def shuffled(labels: np.ndarray, first: int) -> np.ndarray:
    """A generator that does not listen to what it is asked for."""
    return images(np.random.default_rng(first).permutation(labels), 10_000 + first)


def faithful(labels: np.ndarray, first: int) -> np.ndarray:
    return images(labels, 20_000 + first)


def study(draw) -> tuple[dict, dict]:
    train, test = made(600, 1), made(1000, 2)
    plan = Plan("linear", 100, ratios=(1.0,), confidence=0.6)
    by_seed = [augmentation.scores(augmentation.cell(train, 0.1, s, draw), test, plan)[0] for s in range(5)]
    rows = augmentation.corrected(augmentation.gains(by_seed, {}), 1000)
    means = {arm: np.mean([one[arm].balanced_accuracy for one in by_seed]) for arm in by_seed[0]}
    return means, {row.name: row for row in rows}


def test_copies_gain_nothing_and_no_generator_beats_real_images():
    for draw in (faithful, shuffled):
        means, gains = study(draw)
        copies = gains["gain_balanced_accuracy/duplicates"]
        assert copies.low <= 0 <= copies.high and "p_holm" not in copies.settings
        if draw is shuffled:
            assert abs(means["only_synthetic"] - 0.5) < 0.12 and abs(means["on_synthetic"] - 0.5) < 0.1
            assert means["held_out"] > max(means["synthetic_1"], means["filtered_1"], means["without_classical"])
        else:
            assert means["held_out"] > means["real"] - 0.02 and means["only_synthetic"] > 0.6
            assert abs(means["held_out"] - means["synthetic_1"]) < 0.05  # fresh images of the law itself
            settings = gains["gain_auc/synthetic_1"].settings
            assert settings["p"] <= settings["p_holm"] <= 1


def test_subsets_are_nested_and_hold_every_class():
    labels = np.repeat([0, 1, 2], [300, 60, 40])
    whole = subset.in_order(labels, 3)
    assert sorted(whole) == list(range(400)) and not np.array_equal(whole, subset.in_order(labels, 4))
    for count in (20, 40, 100):
        assert np.abs(np.bincount(labels[whole[:count]]) - count * np.array([0.75, 0.15, 0.1])).max() <= 1
    source = sprites.make(count=60, resolution=(4, 4))
    small, large = (subset.make(source, share=share, seed=3) for share in (0.2, 0.5))
    assert len(small) == 12 and set(small.chosen) < set(large.chosen) and small.num_classes == source.num_classes
    assert np.array_equal(small[5]["image"], source[int(small.chosen[5])]["image"])
    with pytest.raises(InputError, match="none of them"):
        subset.make(source, share=0.001)


def test_holm_is_of_the_synthetic_arms_alone():
    differences = [np.array([1.0, 1.1, 0.9, 1.0]), np.array([0.1, -0.1, 0.2, -0.2]), np.array([1.0, 2.0, 0.5, 1.0])]
    arms = ("synthetic_1", "synthetic_2", "held_out")
    rows = augmentation.corrected([Gain("auc", a, {}, d) for a, d in zip(arms, differences, strict=True)], 9)
    assert rows[0].settings["p_holm"] == pytest.approx(2 * rows[0].settings["p"])
    assert rows[1].settings["p_holm"] == rows[1].settings["p"] and "p_holm" not in rows[2].settings
    assert rows[0].value == 1 and rows[0].low == pytest.approx(1 - 3.182446 * np.std(differences[0], ddof=1) / 2)
    assert intervals.p_of_mean(np.zeros(3)) == 1 and intervals.p_of_mean(np.ones(3)) == 0


def test_a_classical_augmentation_moves_and_mirrors():
    labels = np.arange(64) % 2
    left = np.zeros((64, 4, 4, 1), np.uint8)
    left[labels == 0, :, :2] = 255
    left[labels == 1, :, 2:] = 255
    plain, mirrored = (
        fit("linear", [Labelled(left, labels)], 2, steps=50, seed=0, classical=how)(left).argmax(axis=1)
        for how in (Classical(), Classical(0.3, flip=True))
    )
    assert np.mean(plain == labels) == 1 and np.mean(mirrored == labels) < 0.9  # sides tell nothing any more
    with pytest.raises(InputError, match="multiple"):
        fit("linear", [Labelled(left, labels)], 2, steps=60, seed=0)


SPRITES = "sprites(count=96, resolution=(8, 8))"
TEST = "--test=sprites(count=60, resolution=(8, 8), seed=9)"


def test_the_command_takes_a_generator_of_the_same_images_alone(gan_run, tmp_path, capsys):
    fast = ["--families=linear", "--steps=50", "--ratios=1", TEST]
    with pytest.raises(InputError, match="none of the subsets"):
        augment.main([SPRITES, str(gan_run), "--shares=0.5", "--seeds=2", *fast])
    out = tmp_path / "found.jsonl"
    again = tmp_path / "again"
    again.symlink_to(gan_run)
    arguments = [SPRITES, str(gan_run), str(again), "--shares=1", "--seeds=2", "--deviation=1.2", f"--out={out}", *fast]
    assert augment.main(arguments) == 0
    rows = {row["name"]: row for row in map(json.loads, out.read_text().splitlines())}
    assert {"auc/only_synthetic", "rare_recall/real", "gain_auc/filtered_1", "gain_auc/duplicates"} <= rows.keys()
    assert "auc/held_out" not in rows  # there are no more
    assert rows["auc/real"]["features"]["deviation"] == 1.2 and len(rows["auc/real"]["checkpoint_sha256"]) == 64
    assert "over the better of" in capsys.readouterr().out
    with pytest.raises(InputError, match="gan is one model too many of its subset"):
        augment.main([SPRITES, str(again), str(again), str(gan_run), "--shares=1", "--seeds=2", *fast])
    with pytest.raises(InputError, match="Share 1: there is no RUN of the seeds 1, and of the others there is"):
        augment.main([SPRITES, str(gan_run), "--shares=1", "--seeds=2", *fast])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shares=2"], "shares are above 0"),
        (["--shares=a"], r"--shares=a: .* such as 0\.1,0\.5"),
        (["--shares=1,1"], "--shares=1,1: one is given twice"),
        (["--families=forest"], "forest"),
        (["--families=linear,linear"], "--families=linear,linear: one is given twice"),
        (["--seeds=1"], "at least 2"),
        (["--steps=70"], "--steps=70: 50 are made at a time"),
        (["--redraw=2"], "--redraw is of a generator's images: name a RUN"),
    ],
)
def test_bad_arguments_are_told_of_before_an_image_is_read(arguments, message):
    with pytest.raises(InputError, match=message):
        augment.main(["no_folder", "--test=no_folder_either", *arguments])


def archive(path, labels: list[int], seed: int, classes: str = "") -> str:
    pixels = np.random.default_rng(seed).integers(0, 256, (len(labels), 4, 4, 1), np.uint8)
    np.savez(path, images=pixels, labels=labels, **({"classes": list(classes)} if classes else {}))
    return str(path)


def test_sets_that_do_not_go_together(tmp_path, vae_run):
    train = archive(tmp_path / "train.npz", [0, 1, 2] * 20, 0)
    test = archive(tmp_path / "test.npz", [0, 1, 2] * 5, 1)
    few = archive(tmp_path / "few.npz", [0, 1, 2] * 4 + [1] * 40, 2)
    odd = {
        "less": archive(tmp_path / "less.npz", [0, 2] * 5, 1),
        "more": archive(tmp_path / "more.npz", [0, 1, 2, 3] * 5, 1),
        "one": archive(tmp_path / "one.npz", [1] * 9, 1),
        "named": archive(tmp_path / "named.npz", [0, 1, 2] * 5, 1, "abc"),
        "others": archive(tmp_path / "others.npz", [0, 1, 2] * 20, 0, "abd"),
    }
    for (one, other, *more), message in {
        (train, odd["less"]): "--test has no image of class 1, and TRAIN has",
        (train, odd["more"]): "TRAIN has no image of class 3, and --test has",
        (train, odd["one"]): "--test has no labels, or one class alone",
        (odd["others"], odd["named"]): "TRAIN has the classes a, b, d, --test a, b, c: give both the same",
        (train, train): "--test: all its images of class 0 are training images too",
        (
            train,
            test,
            "--shares=0.1",
        ): r"--shares: of 0\.1 of TRAIN 2 images are of class 0, and 5 .*: give 0\.2\d* or more",
        (few, test, "--shares=1"): "TRAIN has 4 images of class 0, .*: leave the class out",
        (train, test, str(vae_run), "--shares=0.5"): "vae is not asked for classes: train a class-conditional model",
    }.items():
        with pytest.raises(InputError, match=message):
            augment.main([one, *more, f"--test={other}", "--seeds=2"])


def test_what_is_interrupted_says_what_there_is(tmp_path, monkeypatch, caplog):
    """By Ctrl-C in the second of two studies."""
    score, calls = augmentation.Score(0.5, 0.5, 0.5), []

    def scores(cell, test, plan):
        calls.append(cell)
        if len(calls) > 2:
            raise KeyboardInterrupt
        return dict.fromkeys(("real", "classical", "duplicates"), score), {"classical": Classical(0.04, flip=True)}

    monkeypatch.setattr(augmentation, "scores", scores)
    caplog.set_level("INFO")
    out = tmp_path / "out.jsonl"
    with pytest.raises(KeyboardInterrupt):
        augment.main([SPRITES, TEST, "--shares=0.5,1", "--seeds=2", "--families=linear", f"--out={out}"])
    assert {json.loads(line)["settings"]["share"] for line in out.read_text().splitlines()} == {0.5}
    assert "seed 0: augmented: moved by up to 4%, mirrored" in caplog.text
    assert "out.jsonl has the lines that were shown, and no others of this study" in caplog.text
