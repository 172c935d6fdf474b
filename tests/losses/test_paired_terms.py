import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax.errors import InputError
from gan_jax.losses.paired import charbonnier, l1, perceptual
from gan_jax.losses.views import GanView, TranslationView

RIGHT, GIVEN = (np.random.default_rng(seed).uniform(-1, 1, (3, 4, 5, 2)).astype(np.float32) for seed in (1, 2))


def test_l1_is_the_mean_over_values():
    view = views.view(TranslationView, target=jnp.asarray(RIGHT), fake=jnp.asarray(GIVEN))
    np.testing.assert_allclose(l1(view), np.abs(RIGHT - GIVEN).mean((1, 2, 3)), rtol=1e-6)


def test_charbonnier_is_l1_far_from_zero_and_smooth_at_it():
    """sqrt(d^2 + e^2), whose slope d / sqrt(d^2 + e^2) is 0 where the answer is right."""

    def loss(given, epsilon=0.1):
        return charbonnier(views.view(TranslationView, target=jnp.asarray(RIGHT), fake=given), epsilon=epsilon)

    difference = GIVEN - RIGHT
    np.testing.assert_allclose(loss(jnp.asarray(GIVEN)), np.sqrt(difference**2 + 0.01).mean((1, 2, 3)), rtol=1e-6)
    np.testing.assert_allclose(loss(jnp.asarray(GIVEN), 1e-9), np.abs(difference).mean((1, 2, 3)), rtol=1e-6)
    slope = jax.grad(lambda given: loss(given).sum())
    expected = difference / np.sqrt(difference**2 + 0.01) / RIGHT[0].size
    np.testing.assert_allclose(slope(jnp.asarray(GIVEN)), expected, rtol=1e-4, atol=1e-7)
    np.testing.assert_array_equal(slope(jnp.asarray(RIGHT)), 0)
    np.testing.assert_allclose(loss(jnp.asarray(RIGHT)), 0.1, rtol=1e-6)


def test_perceptual_asks_the_frozen_network_of_that_name():
    frozen = {"eyes": lambda a, b: (a - 2 * b).sum((1, 2, 3))}
    view = views.view(TranslationView, target=jnp.asarray(RIGHT), fake=jnp.asarray(GIVEN), frozen=frozen)
    np.testing.assert_allclose(perceptual(view, network="eyes"), (RIGHT - 2 * GIVEN).sum((1, 2, 3)), rtol=1e-5)
    with pytest.raises(InputError, match=r"perceptual.network = 'lpips' is none of `frozen`. Valid: eyes"):
        perceptual(view)


def test_views_without_a_right_answer_are_refused():
    with pytest.raises(InputError, match="l1 compares an image with its right answer, which a GanView has not"):
        l1(views.view(GanView))
