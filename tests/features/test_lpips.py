"""LPIPS against its definition spelled out in PyTorch, and what a distance must do."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.features import lpips, perceptual
from gan_jax.features.squeezenet import SqueezeNet

GOLDEN = [0.806738317, 0.832379699]  # benchmarks/parity/golden_networks.py


@pytest.fixture
def drawn(weights_file):
    shapes = jax.eval_shape(SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 64, 64, 3)))
    heads = {f"lpips_v0.1.squeeze.lin{k}.model.1.weight": (1, c, 1, 1) for k, c in enumerate(lpips.CHANNELS)}
    return lpips.load(weights_file(shapes, heads), batch_size=2)


def test_distances_are_pytorchs_and_behave(drawn, smooth_images):
    a, b = smooth_images(2, 64, 50, 3), smooth_images(2, 64, 50, 3, key=8)
    distances = drawn(a, b)
    np.testing.assert_allclose(distances, GOLDEN, rtol=1e-4)
    np.testing.assert_allclose(drawn(b, a), distances, rtol=1e-5)
    np.testing.assert_array_equal(drawn(a, a), 0)
    assert drawn.identity["name"] == "lpips_squeeze"


def test_as_features_squared_distances_are_lpips(drawn, smooth_images, monkeypatch):
    monkeypatch.setattr(lpips, "load", lambda weights: drawn)
    a, b = smooth_images(2, 20, 22, 3), smooth_images(2, 20, 22, 3, key=8)
    x, y = (perceptual.make(batch_size=2)(images).astype(np.float64) for images in (a, b))
    np.testing.assert_allclose(np.square(x - y).sum(axis=1), drawn(a, b), rtol=1e-4)


def test_places_without_features_have_a_gradient():
    gradient = jax.grad(lambda x: lpips.unit(x).sum())(jnp.array([[[[0.0, 0.0], [3.0, 4.0]]]]))
    np.testing.assert_allclose(gradient[0, 0], [[0, 0], [0.2 * 0.16, -0.2 * 0.12]], atol=1e-7)


def test_unfit_images_are_refused(drawn):
    with pytest.raises(InputError, match="17"):
        drawn(np.zeros((1, 16, 30, 3), np.uint8), np.zeros((1, 16, 30, 3), np.uint8))
    with pytest.raises(InputError, match=r"shapes \(1, 20, 20, 3\) and \(2, 20, 20, 3\)"):
        drawn(np.zeros((1, 20, 20, 3), np.uint8), np.zeros((2, 20, 20, 3), np.uint8))


def test_real_weights_rank_distortions(test_data):
    distance = lpips.load(str(test_data / "weights_squeezenet1_1_lpips.npz"), batch_size=8)
    with np.load(test_data / "emoji_pairs_64.npz", allow_pickle=False) as file:
        images = file["noto"][:8, ..., :3]
    noise = np.random.default_rng(0).normal(size=images.shape)
    values = [distance(images, np.clip(images + s * noise, 0, 255).astype(np.uint8)).mean() for s in (5, 20, 80)]
    assert 0 < values[0] < values[1] < values[2] < 1
