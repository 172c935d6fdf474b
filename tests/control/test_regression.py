"""Directions of attributes against their closed forms."""

import numpy as np
import pytest

from gan_jax.control import regression
from gan_jax.control.spaces import Space
from gan_jax.errors import InputError

Z = Space("z", (3,))
RANDOM = np.random.default_rng(0)
CODES = (RANDOM.normal(size=(5000, 3)) * [1.0, 0.5, 1e-3]).astype(np.float32)


def test_a_strength_of_one_is_a_standard_deviation_of_the_attribute():
    """Of a linear attribute of independent numbers: C b / (b C b), by which its prediction rises by one."""
    slope = np.array([2.0, -3.0, 0.0])
    value = CODES @ slope + 7
    found = regression.regressed(CODES, {"a": value}, Z)
    variances = np.array([1.0, 0.25, 0.0])
    expected = variances * slope / np.sqrt(slope @ (variances * slope))
    np.testing.assert_allclose(found.steps[0], expected, atol=0.03)
    assert (found.steps[0] @ slope) / value.std() == pytest.approx(1, abs=0.02)
    assert found.scales[0] == pytest.approx(1) and found.names == ("a",) and found.space == "z"


def test_numbers_that_hardly_vary_stay_as_they_are():
    """The weights of these are noise, and large."""
    noise = RANDOM.normal(size=len(CODES))
    found = regression.regressed(CODES, {"a": CODES[:, 0] + noise}, Z)
    assert abs(found.steps[0, 2]) < 1e-3
    assert found.steps[0, 0] == pytest.approx(np.sqrt(2), rel=0.05)  # z0 is half of its variance
    assert found.scales[0] == pytest.approx(0.5, abs=0.05)


def test_the_direction_of_a_class_is_the_way_from_the_mean_of_the_others(caplog):
    label = RANDOM.integers(0, 3, len(CODES))
    codes = CODES + np.stack([label == 1, label == 2, 0 * label], axis=1) * np.float32([2, 1, 0])
    marks = {"one": (label == 1).astype(float), "noise": RANDOM.normal(size=len(codes))}
    found = regression.regressed(codes, marks, Z)
    way = codes[label == 1].mean(axis=0) - codes[label != 1].mean(axis=0)
    unit = found.steps[0] / np.linalg.norm(found.steps[0])
    np.testing.assert_allclose(unit, way / np.linalg.norm(way), atol=0.03)
    assert "mostly noise (R²): noise (" in caplog.text and "one (" not in caplog.text


def test_rows_of_a_code_share_a_direction():
    rows = np.repeat(CODES[:, None], 4, axis=1)
    found = regression.regressed(rows, {"a": CODES[:, 1]}, Space("w", (4, 3)))
    np.testing.assert_allclose(found.steps, [[0, 0.5, 0]], atol=0.02)


def test_too_few_examples_are_refused():
    with pytest.raises(
        InputError, match="15 examples are too few for a regression on the 3 numbers of a code of z, which takes 16"
    ):
        regression.regressed(CODES[:15], {"a": CODES[:15, 0]}, Z)
