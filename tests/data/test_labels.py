import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

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
    ("names", "classes"),
    [
        (["10", "2", "0", "1"], ("0", "1", "2", "10")),
        (["-5", "10", "0", "2.5"], ("-5", "0", "2.5", "10")),
        (["01", "1", "2"], ("01", "1", "2")),
        (["1/10", "1/9", "0/99"], ("0/99", "1/9", "1/10")),
        (["10", "9", "ant"], ("9", "10", "ant")),
        (["class10", "class9"], ("class10", "class9")),
        (["1_0", "1e5", "nan", "9"], ("9", "1_0", "1e5", "nan")),
    ],
)
def test_names_that_are_numbers_go_by_their_value(names, classes):
    for written in (names, np.array(names), np.array(names, "S")):
        values, found = encode(written, origin="here")
        assert found == classes and [classes[value] for value in values] == names


@given(st.lists(st.integers(-(10**30), 10**30), min_size=2, unique=True))
def test_any_numbers_go_by_their_value(numbers):
    names = [str(number) for number in numbers] * 3
    assert encode(names, origin="here").classes == tuple(map(str, sorted(numbers)))


@given(st.lists(st.text(st.characters(exclude_categories=()))))
def test_any_names_are_classes(names):
    values, classes = encode(names, origin="here")
    assert len(classes) == (len(set(names)) if len(set(names)) > 1 else 0)
    assert values is None or len({*zip(values.tolist(), names, strict=True)}) == len(classes)
    assert all(name.isprintable() for name in classes)


@pytest.mark.parametrize(
    "values",
    [
        [f"picture {i}" for i in range(500)],
        list(range(500)),
        [i * 20 % 10_000 for i in range(9_000)],
        [0, 10**7] * 50,
        [0, 2**62],
        [*range(100_001)] * 3,
    ],
)
def test_ids_are_no_classes(values):
    with pytest.raises(InputError, match=r"here: .*Ids are none: leave them out \(class_depth=0 .* from 0"):
        encode(values, origin="here")


def test_of_few_examples_it_is_only_told(caplog):
    assert len(encode([f"picture {i}" for i in range(9)], origin="here").classes) == 9
    assert "here: 9 examples have 9 classes, most of them one example each" in caplog.text
    caplog.clear()
    assert len(encode(["a", "b", "c"] * 2, origin="here").classes) == 3 and not caplog.records


@pytest.mark.parametrize(
    ("values", "classes", "message"),
    [
        ([0.5, 1.0], (), "whole number"),
        ([-1, 0], (), "negative"),
        ([0, 2], ("a", "b"), "only 2 classes"),
        (np.eye(3, dtype=int), (), r"one whole number.*argmax\(axis=1\)"),
        ([2**70, 1], (), "one whole number"),
        ([None, "a"], (), "one whole number"),
        (["a", 1.5, {}], (), "one whole number"),
    ],
)
def test_bad_labels_are_named(values, classes, message):
    with pytest.raises(InputError, match=f"here.*{message}"):
        encode(values, classes, origin="here")
