"""The pool of generated pictures, against a list in a loop and the law that it is to follow."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax import rng
from gan_jax.objectives import pool as pools

SIZE, BATCH, ROUNDS = 10, 40, 25


@pytest.fixture(scope="module")
def played():
    """What was put in and shown, picture by picture: picture n is n everywhere."""
    pool = pools.empty(SIZE, (1, 1, 1))
    given = np.arange(BATCH * ROUNDS, dtype=np.float32).reshape(ROUNDS, BATCH, 1, 1, 1)
    exchange = jax.jit(lambda pool, new, keys: pools.exchange(pool, new, keys, None))
    shown = []
    for number, new in enumerate(given):
        out, pool = exchange(pool, jnp.asarray(new), rng.per_example(jax.random.key(number), jnp.arange(BATCH)))
        shown.append(np.asarray(out).ravel())
    return given.ravel(), np.concatenate(shown), pool


def test_a_pool_that_is_not_full_shows_what_it_is_given(played):
    given, shown, _ = played
    np.testing.assert_array_equal(shown[:SIZE], given[:SIZE])


def test_of_a_full_pool_half_of_the_pictures_are_new(played):
    """Of 990 coins the share of heads has a standard error of 0.016; the old ones are shown once each."""
    given, shown, pool = played
    new = shown[SIZE:] == given[SIZE:]
    assert new.mean() == pytest.approx(0.5, abs=0.06)
    old = shown[SIZE:][~new]
    assert (old < given[SIZE:][~new]).all() and len(np.unique(old)) == len(old)
    kept = {*np.asarray(pool.pictures).ravel()}
    assert len(kept) == SIZE and kept.isdisjoint(old) and int(pool.count) == SIZE


def test_every_place_of_the_pool_is_as_likely(played):
    """The time that a picture stays, in swaps, has the mean SIZE: a place is taken with probability 1 / SIZE."""
    given, shown, _ = played
    swapped = np.flatnonzero(shown[SIZE:] != given[SIZE:])
    entered = {int(given[SIZE:][n]): swap for swap, n in enumerate(swapped)}
    stayed = [swap - entered[int(shown[SIZE:][n])] for swap, n in enumerate(swapped) if shown[SIZE:][n] >= SIZE]
    assert np.mean(stayed) == pytest.approx(SIZE, rel=0.2)


def test_what_is_shown_is_a_function_of_each_pictures_key():
    keys = rng.per_example(jax.random.key(0), jnp.arange(BATCH))
    new = jnp.arange(2.0 * BATCH).reshape(2, BATCH, 1, 1, 1)
    pool = pools.empty(SIZE, (1, 1, 1))
    whole, after = pools.exchange(pool, new[0], keys, None)
    first, pool = pools.exchange(pool, new[0, :15], keys[:15], None)
    second, pool = pools.exchange(pool, new[0, 15:], keys[15:], None)
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)
    jax.tree.map(np.testing.assert_array_equal, pool, after)
