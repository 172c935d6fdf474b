import numpy as np
import pytest

from gan_jax.data.labels import encode
from gan_jax.errors import InputError


def test_numbers_are_kept_and_named():
    values, classes = encode(np.array([[2], [0], [2]], np.uint8), ["a", "b", "c"], origin="here")
    assert values.tolist() == [2, 0, 2] and values.dtype == np.int32
    assert classes == ("a", "b", "c")
    assert encode([0, 3], origin="here").classes == ("0", "1", "2", "3")


def test_names_are_numbered_alphabetically():
    values, classes = encode(["dog", "ant", "dog", "cat"], origin="here")
    assert values.tolist() == [2, 0, 2, 1] and classes == ("ant", "cat", "dog")


def test_equal_labels_say_nothing():
    assert encode([4, 4, 4], origin="here") == (None, ())


@pytest.mark.parametrize(
    ("values", "classes", "message"),
    [
        ([0.5, 1.0], (), "whole number"),
        ([-1, 0], (), "negative"),
        ([0, 2], ("a", "b"), "only 2 classes"),
        (np.eye(3, dtype=int), (), "one whole number"),
    ],
)
def test_bad_labels_are_named(values, classes, message):
    with pytest.raises(InputError, match=f"here.*{message}"):
        encode(values, classes, origin="here")
