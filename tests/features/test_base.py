"""What all extractors promise: one vector per image whatever the batch, colours by one rule, an identity."""

import hashlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.data import pixels as data_pixels
from gan_jax.errors import InputError
from gan_jax.features import Features, pixels, random, weights
from gan_jax.features.base import to_colours


def test_an_image_has_one_vector_in_any_batch_and_order(smooth_images):
    images = smooth_images(13, 16, 16, 3)
    features = random.make(size=16, batch_size=4)
    together = features(images)
    assert together.dtype == np.float32
    for size in (1, 7):
        parts = [features(images[start : start + size]) for start in range(0, 13, size)]
        np.testing.assert_allclose(np.concatenate(parts), together, rtol=1e-6)
    order = np.random.default_rng(0).permutation(13)
    np.testing.assert_allclose(features(images[order]), together[order], rtol=1e-6)
    np.testing.assert_allclose(random.make(size=16, batch_size=5)(images), together, rtol=1e-5, atol=1e-7)


def test_no_reduced_precision_can_enter(smooth_images):
    images = smooth_images(2, 16, 16, 3)
    seen = []

    def apply(params, batch):
        seen.append(jax.config.jax_default_matmul_precision)
        return {"features": jnp.zeros((len(batch), 1))}

    with jax.default_matmul_precision("tensorfloat32"):
        Features("spy", 1, {}, {}, apply)(images)
    assert seen == ["highest"]
    network = random.make(size=16)  # and no layer of the networks asks for less
    with jax.default_matmul_precision("highest"):
        program = jax.jit(network.apply).lower(network.params, images).as_text()
    assert program.count("HIGHEST") >= 3
    assert "DEFAULT" not in program


def test_colours_follow_the_data_package():
    rng = np.random.default_rng(0)
    for given in (1, 3, 4):
        images = rng.integers(0, 256, (2, 9, 8, given), dtype=np.uint8)
        for wanted in (1, 3):
            expected = np.stack([data_pixels.to_channels(image, wanted) for image in images])
            np.testing.assert_array_equal(to_colours(jnp.asarray(images), wanted), expected)
    half = np.array([[[[0, 128]]]], np.uint8)  # grey with transparency: black at half opacity over white
    assert to_colours(jnp.asarray(half), 3).ravel().tolist() == [127, 127, 127]


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (np.zeros((2, 4, 4, 3), np.float32), "quantise with gan_jax.images.to_uint8"),
        (np.zeros((4, 4, 3), np.uint8), r"not uint8 \[4, 4, 3\]"),
        (np.zeros((0, 4, 4, 3), np.uint8), "empty"),
    ],
)
def test_what_is_no_set_of_images_is_refused(images, message):
    with pytest.raises(InputError, match=message):
        pixels.make()(images)


def test_pixels_are_the_pixels():
    images = np.arange(2 * 2 * 3 * 1, dtype=np.uint8).reshape(2, 2, 3, 1) * 20
    np.testing.assert_allclose(pixels.make()(images), images.reshape(2, 6) / np.float32(255))
    flat = np.full((2, 8, 8, 3), 100, np.uint8)
    np.testing.assert_allclose(pixels.make(size=(2, 4))(flat), np.full((2, 24), 100 / 255), rtol=1e-6)


def test_random_weights_never_change():
    features = random.make()
    assert features.identity["weights_sha256"] == "44f4c2fb70c01fadd07bf7dc0f1d0a8ee2a498bb9e69f3985bde4c486de37969"
    assert random.make(seed=1).identity["weights_sha256"] != features.identity["weights_sha256"]
    first = np.random.Philox(key=0).random_raw(1)[0] >> 40
    expected = (int(first) / 2**23 - 1) * np.sqrt(6 / 27)
    assert features.params["kernel0"].ravel()[0] == np.float32(expected)


def test_random_features_tell_textures_apart(smooth_images):
    images = smooth_images(64, 32, 32, 3)
    noisy = np.random.default_rng(0).integers(0, 256, images.shape, dtype=np.uint8)
    features = random.make(size=32)
    a, b = features(images), features(noisy)
    assert a.shape == (64, features.dimension) == (64, 512)
    between = np.linalg.norm(a.mean(0) - b.mean(0))
    assert between > 3 * np.linalg.norm(a[:32].mean(0) - a[32:].mean(0))


def test_names_of_distances():
    assert random.make().frechet_name == "fd_random"
    assert pixels.make().frechet_name == "fd_pixels"


def test_fingerprint_is_of_names_types_shapes_and_values():
    a = {"x": np.arange(4, dtype=np.float32), "y": np.zeros((2, 1), np.float32)}
    expected = hashlib.sha256(b"x <f4 (4,)\n" + a["x"].tobytes() + b"y <f4 (2, 1)\n" + a["y"].tobytes()).hexdigest()
    assert weights.fingerprint(dict(reversed(a.items()))) == expected
    assert weights.fingerprint(a | {"y": np.zeros((1, 2), np.float32)}) != expected


def test_extractors_are_told_apart_by_identity_so_that_references_can_be_kept(smooth_images):
    first, second = pixels.make(), pixels.make()
    assert len({first, second, first}) == 2
