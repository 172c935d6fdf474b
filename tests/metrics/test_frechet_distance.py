from functools import partial

import numpy as np
import pytest

from gan_jax.metrics.frechet_distance import frechet_distance, frechet_distance_infinite, small_sample_warning
from gan_jax.metrics.moments import Moments, measure


def normal(count: int, size: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, size))


def exact(size: int) -> Moments:
    """The moments of infinitely many samples of N(0, I)."""
    count = 10**12
    return Moments(count, np.zeros(size), np.eye(size) * (count - 1))


def by_eigenvalues(real: np.ndarray, fake: np.ndarray) -> float:
    """torch-fidelity's form: the complex square roots of the eigenvalues of the product of covariances."""
    first, second = np.cov(real, rowvar=False), np.cov(fake, rowvar=False)
    roots = np.sqrt(np.linalg.eigvals(first @ second).astype(np.complex128)).real
    means = real.mean(axis=0) - fake.mean(axis=0)
    return means @ means + np.trace(first) + np.trace(second) - 2 * roots.sum()


def test_compare_gans_fixture():
    real, fake = np.ones((100, 2)), np.full((100, 2), 9.0)
    real[:50, 0], fake[50:, 0] = 2, 2
    assert frechet_distance(real, fake).value == pytest.approx(89.0909, abs=1e-4)


def test_gaussians_with_diagonal_covariances():
    first, second = np.geomspace(1, 9, 5), np.geomspace(4, 0.1, 5)
    real, fake = (
        Moments(11, np.full(5, mean), np.diag(10 * spread**2)) for mean, spread in ((0.0, first), (2.0, second))
    )
    assert frechet_distance(real, fake).value == pytest.approx(5 * 2**2 + np.sum((first - second) ** 2), rel=1e-12)


@pytest.mark.parametrize(("real", "fake"), [(900, 700), (60, 900), (60, 70), (900, 3)])
def test_all_forms_agree(real, fake):
    spread = np.geomspace(1, 1e-3, 100)
    real, fake = normal(real, 100) * spread, 0.1 + normal(fake, 100, 1) * spread[::-1]
    value = frechet_distance(real, fake).value
    assert value == pytest.approx(by_eigenvalues(real, fake), rel=1e-6)
    assert value == pytest.approx(frechet_distance(measure(real), measure(fake)).value, rel=1e-9)
    assert value == pytest.approx(frechet_distance(measure(real), fake).value, rel=1e-9)
    assert value == pytest.approx(frechet_distance(fake, real).value, rel=1e-8)


def test_singular_covariances_give_no_nan():
    real, fake = np.repeat(normal(50, 3), 7, axis=1), np.repeat(normal(60, 3, 1), 7, axis=1)
    narrow = frechet_distance(real[:, ::7], fake[:, ::7]).value
    assert frechet_distance(real, fake).value == pytest.approx(7 * narrow, rel=1e-9)


def test_square_roots_without_a_complex_cast_are_caught():
    real, fake = (np.repeat(normal(50, 3, seed), 7, axis=1) for seed in (0, 1))
    product = np.cov(real, rowvar=False) @ np.cov(fake, rowvar=False)
    with np.errstate(invalid="ignore"):
        assert np.isnan(np.sqrt(np.linalg.eigvals(product).real)).any()


def test_a_set_and_itself_are_at_zero():
    features = normal(300, 50)
    assert frechet_distance(features, features).value == pytest.approx(0, abs=1e-10)


def assert_finite_sample_bias(distance) -> None:
    """(d²/2 + 2d)/n for n samples of one law on each side; the spread over draws is about 2 %."""
    size, count = 64, 1000
    draws = [distance(normal(count, size, seed), normal(count, size, seed + 100)) for seed in range(4)]
    assert np.mean(draws) == pytest.approx((size**2 / 2 + 2 * size) / count, rel=0.06)


def test_the_bias_of_finite_samples_is_known():
    assert_finite_sample_bias(lambda real, fake: frechet_distance(real, fake).value)


