"""SqueezeNet against PyTorch's numbers for the same weights and images."""

import io
import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gan_jax.errors import InputError
from gan_jax.features import squeezenet

# benchmarks/parity/golden_networks.py
MAP_MEANS = [0.341291159, 0.626305044, 0.890433013, 1.393037677, 1.243703365, 1.118726254, 0.879944086]
FEATURES = [0.0, 0.0, 1.236714244, 0.062254276, 0.006704954, 0.0, 1.424385786, 0.044694487]


@pytest.fixture
def shapes():
    return jax.eval_shape(squeezenet.SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 64, 50, 3)))


def test_maps_and_features_are_pytorchs(weights_file, shapes, smooth_images):
    features = squeezenet.make(weights_file(shapes), size=64, batch_size=2)
    x = (smooth_images(2, 64, 50, 3) / 255 - np.array(squeezenet.MEAN)) / np.array(squeezenet.DEVIATION)
    maps = jax.jit(squeezenet.SqueezeNet().apply)(features.params, jnp.asarray(x, jnp.float32))
    np.testing.assert_allclose([m.mean() for m in maps], MAP_MEANS, rtol=1e-5)
    np.testing.assert_allclose(maps[-1].mean((1, 2))[:, ::128].ravel(), FEATURES, rtol=1e-4, atol=1e-6)


def test_grey_is_repeated_and_the_identity_says_all(weights_file, shapes, smooth_images):
    features = squeezenet.make(weights_file(shapes), size=32, batch_size=2)
    grey = smooth_images(2, 12, 12, 1)
    np.testing.assert_array_equal(features(grey), features(np.repeat(grey, 3, axis=-1)))
    assert features(grey).shape == (2, features.dimension)
    assert features.frechet_name == "fd_squeezenet"
    assert features.identity["size"] == [32, 32]
    assert features.identity["resize"] == "clean"
    assert len(features.identity["weights_sha256"]) == 64


def test_the_hash_is_of_the_network_alone(weights_file, shapes):
    bare = squeezenet.make(weights_file(shapes)).identity
    with_heads = squeezenet.make(
        weights_file(shapes, {"lpips_v0.1.squeeze.lin0.model.1.weight": (1, 64, 1, 1)})
    ).identity
    assert bare == with_heads


def test_weights_of_another_network_are_refused(weights_file, shapes):
    del shapes["params"]["features.7"]
    with pytest.raises(InputError, match=r"drawn.npz \(SHA-256 \w{64}\): it has no features.7"):
        squeezenet.make(weights_file(shapes))


def test_real_weights_know_real_images(test_data):
    with np.load(test_data / "weights_squeezenet1_1_lpips.npz", allow_pickle=False) as file:
        head, bias = file["classifier.1.weight_fp16"][:, :, 0, 0].astype(np.float32), file["classifier.1.bias"]
    features = squeezenet.make(str(test_data / "weights_squeezenet1_1_lpips.npz"), batch_size=21)
    with np.load(test_data / "imagenet_sample_256.npz", allow_pickle=False) as file:
        encoded, offsets, labels, names = file["data"], file["offsets"], file["labels"], file["names"]
    images = np.stack([_decode(encoded[a:b]) for a, b in itertools.pairwise(offsets)])

    def apply(params, images):
        x = (images.astype(jnp.float32) / 255 - jnp.array(squeezenet.MEAN)) / jnp.array(squeezenet.DEVIATION)
        maps = squeezenet.SqueezeNet().apply(params, x)
        return jax.nn.relu(maps[-1] @ head.T + bias).mean((1, 2))

    predicted = np.argmax(jax.jit(apply)(features.params, images), 1)
    assert np.mean(predicted == labels) > 0.5, names


def _decode(data):
    image = Image.open(io.BytesIO(data.tobytes())).convert("RGB")
    return np.asarray(image.resize((224, 224), Image.Resampling.BICUBIC))
