import numpy as np
import pytest

from gan_jax.metrics.density_coverage import density_coverage, expected_coverage
from gan_jax.metrics.precision_recall import PrecisionRecall, precision_recall


def clusters(labels: np.ndarray, seed: int) -> np.ndarray:
    """Ten well separated classes in 8 dimensions."""
    centres = np.random.default_rng(9).normal(0, 6, (10, 8))
    return centres[labels] + np.random.default_rng(seed).standard_normal((len(labels), 8))


def normal(count: int, size: int = 8, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, size))


ALL, HALF = np.arange(600) % 10, np.arange(600) % 5


def assert_narrow_fake_is_precise(metric) -> None:
    scores = metric(normal(500), 0.3 * normal(500, seed=1))
    assert scores.precision.value > 0.95 > 0.5 > scores.recall.value


def test_precision_is_fidelity_and_recall_diversity():
    assert_narrow_fake_is_precise(precision_recall)


def test_swapped_precision_and_recall_are_caught():
    with pytest.raises(AssertionError):
        assert_narrow_fake_is_precise(lambda real, fake: precision_recall(fake, real))
    with pytest.raises(AssertionError):
        assert_narrow_fake_is_precise(lambda real, fake: PrecisionRecall(*precision_recall(real, fake)[::-1]))


def test_swapping_the_sets_swaps_the_scores_exactly():
    real, fake = normal(300), 0.5 + normal(200, seed=1)
    one, other = precision_recall(real, fake), precision_recall(fake, real)
    assert (one.precision, one.recall) == (other.recall, other.precision)


def test_dropped_classes_lower_diversity_and_not_fidelity():
    real, whole, half = clusters(ALL, 0), clusters(ALL, 1), clusters(HALF, 2)
    full, dropped = precision_recall(real, whole), precision_recall(real, half)
    assert dropped.recall.value < 0.6 * full.recall.value
    assert dropped.precision.value > full.precision.value - 2 * full.precision.sd
    full, dropped = density_coverage(real, whole), density_coverage(real, half)
    assert dropped.coverage.value < 0.6 * full.coverage.value
    assert dropped.density.value > full.density.value - 2 * full.density.sd


def test_the_order_of_samples_does_not_matter():
    real, fake = normal(300), normal(200, seed=1)
    shuffled = np.random.default_rng(2).permutation(fake)
    assert precision_recall(real, shuffled) == precision_recall(real, fake)
    one, other = density_coverage(real, shuffled), density_coverage(real, fake)
    assert one.coverage == other.coverage and one.density == pytest.approx(other.density)


def test_identical_constant_features():
    features = np.full((20, 4), 7.0)
    closed, opened = precision_recall(features, features), precision_recall(features, features, closed=False)
    assert [score.value for score in (*closed, *opened)] == [1, 1, 0, 0]
    opened, closed = density_coverage(features, features), density_coverage(features, features, closed=True)
    assert [score.value for score in (*opened, *closed)] == [0, 0, 20 / 5, 1]


def assert_expectations(metric) -> None:
    """Over draws from one law the mean density is 1 and the mean coverage known."""
    draws = [metric(normal(400, seed=seed), normal(200, seed=seed + 50)) for seed in range(6)]
    densities, coverages = (np.array([draw[place].value for draw in draws]) for place in range(2))
    assert np.mean(densities) == pytest.approx(1, abs=4 * np.std(densities) / np.sqrt(6))
    expected = 1 - np.prod([(400 - j) / (600 - j) for j in range(1, 6)])
    assert np.mean(coverages) == pytest.approx(expected, abs=4 * np.std(coverages) / np.sqrt(6))


def test_density_and_coverage_of_one_law():
    assert_expectations(density_coverage)


def test_radii_that_count_the_centre_are_caught():
    with pytest.raises(AssertionError):
        assert_expectations(lambda real, fake: density_coverage(real, fake, k=4))


def test_balls_around_fake_samples_are_caught():
    with pytest.raises(AssertionError):
        assert_expectations(lambda real, fake: density_coverage(fake, real))


def test_expected_coverage():
    assert expected_coverage(10000, 10000, 5) == pytest.approx(0.96877, abs=1e-5)
    assert expected_coverage(10000, 10000, 3) == pytest.approx(0.8750, abs=1e-4)
    assert expected_coverage(1000, 500, 5) == pytest.approx(0.86897, abs=1e-5)
