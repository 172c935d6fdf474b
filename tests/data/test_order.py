import numpy as np

from gan_jax.data import order


def test_every_epoch_visits_each_example_once_in_its_own_order():
    epochs = order.indices(seed=3, start=0, count=30, size=10).reshape(3, 10)
    assert (np.sort(epochs, axis=1) == np.arange(10)).all()
    assert len({tuple(epoch) for epoch in epochs.tolist()}) == 3


def test_the_walk_does_not_depend_on_where_it_is_entered():
    whole = order.indices(seed=0, start=0, count=100, size=7)
    pieces = [order.indices(seed=0, start=start, count=20, size=7) for start in range(0, 100, 20)]
    assert np.concatenate(pieces).tolist() == whole.tolist()
    assert order.indices(seed=1, start=0, count=100, size=7).tolist() != whole.tolist()


def test_the_order_is_the_same_in_every_version():
    assert order.indices(seed=0, start=5, count=8, size=6).tolist() == [4, 3, 4, 2, 1, 5, 0, 4]


def test_a_permutation_is_fair():
    first = [order.permutation(4, seed)[0] for seed in range(2000)]
    assert np.abs(np.bincount(first) / 2000 - 0.25).max() < 4 * np.sqrt(0.25 * 0.75 / 2000)


def test_uniform_numbers_fill_the_unit_interval():
    numbers = order.uniform(10_000, 1, 2)
    assert numbers.min() >= 0 and numbers.max() < 1
    assert abs(numbers.mean() - 0.5) < 4 / np.sqrt(12 * 10_000)
    assert (numbers == order.uniform(10_000, 1, 2)).all() and (numbers != order.uniform(10_000, 1, 3)).any()
