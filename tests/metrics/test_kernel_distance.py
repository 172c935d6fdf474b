import numpy as np
import pytest

from gan_jax.metrics.kernel_distance import kernel_distance, squared_mmd


def normal(count: int, size: int = 16, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, size))


def of_shift(size: int, shift: float) -> float:
    """The squared MMD of N(0, I) and N(shift, I) in closed form."""
    a = shift**2
    return (1 + a) ** 3 - 1 + (3 * a + 6 * a**2) / size + 6 * a / size**2


def test_the_definition_pair_by_pair():
    real, fake = normal(5, 3), normal(4, 3, 1)

    def k(x, y):
        return (x @ y / 3 + 1) ** 3

    within = [
        np.mean([k(x, y) for i, x in enumerate(side) for j, y in enumerate(side) if i != j]) for side in (real, fake)
    ]
    between = np.mean([k(x, y) for x in real for y in fake])
    assert squared_mmd(real, fake) == pytest.approx(sum(within) - 2 * between, rel=1e-12)


def test_shifted_gaussians():
    assert of_shift(16, 0.5) == pytest.approx(1.029297, abs=1e-6)
    assert of_shift(64, 0.3) == pytest.approx(0.300139, abs=1e-6)
    draws = [squared_mmd(normal(1500, 16, seed), 0.5 + normal(1500, 16, seed + 9)) for seed in range(6)]
    assert np.mean(draws) == pytest.approx(of_shift(16, 0.5), abs=4 * np.std(draws) / np.sqrt(6))


def assert_unbiased(distance) -> None:
    """Small samples of one law score 0 on average, so below 0 about as often as above."""
    draws = np.array([distance(normal(50, 16, seed), normal(50, 16, seed + 500)) for seed in range(200)])
    assert abs(draws.mean()) < 4 * draws.std() / np.sqrt(200)
    assert 0.3 < np.mean(draws < 0) < 0.8


def test_small_samples_are_unbiased_and_may_be_negative():
    assert_unbiased(squared_mmd)


def test_a_biased_estimate_is_caught():
    def faulty(real, fake):
        def mean(first, second):
            return np.mean((first @ second.T / 16 + 1) ** 3)

        return mean(real, real) + mean(fake, fake) - 2 * mean(real, fake)

    with pytest.raises(AssertionError):
        assert_unbiased(faulty)


def test_clipped_values_are_caught():
    with pytest.raises(AssertionError):
        assert_unbiased(lambda real, fake: max(squared_mmd(real, fake), 0))


def assert_precise(distance) -> None:
    real, fake = (side.astype(np.float32) for side in (normal(200) + 3, normal(200, seed=1) + 3))
    exact = squared_mmd(real.astype(np.float64), fake.astype(np.float64))
    assert distance(real, fake) == pytest.approx(exact, rel=1e-7)


def test_float32_features_lose_nothing():
    assert_precise(squared_mmd)


def test_low_precision_products_are_caught():
    def tf32(features):
        return (features.view(np.uint32) & np.uint32(0xFFFFE000)).view(np.float32)

    with pytest.raises(AssertionError):
        assert_precise(lambda real, fake: squared_mmd(tf32(real), tf32(fake)))


def test_subsets_give_mean_and_deviation():
    real, fake = normal(300), 0.2 + normal(250, seed=1)
    estimate = kernel_distance(real, fake, subsets=40, subset_size=100)
    assert estimate.value == pytest.approx(squared_mmd(real, fake), abs=4 * estimate.sd / np.sqrt(40) + 0.02)
    assert estimate == kernel_distance(real, fake, subsets=40, subset_size=100)
    whole = kernel_distance(real[:250], fake, subsets=2, subset_size=250)
    assert whole.value == pytest.approx(squared_mmd(real[:250], fake)) and whole.sd == pytest.approx(0, abs=1e-12)
