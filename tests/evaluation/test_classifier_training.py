"""The classifier learns real digits, gives the same weights again, and its file gives the same features again."""

import subprocess
import sys

import numpy as np
import pytest
from sklearn.datasets import load_digits

from gan_jax.errors import InputError
from gan_jax.evaluation.train_classifier import train
from gan_jax.features import classifier, weights
from gan_jax.metrics.conditional_accuracy import conditional_accuracy


@pytest.fixture(scope="module")
def digits():
    digits = load_digits()
    images = np.round(digits.images * 255 / 16).astype(np.uint8)[..., None]
    return images, digits.target


def test_digits_are_learnt_the_same_way_twice_and_kept(digits, tmp_path):
    images, labels = digits
    held_out = dict(test_images=images[1437:], test_labels=labels[1437:])
    first, again = (train(images[:1437], labels[:1437], epochs=6, progress=False, **held_out) for _ in range(2))
    assert first.about["test_accuracy"] > 0.93  # the last fifth of this set was written by other people
    assert weights.fingerprint(first.arrays) == weights.fingerprint(again.arrays)

    weights.write(tmp_path / "digits.npz", first.arrays, **first.about)
    features = classifier.make(str(tmp_path / "digits.npz"))
    outputs = features.outputs(held_out["test_images"])
    assert outputs["features"].shape == (360, features.dimension)
    accuracy = conditional_accuracy(outputs["logits"], held_out["test_labels"])
    assert accuracy.value == first.about["test_accuracy"] == features.identity["test_accuracy"]
    assert features.frechet_name == "fd_classifier"
    # Colour copies of grey images and copies of twice the size are read alike.
    np.testing.assert_allclose(features(np.repeat(images[:9], 3, axis=-1)), features(images[:9]), atol=1e-5)
    double = features.outputs(images[:200].repeat(2, axis=1).repeat(2, axis=2))["logits"]
    assert conditional_accuracy(double, labels[:200]).value > 0.8


def test_without_a_file_it_says_how_to_make_one(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path))
    with pytest.raises(InputError, match=r"gan-jax classifier --out="):
        classifier.make()


def test_conditional_accuracy():
    logits = np.eye(3)[[0, 1, 2, 2]]
    labels = np.array([0, 1, 2, 0])
    accuracy = conditional_accuracy(logits, labels)
    assert accuracy.value == 0.75
    np.testing.assert_allclose(accuracy.sd, np.sqrt(0.75 * 0.25 / 4))
    with pytest.raises(InputError, match="label 5 is none of the classifier's 3 classes"):
        conditional_accuracy(logits, np.array([0, 1, 2, 5]))
    with pytest.raises(InputError, match="4 images have 1 labels"):
        conditional_accuracy(logits, np.array([0]))


def test_the_command_trains_and_says_how_well(digits, tmp_path):
    images, labels = digits
    np.savez(tmp_path / "set.npz", images=images[:300], labels=labels[:300].astype(np.int32))
    out = tmp_path / "classifier.npz"
    command = [sys.executable, "-m", "gan_jax", "classifier", f"--out={out}", "--epochs=1"]
    source = ["--config.data.source.name=npz", f"--config.data.source.path={tmp_path / 'set.npz'}"]
    done = subprocess.run([*command, *source], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "on 30 held-out images" in done.stderr
    assert weights.read(out).about["num_classes"] == 10
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "Say what to train on" in done.stderr
