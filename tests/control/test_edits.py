"""What is done to codes, by hand."""

import numpy as np
import pytest

from gan_jax.control import edits
from gan_jax.errors import InputError

CODES = np.random.default_rng(0).normal(size=(3, 4, 2)).astype(np.float32)


def test_mixing_takes_some_rows_of_the_others():
    mixed = edits.mixed(CODES, -CODES, np.array([1, 3]))
    np.testing.assert_array_equal(mixed[:, [1, 3]], -CODES[:, [1, 3]])
    np.testing.assert_array_equal(mixed[:, [0, 2]], CODES[:, [0, 2]])


def test_a_step_goes_to_all_rows_or_to_some():
    step = np.array([1.0, -2.0])
    np.testing.assert_array_equal(edits.moved(CODES, step), CODES + step.astype(np.float32))
    each = np.array([1.0, 0.0, 3.0]).reshape(3, 1, 1) * step
    moved = edits.moved(CODES, each, np.array([2]))
    np.testing.assert_allclose(moved[2, 2], CODES[2, 2] + 3 * step, rtol=1e-6)
    np.testing.assert_array_equal(moved[:, [0, 1, 3]], CODES[:, [0, 1, 3]])
    np.testing.assert_array_equal(moved[1], CODES[1])


@pytest.mark.parametrize("straight", [True, False])
def test_a_way_meets_all_codes_exactly(straight):
    way = edits.way(CODES, 5, np.arange(11), straight=straight)
    np.testing.assert_array_equal(way[[0, 5, 10]], CODES)
    np.testing.assert_array_equal(edits.way(CODES, 5, np.arange(3, 8), straight=straight), way[3:8])


def test_a_way_is_straight_or_part_of_a_circle():
    ends = np.array([[1.0, 0.0], [0.0, 1.0]], np.float32)
    np.testing.assert_allclose(edits.way(ends, 4, np.array([1]), straight=True), [[0.75, 0.25]])
    np.testing.assert_allclose(edits.way(ends, 2, np.array([1]), straight=False), [[0.5**0.5, 0.5**0.5]], rtol=1e-6)


def test_rows_that_there_are_not_are_refused():
    layers = np.array([0, 4])
    for edit in (edits.mixed, edits.moved):
        with pytest.raises(InputError, match="there is no layer 4; the model's are 0 to 3"):
            edit(CODES, CODES, layers)
