"""Terms of bits in images."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax.errors import InputError
from gan_jax.losses import bit_cross_entropy, fair_bits
from gan_jax.losses.watermarks import WatermarkView


def fairness(logits, axis_name=None):
    return fair_bits(views.view(WatermarkView, unmarked=jnp.asarray(logits, jnp.float32), axis_name=axis_name))


def test_bit_cross_entropy_is_log_2_of_one_who_guesses():
    signs = jnp.sign(jax.random.normal(jax.random.key(0), (3, 8)))
    value = bit_cross_entropy(views.view(WatermarkView, signs=signs, logits=jnp.zeros((3, 8))))
    np.testing.assert_allclose(value, np.log(2), rtol=1e-6)
    value = bit_cross_entropy(views.view(WatermarkView, signs=signs, logits=2 * signs))
    np.testing.assert_allclose(value, np.log1p(np.exp(-2)), rtol=1e-6)


def test_fair_bits_is_the_mean_squared_product_of_two_bits():
    logits = np.random.default_rng(0).normal(size=(6, 8))
    bits = np.tanh(logits / np.sqrt(np.square(logits).mean()))
    expected = np.zeros(6)
    for image, other, one, two in itertools.product(range(6), range(6), range(8), range(8)):
        if image != other and one != two:
            expected[image] += bits[image, one] * bits[image, two] * bits[other, one] * bits[other, two] / (5 * 8 * 7)
    np.testing.assert_allclose(fairness(logits), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(fairness(np.ones((4, 8))), np.tanh(1) ** 4, rtol=1e-5)


def test_fair_bits_of_one_image_is_refused():
    with pytest.raises(InputError, match="fair_bits compares the images of a batch, and with batch_size = 1"):
        fairness(np.ones((1, 8)))


def test_fair_bits_of_coins_and_of_such_as_are_not():
    random = np.random.default_rng(0)
    coins = random.choice([-1.0, 1.0], size=(2000, 16))
    scale = np.tanh(1) ** 4
    assert abs(float(fairness(coins).mean())) < 5e-4
    twice = np.repeat(coins[:, :8], 2, axis=1)  # of 15 others one is the same
    assert float(fairness(twice).mean()) == pytest.approx(scale / 15, abs=2e-3)
    biased = random.choice([-1.0, 1.0], p=[0.3, 0.7], size=(2000, 16))  # of each two the product .4^2
    assert float(fairness(biased).mean()) == pytest.approx(scale * 0.4**4, rel=0.1)


def test_fair_bits_learns_what_it_counts_and_is_the_same_on_two_devices():
    logits = jnp.asarray(np.random.default_rng(1).normal(0.7, 1.0, size=(64, 8)), jnp.float32)
    slope = jax.grad(lambda x: fairness(x).sum())
    start = float(fairness(logits).mean())
    for _ in range(200):
        logits = logits - slope(logits)
    assert start > 0.01 and float(fairness(logits).mean()) < 0.001
    split = jax.vmap(lambda x: fairness(x, "devices"), axis_name="devices")(logits.reshape(2, 32, 8))
    np.testing.assert_allclose(split.reshape(-1), fairness(logits), atol=1e-6)
