import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.metrics.intervals import area_under_curve, clopper_pearson, holm, wilson


@pytest.mark.parametrize(
    ("interval", "hits", "count", "low", "high"),
    [
        (wilson, 0, 10, 0, 0.27753),
        (wilson, 5, 10, 0.23659, 0.76341),
        (wilson, 1, 100, 0.00177, 0.05449),
        (wilson, 0, 1000, 0, 0.00383),
        (clopper_pearson, 0, 10, 0, 0.30850),
        (clopper_pearson, 5, 10, 0.18709, 0.81291),
        (clopper_pearson, 50, 100, 0.39832, 0.60168),
    ],
)
def test_intervals_of_shares_in_the_tables(interval, hits, count, low, high):
    assert interval(hits, count) == pytest.approx((hits / count, low, high), abs=6e-6)


def test_holm_in_any_order():
    p = np.array([0.04, 0.01, 0.03, 0.02])
    np.testing.assert_allclose(holm(p), [0.06, 0.04, 0.06, 0.06])
    np.testing.assert_allclose(holm(np.array([0.6, 0.9])), [1, 1])


def test_holm_keeps_false_alarms_over_fifty_cells():
    p = np.random.default_rng(0).random((1000, 50))
    alarms = np.mean([holm(row).min() < 0.05 for row in p])
    assert 0.03 < alarms < 0.065
    assert np.mean(p.min(axis=1) < 0.05) > 0.9  # without it


def test_area_under_curve_counts_pairs():
    positive, negative = np.array([3.0, 1.0, 2.0]), np.array([0.0, 1.0, 5.0, 1.5])
    pairs = (positive[:, None] > negative) + 0.5 * (positive[:, None] == negative)
    assert area_under_curve(positive, negative).value == pytest.approx(pairs.mean())
    with pytest.raises(InputError, match="1 positive"):
        area_under_curve(positive[:1], negative)


def test_the_interval_of_an_area_covers_it():
    rng = np.random.default_rng(0)
    found = [area_under_curve(rng.standard_normal(200) + 1, rng.standard_normal(200)) for _ in range(400)]
    truth = 0.76025  # of normals a standard deviation apart: Φ(1/√2)
    assert np.mean([low <= truth <= high for _, low, high in found]) == pytest.approx(0.95, abs=0.03)
