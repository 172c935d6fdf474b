import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.data import augment
from gan_jax.errors import InputError

KEYS = jax.random.split(jax.random.key(0), 200)
NOISE = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (200, 8, 16, 3)).astype(np.float32))


@pytest.fixture(scope="module")
def moved():
    return np.asarray(augment.translate(NOISE, KEYS, fraction=0.125, fill=-3.0))


def test_translation_moves_by_whole_pixels_in_both_directions(moved):
    found = []
    for before, after in zip(np.asarray(NOISE), moved, strict=True):
        shifts = [(y, x) for y in (-1, 0, 1) for x in (-2, -1, 0, 1, 2) if np.array_equal(shifted(before, y, x), after)]
        assert len(shifts) == 1
        found += shifts
    assert len(set(found)) == 15


def shifted(image, down, right):
    out = np.full_like(image, -3)
    for row in range(8):
        for column in range(16):
            if 0 <= row - down < 8 and 0 <= column - right < 16:
                out[row, column] = image[row - down, column - right]
    return out


def test_an_image_is_changed_by_its_own_key_alone(moved):
    assert np.array_equal(augment.translate(NOISE[5:9], KEYS[5:9], fill=-3.0), moved[5:9])


def test_the_gradient_of_a_translation_is_the_way_back():
    images, weights = NOISE[:8], NOISE[8:16]
    _, backward = jax.vjp(lambda x: augment.translate(x, KEYS[:8]), images)
    inner = (augment.translate(images, KEYS[:8]) * weights).sum((1, 2, 3))
    np.testing.assert_allclose((images * backward(weights)[0]).sum((1, 2, 3)), inner, rtol=1e-4, atol=1e-4)


def test_cutout_takes_one_rectangle_of_half_the_sides():
    hole = np.asarray(augment.cutout(jnp.ones((200, 8, 16, 1)), KEYS))[:, :, :, 0] == 0
    rows, columns = hole.any(2).sum(1), hole.any(1).sum(1)
    assert (hole.sum((1, 2)) == rows * columns).all()
    assert (rows.min(), rows.max()) == (2, 4) and (columns.min(), columns.max()) == (
        4,
        8,
    )  # centred on the edge: half of it
    assert hole.mean(0).min() > 0.05  # it can be anywhere


def test_colour_of_a_grey_image_is_an_affine_map_in_range():
    grey = NOISE[:, :, :, :1]
    changed = np.asarray(augment.colour(grey, KEYS))
    means, changed_means = grey.mean((1, 2, 3)), changed.mean((1, 2, 3))
    shift = changed_means - means
    scale = changed.std((1, 2, 3)) / grey.std((1, 2, 3))
    assert -0.5 <= shift.min() < -0.45 and 0.45 < shift.max() <= 0.5
    assert 0.5 <= scale.min() < 0.55 and 1.45 < scale.max() <= 1.5
    wanted = (grey - means[:, None, None, None]) * scale[:, None, None, None] + changed_means[:, None, None, None]
    np.testing.assert_allclose(changed, wanted, atol=1e-5)


def test_saturation_scales_the_distance_to_grey_between_none_and_twice():
    changed = np.asarray(augment.colour(NOISE, KEYS))
    contrast = changed.mean(3).std((1, 2)) / NOISE.mean(3).std((1, 2))
    chroma = (changed - changed.mean(3, keepdims=True)).std((1, 2, 3)) / (NOISE - NOISE.mean(3, keepdims=True)).std(
        (1, 2, 3)
    )
    saturation = chroma / contrast
    assert 0 <= saturation.min() < 0.1 and 1.9 < saturation.max() <= 2.001


@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_keeps_its_values_under_colour(channels):
    paint = NOISE[..., :channels]
    images = jnp.concatenate([paint, NOISE[..., 2:]], axis=3)
    changed = np.asarray(augment.colour(images, KEYS))
    assert (changed[..., -1] == images[..., -1]).all()
    np.testing.assert_allclose(changed[..., :-1], augment.colour(paint, KEYS), atol=1e-5)


def test_diffaugment_uses_its_policy_and_names_unknown_parts():
    assert np.array_equal(augment.diffaugment(NOISE, KEYS, policy=()), NOISE)
    assert augment.diffaugment(NOISE[..., :1], KEYS).shape == (200, 8, 16, 1)
    with pytest.raises(InputError, match="'colr'"):
        augment.diffaugment(NOISE, KEYS, policy=("colr",))
