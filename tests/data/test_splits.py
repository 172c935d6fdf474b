import numpy as np
import pytest

from gan_jax.data import splits
from gan_jax.errors import InputError


@pytest.mark.parametrize("boundary", ["80%", "13", "-20", "33%"])
def test_two_sides_of_a_boundary_are_the_whole(boundary):
    first, rest = splits.select(f"[:{boundary}]", 101), splits.select(f"[{boundary}:]", 101)
    assert sorted([*first, *rest]) == list(range(101))
    assert len(first) == {"80%": 81, "13": 13, "-20": 81, "33%": 33}[boundary]


def test_all_is_everything_in_order():
    assert splits.select("all", 5).tolist() == splits.select("[:]", 5).tolist() == [0, 1, 2, 3, 4]


def test_a_sorted_set_is_split_through_all_classes():
    held_out = splits.select("[90%:]", 10_000)
    assert np.abs(np.bincount(held_out // 1000) - 100).max() < 40


def test_an_unshuffled_split_is_a_range():
    assert splits.select("[20%:50%]", 10, shuffle=False).tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("split", "message"), [("train", "not understood"), ("[80%]", "not understood"), ("[5:]", "none of the 5")]
)
def test_a_bad_split_is_named(split, message):
    with pytest.raises(InputError, match=message):
        splits.select(split, 5)


@pytest.mark.parametrize(
    ("split", "held_out"),
    [("train", "test"), ("[:80%]", "[80%:]"), ("all[:80%]", "all[80%:]"), ("train[:900]", "train[900:]"), ("all", "")],
)
def test_what_a_split_leaves(split, held_out):
    assert splits.rest(split) == held_out
