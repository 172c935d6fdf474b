"""The way from network outputs to pixels, and back."""

import jax
import jax.numpy as jnp
import numpy as np

from gan_jax.images import held


def test_values_beyond_the_range_are_called_back_and_driven_no_further():
    outputs = jnp.array([-1.5, -1.5, -0.5, 0.5, 1.5, 1.5])
    slopes = jnp.array([-2.0, 2.0, 3.0, -3.0, 2.0, -2.0])  # a descent goes against them
    values, pull = jax.vjp(held, outputs)
    np.testing.assert_array_equal(values, [-1, -1, -0.5, 0.5, 1, 1])
    np.testing.assert_array_equal(pull(slopes)[0], [-2, 0, 3, -3, 2, 0])


def test_a_descent_ends_at_the_right_answer_or_rests_beyond_an_end():
    right = jnp.array([-1.0, -0.3, 0.9, 1.0])
    outputs = jnp.array([-3.0, 2.0, 2.0, 3.0])
    for _ in range(400):
        outputs -= 0.05 * jax.grad(lambda outputs: ((held(outputs) - right) ** 2).sum())(outputs)
    np.testing.assert_allclose(held(outputs), right, atol=1e-4)
    np.testing.assert_array_equal(outputs[np.array([0, 3])], [-3, 3])
