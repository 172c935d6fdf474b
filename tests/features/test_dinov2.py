"""The DINOv2 transformer against PyTorch's numbers for the same weights and images."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.features import dinov2, weights
from gan_jax.features.resize import resize

# benchmarks/parity/golden_networks.py: two blocks, width 32, two heads, 28 x 42 pixels
TOKENS = [0.554822922, -2.004618406, -0.908309937, 0.814615607, 0.613200724, -2.029833078, -0.888206244, 0.773000419]


def test_class_tokens_are_pytorchs(weights_file, smooth_images):
    network = dinov2.VisionTransformer(width=32, depth=2, heads=2)
    x = resize(jnp.asarray(smooth_images(2, 64, 50, 3), jnp.float32), (28, 42), "torch") / 255
    shapes = jax.eval_shape(network.init, jax.random.key(0), x)
    variables, _ = weights.to_flax(weights.load("", weights_file(shapes)), shapes)
    tokens = jax.jit(network.apply)(variables, x)
    np.testing.assert_allclose(tokens[:, ::8].ravel(), TOKENS, rtol=1e-4)


@pytest.mark.parametrize(("name", "width", "parameters"), [("vits14", 384, 22_056_192), ("vitl14", 1024, 304_367_616)])
def test_published_sizes(name, width, parameters):
    shapes = jax.eval_shape(dinov2.NETWORKS[name].init, jax.random.key(0), jnp.zeros((1, 224, 224, 3)))
    # The published counts include the mask token, which the class token never sees.
    assert sum(leaf.size for leaf in jax.tree.leaves(shapes)) + width == parameters + width


def test_without_weights_it_says_where_they_are(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path))
    with pytest.raises(InputError, match=r"dinov2_vitl14: .*dl.fbaipublicfiles.com"):
        dinov2.make()
