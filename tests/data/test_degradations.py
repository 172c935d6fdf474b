"""Degradations against closed forms, and as columns."""

import io

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from gan_jax.data import degradations, derive
from gan_jax.data.degradations import bump, filtered, kernel, sharpened, sinc, twice
from gan_jax.data.degradations import with_gaussian_noise as gaussian
from gan_jax.data.degradations import with_poisson_noise as poisson
from gan_jax.errors import InputError


def random(seed=0):
    return np.random.default_rng(seed)


def photograph(seed=0, side=(32, 40)):
    pixels = ndimage.gaussian_filter(random(seed).random((*side, 3)), (2, 2, 0))
    return (255 * (pixels - pixels.min()) / np.ptp(pixels)).astype(np.uint8)


def test_kernels_have_a_sum_of_one_and_odd_sides():
    drawn = [kernel(random(seed), (0.2, 3.0)) for seed in range(60)]
    assert all(weights.sum() == pytest.approx(1) for weights in drawn)
    assert {len(weights) for weights in drawn} == set(degradations.SIDES)
    assert any(weights.min() < 0 for weights in drawn) and sum(weights.min() >= 0 for weights in drawn) > 45


def test_gaussians_are_turned_and_to_an_exponent():
    weights = bump(9, (1.0, 2.0), 0.0, "gaussian")
    assert weights[5, 4] / weights[4, 4] == pytest.approx(np.exp(-0.5))  # one pixel down
    assert weights[4, 6] / weights[4, 4] == pytest.approx(np.exp(-0.5))  # two to the right
    np.testing.assert_allclose(bump(9, (1.0, 2.0), np.pi / 2, "gaussian"), weights.T)
    ratio = bump(9, (2.0, 2.0), 0.3, "generalized", 3.0)
    assert ratio[4, 5] / ratio[4, 4] == pytest.approx(np.exp(-0.5 * 0.25**3))
    flat = bump(9, (2.0, 2.0), 0.3, "plateau", 2.0)
    assert flat[4, 6] / flat[4, 4] == pytest.approx(0.5)


def test_sinc_passes_slow_waves_and_stops_fast_ones():
    weights = sinc(21, np.pi / 2)
    assert weights[10, 10] / weights[10, 11] == pytest.approx(np.pi / 4 / 0.5668240889)  # J1(pi / 2)
    wave = lambda frequency: np.cos(frequency * np.arange(21) - 10 * frequency)  # noqa: E731
    passed = [(weights * wave(frequency)).sum() for frequency in (0.6, 2.6)]
    assert passed[0] > 0.9 and abs(passed[1]) < 0.1


def test_filtering_is_convolution_with_mirrored_edges():
    picture = random().random((9, 12, 3))
    weights = kernel(random(3), (0.5, 2.0))
    expected = np.stack([ndimage.convolve(picture[..., c], weights, mode="reflect") for c in range(3)], axis=-1)
    small = bump(7, (1.0, 0.6), 0.4, "gaussian")
    by_scipy = np.stack([ndimage.convolve(picture[..., c], small, mode="reflect") for c in range(3)], axis=-1)
    np.testing.assert_allclose(filtered(picture, small), by_scipy, atol=1e-12)
    np.testing.assert_allclose(filtered(picture, weights), expected, atol=1e-12)


def test_noise_has_its_deviation_and_its_colours():
    flat = np.full((200, 200, 3), 0.5)
    noisy = gaussian(flat, random(), 20.0, False) - 0.5
    assert noisy.std() == pytest.approx(20 / 255, rel=0.02) and (noisy[..., 0] != noisy[..., 1]).any()
    grey = gaussian(flat, random(), 20.0, True)
    np.testing.assert_array_equal(grey[..., 0], grey[..., 2])
    steps = np.repeat(np.arange(64, 192, 2.0).repeat(4)[None, :, None], 200, 0).repeat(3, 2) / 255  # of 64 levels
    photons = poisson(steps, random(), 0.5, False) - steps
    np.testing.assert_allclose(photons.std(), 0.5 * np.sqrt(steps.mean() / 64), rtol=0.03)
    assert abs(photons.mean()) < 1e-3
    one = poisson(steps, random(), 0.5, True) - steps
    np.testing.assert_allclose(one[..., 0], one[..., 1], atol=1e-12)


def test_jpeg_is_pillows():
    pixels = photograph()
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "jpeg", quality=30)
    np.testing.assert_array_equal(derive.jpeg({"image": pixels}, quality=30), np.asarray(Image.open(stream)))
    assert (derive.jpeg({"image": pixels[..., :1]}, quality=30).shape) == (32, 40, 3)


def test_sharpening_steepens_edges_and_leaves_flat_places():
    edge = np.zeros((80, 160, 3))
    edge[:, 80:] = 0.5
    edge += 0.25
    found = sharpened(edge)
    assert found[40, 78, 0] < 0.2 and found[40, 81, 0] > 0.8
    np.testing.assert_allclose(found[:, :5], 0.25, atol=1e-6)
    assert (derive.sharpened({"image": np.full((8, 8, 3), 9, np.uint8)}) == 9).all()


@pytest.mark.parametrize("factor", [1, 2, 4])
def test_degraded_pictures_are_small_and_their_own(factor):
    pixels = photograph()
    found, again, other = (derive.degraded({"image": pixels}, random(seed), factor=factor) for seed in (1, 1, 2))
    assert found.shape == (32 // factor, 40 // factor, 3) and found.dtype == np.uint8
    np.testing.assert_array_equal(found, again)
    assert (found != other).any()
    with pytest.raises(InputError, match=r"degraded\.factor = 3 does not divide 32x40"):
        derive.degraded({"image": pixels}, random(), factor=3)


def test_degraded_pictures_keep_their_light_and_differ_in_how_bad_they_are():
    picture = photograph(side=(64, 64)) / 255
    drawn = np.stack([twice(picture, random(seed), 2) for seed in range(24)]).astype(float)
    right = 255 * picture.reshape(32, 2, 32, 2, 3).mean(axis=(1, 3))
    assert abs((drawn - right).mean()) < 3
    errors = np.sqrt(np.square(drawn - right).mean(axis=(1, 2, 3)))
    assert 2 * errors.min() < errors.max() < 60


def test_blur_is_a_gaussian():
    dot = np.zeros((31, 31, 1), np.uint8)
    dot[15, 15] = 255
    found = derive.blur({"image": dot}, deviation=1.0)
    assert found[15, 15, 0] == round(255 / (2 * np.pi)) == 41 or found[15, 15, 0] == 40
