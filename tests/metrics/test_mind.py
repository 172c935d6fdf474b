import numpy as np
import pytest

from gan_jax.metrics.mind import mind, sliced_wasserstein

REAL, FAKE = (np.random.default_rng(seed).standard_normal((1000, 24)) for seed in (10, 11))


def assert_shift(distance) -> None:
    """A shift by 0.5 per coordinate is 3 d 0.5², within the noise of 1000 directions."""
    assert distance(REAL, REAL + 0.5) == pytest.approx(3 * 24 * 0.25, rel=3 * np.sqrt(2 / 1000))


def test_a_shift():
    assert_shift(lambda real, fake: mind(real, fake).value)
    estimate = mind(REAL, REAL + 0.5)
    assert estimate.sd == pytest.approx(estimate.value * np.sqrt(2 / 1000), rel=0.2)


def test_a_shift_is_exact_over_an_orthonormal_basis():
    basis = np.linalg.qr(np.random.default_rng(2).standard_normal((24, 24)))[0]
    assert 24 * np.mean(sliced_wasserstein(REAL, REAL + 0.5, basis)) == pytest.approx(24 * 0.25, rel=1e-12)


def test_a_scale():
    whitened = np.linalg.qr(REAL - REAL.mean(axis=0))[0] * np.sqrt(len(REAL))
    assert mind(whitened, 1.5 * whitened).value == pytest.approx(3 * 24 * 0.5**2, rel=1e-10)


def test_unsorted_projections_are_caught():
    def faulty(real, fake):
        shuffled = np.random.default_rng(3).permutation(fake)
        return 3 * 24 * np.mean((real - shuffled) ** 2)

    with pytest.raises(AssertionError):
        assert_shift(faulty)


def test_directions_that_are_not_unit_vectors_are_caught():
    def faulty(real, fake):
        return 3 * 24 * np.mean(sliced_wasserstein(real, fake, np.random.default_rng(0).standard_normal((1000, 24))))

    with pytest.raises(AssertionError):
        assert_shift(faulty)


def test_the_floor_of_finite_samples():
    real, fake = (np.random.default_rng(seed).standard_normal((4000, 64)) for seed in (10, 11))
    assert mind(real, fake, directions=200).value == pytest.approx(0.32, rel=0.25)


def test_equal_moments_do_not_fool_it():
    signs = np.sign(FAKE)  # mean 0 and covariance I, as REAL, but no Gaussian
    assert mind(REAL[:, :1], signs[:, :1]).value > 10 * mind(REAL[:, :1], FAKE[:, :1]).value


def test_order_sides_and_sizes():
    shuffled = np.random.default_rng(3).permutation(FAKE)
    assert mind(REAL, shuffled).value == pytest.approx(mind(REAL, FAKE).value, rel=1e-12)
    assert mind(FAKE, REAL).value == mind(REAL, FAKE).value
    assert mind(REAL, REAL).value == 0
    assert mind(REAL, FAKE[:500] + 1).value == pytest.approx(3 * 24, rel=0.15)
