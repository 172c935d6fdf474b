import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax.losses import path_length

RANDOM = np.random.default_rng(0)
SLOPE = jnp.asarray(RANDOM.normal(size=(6, 4 * 4 * 2)), jnp.float32)  # of images in codes


def linear(codes):
    """Images that are a linear function of the sum of a code's layers."""
    return (codes.sum(axis=1) @ SLOPE).reshape(-1, 4, 4, 2)


def view_of(size, layers=1, synthesis=linear, carry=0.0):
    codes = jnp.zeros((size, layers, 6))
    images = jnp.zeros((size, 4, 4, 2))
    return views.gan(real=images, codes=codes, synthesis=synthesis, carry=jnp.float32(carry))


def lengths(view):
    """A running mean of 0 that forgets nothing leaves the squares alone."""
    values, _ = path_length(decay=0.999999)(view)
    return np.sqrt(values)


@pytest.mark.parametrize("layers", [1, 3])
def test_of_a_linear_generator_squares_are_those_of_its_slope_by_pixel(layers):
    """E |J^T y|^2 = |J|^2 / pixels; of a code in layers, the mean over them, each of which has the same slope here."""
    squares = lengths(view_of(4000, layers)) ** 2
    expected = float((SLOPE**2).sum()) / 16
    assert squares.mean() == pytest.approx(expected, abs=4 * squares.std() / np.sqrt(4000))


def test_a_generator_that_only_turns_has_the_length_of_the_noise():
    turned = jnp.linalg.qr(jnp.asarray(RANDOM.normal(size=(32, 32)), jnp.float32))[0]
    view = view_of(500).replace(
        codes=jnp.zeros((500, 1, 32)), synthesis=lambda codes: 3 * (codes[:, 0] @ turned).reshape(-1, 4, 4, 2)
    )
    found = lengths(view)
    assert (found**2).mean() == pytest.approx(9 * 32 / 16, rel=0.05)
    assert found.std() == pytest.approx(3 / np.sqrt(2 * 16), rel=0.1)  # of a chi of 32 dimensions: 1 / sqrt(2)


def test_the_running_mean_follows_and_values_are_distances_from_it():
    view = view_of(8, carry=2.0)
    found = lengths(view.replace(carry=jnp.float32(0)))
    values, mean = path_length(decay=0.9)(view)
    assert float(mean) == pytest.approx(0.9 * 2.0 + 0.1 * found.mean(), rel=1e-5)
    np.testing.assert_allclose(values, (found - float(mean)) ** 2, rtol=1e-3)


def test_gradients_reach_the_generator_but_not_through_the_mean():
    def penalty(scale, carry=0.0):
        view = view_of(8, synthesis=lambda codes: scale * linear(codes), carry=carry)
        return path_length(decay=0.9)(view)[0].mean()

    found = lengths(view_of(8))
    mean = 0.1 * found.mean()
    assert float(jax.grad(penalty)(1.0)) == pytest.approx(2 * ((found - mean) * found).mean(), rel=1e-4)
    flat = jax.grad(lambda s: penalty(s))(0.0)
    assert np.isfinite(flat)
