"""What is known of examples, as factors and as the attributes that these are."""

import numpy as np
import pytest

from gan_jax.data import dataset, factors
from gan_jax.data.factors import Factor
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError


class Source:
    """Examples with some columns."""

    def __init__(self, **columns):
        self.columns = columns

    def __len__(self):
        return 4

    def __getitem__(self, i):
        return {"image": np.zeros((4, 4, 3), np.uint8), **{name: x[i] for name, x in self.columns.items()}}


def known(source):
    data = dataset.make(source)
    return factors.attributes_of(factors.factors_of(data, data.arrays(), "here"))


def test_sprites_have_numbers_turns_and_classes():
    data = dataset.make(sprites.make(count=50, resolution=(8, 8)))
    found, values = known(data.source), data.arrays()["factors"]
    assert len(found) == 6 + 2 + 1 + 2 + 2 + 3 + 2
    np.testing.assert_array_equal(found["shape_star"], values[:, 0] == 4)
    np.testing.assert_allclose(found["hue_cos"] + 1j * found["hue_sin"], np.exp(2j * np.pi * values[:, 1]), atol=1e-6)
    np.testing.assert_allclose(found["x"], values[:, 4])


def test_of_labels_each_class_is_a_mark():
    source = Source(label=np.array([0, 2, 2, 0], np.int32))
    source.num_classes, source.classes = 3, ("cat", "dog", "owl")
    found = known(source)
    assert list(found) == ["cat", "owl"]  # there is no dog to be told from the others
    np.testing.assert_array_equal(found["owl"], [0, 1, 1, 0])


def test_a_source_that_says_nothing_of_its_factors_has_numbers():
    found = known(Source(factors=np.float32([[0, 1], [1, 1], [2, 1], [3, 1]])))
    assert list(found) == ["factor0"]  # the other one is alike in all


def test_values_are_counted_in_twenty_intervals():
    values = np.linspace(0, 1, 41)
    counted = Factor("x", "number", 3 * values - 1).counted()
    assert counted.min() == 0 and counted.max() == 19 and (np.bincount(counted)[:-1] == 2).all()
    np.testing.assert_array_equal(Factor("t", "turn", np.array([0.1, 0.26])).counted(), [2, 5])  # of the whole turn


def test_what_does_not_fit_is_told():
    with pytest.raises(InputError, match="here: the examples have neither a column `factors` nor labels"):
        known(Source())
    with pytest.raises(InputError, match=r"here: the column `factors` of an example has shape \[2, 1\]"):
        known(Source(factors=np.zeros((4, 2, 1), np.float32)))
    source = Source(factors=np.zeros((4, 2), np.float32))
    source.factor_names, source.factor_kinds = ("a", "b"), ("number", "angle")
    with pytest.raises(InputError, match="each kind one of number, turn, class"):
        known(source)
    with pytest.raises(InputError, match="here: the source cannot read factors"):
        factors.read_factors(dataset.make(Source()), np.zeros((1, 4, 4, 3), np.uint8), "here")
