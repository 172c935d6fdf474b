"""The 2015-12-05 Inception against PyTorch's numbers for the same weights and images, and its quirks one by one."""

import pathlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.features import inception, weights

# benchmarks/parity/golden_networks.py
FEATURES = [0.0, 0.368068963, 0.0, 0.045694944, 0.0, 0.394573927, 0.0, 0.053105574]
NORMS = [13.01494503, 13.14938736]
LOGITS = [-0.155660897, -0.605077982, 0.107368059, 0.842097402, -0.200928122, -0.553164423, 0.089689732, 0.857939601]


@pytest.fixture
def shapes():
    return jax.eval_shape(inception.Inception().init, jax.random.key(0), jnp.zeros((1, 75, 75, 3)))


def test_features_and_logits_are_pytorchs(weights_file, shapes, smooth_images):
    variables = inception.make(weights_file(shapes)).params
    x = (jnp.asarray(smooth_images(2, 107, 75, 3), jnp.float32) - 128) / 128
    pooled, logits = jax.jit(inception.Inception().apply)(variables, x)
    np.testing.assert_allclose(jnp.linalg.norm(pooled, axis=1), NORMS, rtol=1e-5)
    np.testing.assert_allclose(pooled[:, ::512].ravel(), FEATURES, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(logits[:, ::252].ravel(), LOGITS, rtol=1e-4)


def test_only_the_published_file_with_its_resize_makes_fid(shapes, monkeypatch):
    zeros = {name: np.broadcast_to(np.float32(0), shape) for name, shape in weights.torch_names(shapes).values()}

    def name_of(source_sha256, **settings):
        monkeypatch.setattr(weights, "load", lambda *_: weights.Weights(zeros, source_sha256, pathlib.Path("some.npz")))
        return inception.make(**settings).frechet_name

    published = weights.PUBLISHED["inception"].sha256
    assert name_of(published) == "fid"
    assert name_of(published, resize_method="clean") == "fd_inception"
    assert name_of("") == name_of(published[:-1] + "0") == "fd_inception"


def test_without_weights_it_says_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path))
    with pytest.raises(
        InputError, match=r"inception: there are no weights at .*inception.npz.*fetch inception.*pytorch-fid"
    ):
        inception.make()