def test_a_distance_by_variances_alone_is_caught():
    def faulty(real, fake):
        spreads = real.std(axis=0, ddof=1) - fake.std(axis=0, ddof=1)
        return np.sum((real.mean(axis=0) - fake.mean(axis=0)) ** 2) + np.sum(spreads**2)

    with pytest.raises(AssertionError):
        assert_finite_sample_bias(faulty)


def assert_slope(distance) -> None:
    """Against the exact N(0, I_d), n·FD is d²/4 + d and a little more."""
    for size in (32, 64):
        products = [count * distance(exact(size), normal(count, size, count)) for count in (2000, 4000)]
        assert size**2 / 4 + size < np.mean(products) < 1.06 * (size**2 / 4 + size)


def test_the_slope_against_exact_statistics():
    assert_slope(lambda real, fake: frechet_distance(real, fake).value)


def test_a_covariance_of_half_the_samples_is_caught():
    with pytest.raises(AssertionError):
        assert_slope(lambda real, fake: frechet_distance(real, fake[::2]).value)


def test_infinite_samples_take_the_bias_away():
    fake = normal(3000, 32)
    plain, infinite = frechet_distance(exact(32), fake), frechet_distance_infinite(exact(32), fake)
    assert plain.value > 0.09
    assert abs(infinite.value) < 0.1 * plain.value + 3 * infinite.sd
    assert frechet_distance_infinite(exact(32), fake + 1).value == pytest.approx(32, rel=0.03)


def test_a_regression_on_the_size_itself_is_caught():
    fake, sizes = normal(3000, 32), np.linspace(300, 3000, 15).astype(int)
    intercept = np.polyfit(sizes, [frechet_distance(exact(32), fake[:size]).value for size in sizes], 1)[1]
    assert abs(intercept) > frechet_distance(exact(32), fake).value


def test_more_noise_never_lowers_the_distance():
    real, noise = normal(1500, 20), normal(1500, 20, 2)
    values = [frechet_distance(real, normal(1500, 20, 1) + level * noise).value for level in np.linspace(0, 2, 9)]
    assert np.all(np.diff(values) > 0)


def test_the_order_of_samples_does_not_matter():
    real, fake = normal(400, 20), normal(400, 20, 1)
    shuffled = np.random.default_rng(3).permutation(fake)
    assert frechet_distance(real, shuffled).value == pytest.approx(frechet_distance(real, fake).value, rel=1e-10)


def assert_float32_features_suffice(distance) -> None:
    real, fake = (side.astype(np.float32) for side in (normal(2000, 32) + 10, normal(2000, 32, 1) + 10))
    assert distance(real, fake) == pytest.approx(
        by_eigenvalues(real.astype(np.float64), fake.astype(np.float64)), rel=1e-6
    )


def test_low_precision_statistics_are_caught():
    def faulty(real, fake):
        rounded = (side.view(np.uint32) & np.uint32(0xFFFFE000) for side in (real, fake))  # TF32's ten bits
        return frechet_distance(*(side.view(np.float32) for side in rounded)).value

    assert_float32_features_suffice(lambda real, fake: frechet_distance(real, fake).value)
    with pytest.raises(AssertionError):
        assert_float32_features_suffice(faulty)


def test_the_warning_names_count_and_remedy():
    warn = partial(small_sample_warning, size=2048)
    assert warn(10240) is None
    assert "rank 1999 of 2048" in warn(2000)
    assert "rank" not in warn(5000) and "10240 or more" in warn(5000)


def test_the_limit_of_few_samples_needs_no_covariance():
    rng = np.random.default_rng(5)
    real, fake = rng.standard_normal((60, 90)), 1.5 * rng.standard_normal((80, 90))
    few = frechet_distance_infinite(real, fake)
    assert few == pytest.approx(frechet_distance_infinite(measure(real), fake), rel=1e-6)
    huge = np.zeros((40, 200_000), np.float32)  # whose covariance would take 320 GB
    huge[:, :50] = rng.standard_normal((40, 50))
    assert np.isfinite(frechet_distance_infinite(huge, huge + 1).value)
