from functools import partial

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from gan_jax.metrics.memorization import authenticity, calibrated_neighbours, control, copying_score, planted_copies


@pytest.fixture(autouse=True)
def one_thread():
    """Small k-means loses seconds in OpenMP barriers when other processes share the cores."""
    with threadpool_limits(1):
        yield


def normal(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 16))


TRAIN, HELD_OUT, FRESH = normal(2000, 0), normal(600, 1), normal(800, 2)
COPIES = TRAIN[:800] + 1e-3 * normal(800, 3)


def assert_authentic_shares(score) -> None:
    assert score(TRAIN, FRESH) == pytest.approx(69, abs=5)
    assert score(TRAIN, COPIES) == 0
    assert score(TRAIN, np.concatenate([FRESH[:400], COPIES[:400]])) == pytest.approx(33.5, abs=4)


def test_authenticity_of_a_gaussian():
    assert_authentic_shares(lambda train, fake: authenticity(train, fake).value)


def test_the_fakes_own_neighbours_are_caught():
    with pytest.raises(AssertionError):
        assert_authentic_shares(lambda train, fake: authenticity(fake, train).value)


def test_training_samples_that_are_their_own_neighbours_are_caught():
    def faulty(train, fake):
        return 100 * np.mean([np.linalg.norm(train - sample, axis=1).min() > 0 for sample in fake])

    with pytest.raises(AssertionError):
        assert_authentic_shares(faulty)


def assert_copying_is_negative(score) -> None:
    assert abs(score(TRAIN, HELD_OUT, FRESH)) < 4
    assert score(TRAIN, HELD_OUT, COPIES) < -10
    assert score(TRAIN, HELD_OUT, 2 * FRESH) > 10


def test_copying_score():
    assert_copying_is_negative(lambda *sets: copying_score(*sets).value)


def test_exchanged_sets_are_caught():
    with pytest.raises(AssertionError):
        assert_copying_is_negative(lambda train, held_out, fake: copying_score(held_out, train, fake).value)
    with pytest.raises(AssertionError):
        assert_copying_is_negative(lambda train, held_out, fake: copying_score(train, fake, held_out).value)


def test_copying_score_of_one_cell_is_mann_whitneys():
    def to_train(side):
        return np.array([np.linalg.norm(TRAIN - sample, axis=1).min() for sample in side])

    u = np.sum(to_train(FRESH)[:, None] > to_train(HELD_OUT))
    m, n = len(FRESH), len(HELD_OUT)
    z = (u - (m * n / 2 - 0.5)) / np.sqrt(m * n * (m + n + 1) / 12)
    assert copying_score(TRAIN, HELD_OUT, FRESH, cells=1) == pytest.approx((z, 1.0), rel=1e-9)


def test_wide_features_are_reduced_and_copies_still_found():
    wide = np.random.default_rng(5).standard_normal((16, 100))
    assert copying_score(TRAIN @ wide, HELD_OUT @ wide, COPIES @ wide).value < -10


def test_calibrated_neighbours_find_copies_and_their_originals():
    fresh, copied = calibrated_neighbours(TRAIN, FRESH), calibrated_neighbours(TRAIN, TRAIN[:100])
    assert 0.6 < np.median(fresh.ratio) < 1 and fresh.ratio.min() > 0.3
    np.testing.assert_array_equal(copied.ratio, 0)
    np.testing.assert_array_equal(copied.index, np.arange(100))


def test_calibration_makes_sparse_and_dense_regions_alike():
    dense, sparse = np.median(calibrated_neighbours(TRAIN, FRESH).ratio), 50 * TRAIN + 1e4
    both = calibrated_neighbours(np.concatenate([TRAIN, sparse]), np.concatenate([FRESH, 50 * FRESH + 1e4])).ratio
    assert np.median(both[:800]) == pytest.approx(dense, rel=0.01)
    assert np.median(both[800:]) == pytest.approx(dense, rel=0.01)


def test_planted_copies_are_copies():
    planted = planted_copies(TRAIN, FRESH, 0.25)
    copied = np.array([np.any(np.all(row == TRAIN, axis=1)) for row in planted])
    assert copied.sum() == 200
    np.testing.assert_array_equal(planted[~copied], FRESH[~copied])


def test_every_audit_responds_to_its_control():
    for audit in (partial(authenticity, TRAIN), partial(copying_score, TRAIN, HELD_OUT)):
        values = [estimate.value for estimate in control(audit, TRAIN, FRESH).values()]
        assert np.all(np.diff(values) < 0)
