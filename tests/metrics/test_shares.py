"""Generators whose shares are planted, seen through classifiers whose mistakes are known."""

import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.metrics.intervals import wilson
from gan_jax.metrics.shares import Confusion, amplification, confusion, corrected, discrepancy, known_shares

THREE = np.array([[0.9, 0.08, 0.02], [0.05, 0.9, 0.05], [0.1, 0.1, 0.8]])


def binary(tpr, tnr):
    return np.array([[tpr, 1 - tpr], [1 - tnr, tnr]])


def seen(rng, rates, true):
    """What a classifier with these rates reads."""
    return (rng.random(len(true))[:, None] > np.cumsum(rates, axis=1)[true]).sum(axis=1)


def audited(rng, rates, share, n=1000, known=1000):
    """One audit of n images, by a classifier known on so many of each class."""
    classes, true = tuple(map(str, range(len(share)))), np.repeat(np.arange(len(share)), known)
    matrix = confusion(true, seen(rng, rates, true), classes, "planted")
    return corrected(seen(rng, rates, rng.choice(len(share), n, p=share)), matrix, "planted")


def of_counts(*rows):
    counts = np.array(rows)
    true, read = np.nonzero(np.ones_like(counts))
    repeated = [np.repeat(side, counts.ravel()) for side in (true, read)]
    return confusion(*repeated, tuple(map(str, range(len(counts)))), "planted")


@pytest.mark.parametrize(
    ("share", "rates"),
    [
        ((0.9, 0.1), binary(0.97, 0.95)),
        ((0.02, 0.98), binary(0.90, 0.80)),
        ((0.5, 0.5), binary(0.90, 0.80)),
        ((0.6, 0.3, 0.1), THREE),
    ],
)
def test_intervals_cover_what_was_planted(share, rates):
    rng = np.random.default_rng(1)
    found = [audited(rng, rates, share) for _ in range(500)]  # of 200 the coverage itself varies by 1.5 %
    covered = np.mean([(one.low <= share) & (share <= one.high) for one in found], axis=0)
    assert np.all((covered >= 0.92) & (covered <= 0.98))
    np.testing.assert_allclose(np.mean([one.solved for one in found], axis=0), share, atol=0.005)


def test_what_was_only_counted_covers_nothing():
    rng = np.random.default_rng(2)
    counted = [audited(rng, binary(0.90, 0.80), (0.02, 0.98)).counted[0] for _ in range(50)]
    assert np.mean(counted) == pytest.approx(0.02 + 0.194, abs=0.01)
    assert not any(wilson(round(1000 * q), 1000).low <= 0.02 for q in counted)


def test_three_classes_are_solved_back():
    matrix = of_counts(*(1000 * THREE).astype(int))
    read = np.repeat([0, 1, 2], [565, 328, 107])
    np.testing.assert_allclose(corrected(read, matrix, "planted").corrected, (0.6, 0.3, 0.1), atol=1e-12)


def test_two_classes_are_rogan_and_gladens():
    tpr, tnr, q, n, known = 0.9, 0.8, 0.4, 1000, 10**6
    found = corrected(np.repeat([0, 1], [400, 600]), of_counts((900_000, 100_000), (200_000, 800_000)), "planted")
    p = (q - (1 - tnr)) / (tpr + tnr - 1)
    variance = q * (1 - q) / n + p**2 * tpr * (1 - tpr) / known + (1 - p) ** 2 * tnr * (1 - tnr) / known
    assert found.corrected[0] == pytest.approx(p)
    assert found.deviation[0] == pytest.approx(np.sqrt(variance) / (tpr + tnr - 1), rel=1e-4)


@pytest.mark.parametrize("hits", [0, 3, 500, 1000])
def test_without_mistakes_the_interval_is_wilsons(hits):
    certain = Confusion(("0", "1"), np.diag([10**9, 10**9]))
    found = corrected(np.repeat([0, 1], [hits, 1000 - hits]), certain, "planted")
    assert (found.low[0], found.high[0]) == pytest.approx(wilson(hits, 1000)[1:], abs=1e-5)


def test_shares_that_are_reported_lie_on_the_simplex():
    found = corrected(np.repeat([0, 1, 2], [907, 75, 18]), of_counts(*(1000 * THREE).astype(int)), "planted")
    np.testing.assert_allclose(found.corrected, (1, 0, 0))
    assert found.low[1] == 0 and 0 < found.high[1] < 0.1


def test_resampled_training_data_are_not_amplified():
    rng = np.random.default_rng(3)
    training = known_shares(np.repeat([0, 1], [900, 100]), 2)
    found = [amplification(audited(rng, binary(0.97, 0.95), (0.9, 0.1)), training)[1] for _ in range(500)]
    assert np.mean([one.value for one in found]) == pytest.approx(0, abs=0.03)
    assert np.mean([one.low <= 0 <= one.high for one in found]) == pytest.approx(0.95, abs=0.03)


def test_amplification_is_a_difference_of_log_odds():
    training, generated = known_shares(np.repeat([0, 1], [9, 1]), 2), known_shares(np.repeat([0, 1], [99, 1]), 2)
    assert amplification(generated, training)[0].value == pytest.approx(np.log(99.5 / 1.5) - np.log(9.5 / 1.5))
    assert np.isfinite(amplification(known_shares(np.zeros(10, int), 2), training)).all()


def test_discrepancy_of_nine_to_one_from_even_shares():
    even, skewed = known_shares(np.repeat([0, 1], 50), 2), known_shares(np.repeat([0, 1], [90, 10]), 2)
    assert discrepancy(skewed, even) == pytest.approx((0.56569, 0), abs=1e-5)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (((10, 9), (5, 500)), "only 19 images are known to be '0'; give 20"),
        (((50, 50), (50, 50)), r"'0' is read right in 50% of 100 images \(chance: 50%; needed: 60%\)"),
        (((70, 30, 0), (40, 0, 60), (0, 0, 100)), "'1' is read right in 0%"),
    ],
)
def test_matrices_that_correct_nothing_are_refused(rows, message):
    with pytest.raises(InputError, match=message):
        of_counts(*rows)


def test_a_singular_matrix_is_refused(monkeypatch):
    monkeypatch.setattr("gan_jax.metrics.shares.LEAST_RIGHT", 0.5)
    with pytest.raises(InputError, match=r"nearly singular \(condition number .*Join the classes"):
        of_counts((501, 499), (499, 501))


def test_too_few_images_are_refused():
    with pytest.raises(InputError, match="99 images are too few"):
        corrected(np.zeros(99, int), of_counts((90, 10), (10, 90)), "planted")
