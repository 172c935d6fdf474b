"""In which order places are decided: known counts, the known beginning of Halton's order, and what stays."""

import jax
import jax.numpy as jnp
import numpy as np

from gan_jax.objectives.decoding import halton_order, hidden_counts, least_confident


def test_hidden_places_after_each_step_are_as_published():
    assert hidden_counts(256, 8) == [251, 236, 212, 181, 142, 97, 49, 0]
    assert hidden_counts(256, 12) == [253, 247, 236, 221, 203, 181, 155, 128, 97, 66, 33, 0]
    assert hidden_counts(256, 1) == [0]
    few = hidden_counts(4, 8)  # more steps than places: one place at least is decided in each while there are any
    assert few == sorted(few, reverse=True) and few[-1] == 0


def test_haltons_order_begins_as_published_and_has_every_place_once():
    order = halton_order(16, 16)
    known = [(8, 5), (4, 10), (12, 1), (2, 7), (10, 12), (6, 3), (14, 8), (1, 14), (9, 0), (5, 5), (13, 11), (3, 2)]
    assert [divmod(place, 16) for place in order[: len(known)]] == known
    for height, width in ((16, 16), (3, 5)):
        assert sorted(halton_order(height, width)) == list(range(height * width))


def test_the_least_confident_are_hidden_again_and_what_is_known_stays():
    log_p = jnp.log(jnp.array([[0.5, 0.1, 0.9, 0.3], [0.2, 0.8, 0.4, 0.6]]))
    known = jnp.array([[False, True, False, False], [False] * 4])
    keys = jax.random.split(jax.random.key(0), 2)
    again = least_confident(log_p, known, 2, 0.0, keys)
    np.testing.assert_array_equal(again, [[True, False, False, True], [True, False, True, False]])
    drawn = jax.vmap(lambda key: least_confident(log_p, known, 1, 4.5, jax.random.split(key)))(
        jax.random.split(keys[0], 200)
    )
    assert (drawn.sum(axis=2) == 1).all() and not drawn[:, 0, 1].any() and (drawn[:, 1].mean(axis=0) > 0.05).all()
