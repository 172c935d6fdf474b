"""Slopes, linearity and leakage of known lines."""

import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.metrics.steering import response

STRENGTHS = np.array([-2.0, -1, 0, 1, 2])
HEIGHTS = np.random.default_rng(0).normal(size=(50, 1))


def test_a_line_has_its_slope_and_leaks_nothing():
    values = np.stack([HEIGHTS + 2 * STRENGTHS, HEIGHTS - 0.5 * STRENGTHS, np.tile(HEIGHTS, 5)], axis=2)
    found = response(values, STRENGTHS)
    np.testing.assert_allclose(found.slopes, [2, -0.5, 0], atol=1e-12)
    np.testing.assert_allclose(found.linearity, [1, 1, 0], atol=1e-12)
    np.testing.assert_allclose(found.leakage(0), [0, 0.25, 0], atol=1e-12)
    np.testing.assert_allclose(found.leakage(1), [4, 0, 0], atol=1e-12)


def test_linearity_is_the_share_of_a_line_in_what_changes():
    """Of t + t², moments of five points: the line has 10 and the bow 14 of the squares."""
    values = (HEIGHTS + STRENGTHS + STRENGTHS**2)[:, :, None]
    found = response(values, STRENGTHS)
    assert found.slopes[0] == pytest.approx(1) and found.linearity[0] == pytest.approx(10 / 24)


def test_images_that_go_either_way_have_no_slope():
    either = np.where(np.arange(50) % 2, 1, -1)[:, None] * STRENGTHS
    found = response(np.stack([either, HEIGHTS + STRENGTHS], axis=2), STRENGTHS)
    np.testing.assert_allclose(found.slopes, [0, 1], atol=1e-12)
    np.testing.assert_allclose(found.linearity, [0, 1], atol=1e-12)
    assert found.leakage(0)[1] == np.inf


def test_one_strength_has_no_slope():
    with pytest.raises(InputError, match="are one; a slope takes two"):
        response(np.zeros((3, 2, 1)), np.array([1.0, 1.0]))
