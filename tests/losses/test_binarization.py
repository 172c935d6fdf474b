import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax import rng
from gan_jax.images import from_uint8
from gan_jax.losses import binarization
from gan_jax.losses.likelihoods import bernoulli
from gan_jax.objectives.observed import observed, observed_and

GREY = np.random.default_rng(0).integers(0, 256, (6, 5, 5, 1), dtype=np.uint8)
BATCH = {"image": jnp.asarray(GREY), "position": jnp.arange(6, dtype=jnp.int32)}
KEYS = rng.per_example(rng.key(1), jnp.arange(6))


@pytest.mark.parametrize("name", ["dynamic", "fixed"])
def test_a_level_is_the_probability_of_white(name):
    levels = np.full((20_000, 1, 2, 1), [[[64], [250]]], np.uint8)
    levels = np.concatenate([levels, np.arange(20_000).reshape(-1, 1, 1, 1).repeat(2, axis=2) % 251], axis=1)
    levels[:, 1, 0, 0] = np.arange(20_000) // 251  # so that no two images are alike
    keys = rng.per_example(rng.key(1), jnp.arange(20_000))
    drawn = getattr(binarization, name)(from_uint8(jnp.uint8(levels)), keys)
    assert set(np.unique(drawn)) == {-1.0, 1.0}
    share = (np.asarray(drawn)[:, 0, :, 0] == 1).mean(axis=0)
    np.testing.assert_allclose(share, np.array([64, 250]) / 255, atol=4 * 0.5 / np.sqrt(20_000))


@pytest.mark.parametrize("name", ["dynamic", "fixed"])
def test_black_and_white_stay_as_they_are(name):
    draw = getattr(binarization, name)
    once = draw(from_uint8(BATCH["image"]), KEYS)
    np.testing.assert_array_equal(draw(once, KEYS[::-1]), once)


def test_dynamic_is_by_place_and_step_and_fixed_by_the_pixels_alone():
    dynamic, fixed = bernoulli(binarize="dynamic"), bernoulli(binarize="fixed")
    first, second = (observed(BATCH, dynamic, rng.stream(rng.key(0), step, "autoencoder")) for step in (0, 1))
    assert (first != second).any(axis=(1, 2, 3)).all()
    part = {name: x[2:4] for name, x in BATCH.items()}
    np.testing.assert_array_equal(observed(part, dynamic, rng.stream(rng.key(0), 0, "autoencoder")), first[2:4])
    order = jnp.array([3, 0, 5, 1, 2, 4])
    moved = {**BATCH, "image": BATCH["image"][order]}
    once = observed(BATCH, fixed, jax.random.key(0))
    np.testing.assert_array_equal(observed(moved, fixed, jax.random.key(9)), once[order])


def test_a_condition_is_drawn_once_and_for_all_others_it_is_the_image_itself():
    plain = observed_and(bernoulli(), 0)(BATCH, KEYS)["image"]
    np.testing.assert_array_equal(plain, GREY)
    drawn = observed_and(bernoulli(binarize="dynamic"), 0)(BATCH, KEYS)["image"]
    assert drawn.dtype == jnp.uint8 and set(np.unique(drawn)) == {0, 255}
    np.testing.assert_array_equal(from_uint8(drawn), binarization.dynamic(from_uint8(BATCH["image"]), KEYS))


def test_names_of_what_is_explained():
    assert bernoulli().log_weight == "log_density"
    assert bernoulli(binarize="fixed").log_weight == "log_probability_of_fixed_binary"
