import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import integrate, stats

from gan_jax.losses import kl_divergence, negative_log_likelihood
from gan_jax.losses.views import VaeView

MEAN = np.float32([[0.0, 1.5, 0.1], [0.0, -0.5, 0.2], [0.0, 3.0, 0.0]])
LOG_VARIANCE = np.float32([[0.0, -2.0, 0.1], [0.0, 1.0, -0.1], [0.0, 0.5, 0.0]])


def view_of(mean=MEAN, log_variance=LOG_VARIANCE, axis_name=None):
    image = jnp.zeros((len(mean), 1, 1, 1))
    return VaeView(
        image=image,
        outputs=image,
        reconstruction=jnp.zeros((len(mean), 1, 1, 1)),
        negative_log_likelihood=jnp.arange(len(mean), dtype=jnp.float32),
        mean=jnp.asarray(mean),
        log_variance=jnp.asarray(log_variance),
        latent=jnp.asarray(mean),
        batch={},
        key=jax.random.key(0),
        carry=None,
        axis_name=axis_name,
        step=jnp.int32(0),
        frozen={},
        params={},
    )


def integral(mean, log_variance):
    """KL to the standard normal by quadrature."""
    posterior, prior = stats.norm(mean, np.exp(log_variance / 2)), stats.norm()

    def integrand(z):
        return posterior.pdf(z) * (posterior.logpdf(z) - prior.logpdf(z))

    width = 12 * posterior.std()
    return integrate.quad(integrand, mean - width, mean + width, limit=200)[0]


BY_DIMENSION = np.vectorize(integral)(MEAN, LOG_VARIANCE)


def test_kl_against_numerical_integration():
    np.testing.assert_allclose(kl_divergence(view_of()), BY_DIMENSION.sum(axis=1), rtol=1e-5)


def test_kl_and_its_gradients_vanish_at_the_prior():
    zeros = jnp.zeros((2, 5))
    value, gradients = jax.value_and_grad(lambda m, v: kl_divergence(view_of(m, v)).sum(), argnums=(0, 1))(zeros, zeros)
    assert value == 0 and not np.any(gradients)


def test_kl_near_the_prior_is_not_lost_to_rounding():
    values = kl_divergence(view_of(jnp.zeros((1, 1)), jnp.full((1, 1), 1e-2)))
    np.testing.assert_allclose(values, (np.expm1(1e-2) - 1e-2) / 2, rtol=1e-2)


def test_free_bits_floor_the_batch_mean_of_each_dimension():
    floor = 0.5
    by_dimension = BY_DIMENSION.mean(axis=0)
    assert (by_dimension < floor).tolist() == [True, False, True]
    values = kl_divergence(view_of(), free_bits=floor)
    np.testing.assert_allclose(values.mean(), np.maximum(floor, by_dimension).sum(), rtol=1e-5)


def test_free_bits_stop_the_gradients_below_the_floor_alone():
    gradients = jax.grad(lambda mean: kl_divergence(view_of(mean), free_bits=0.5).mean())(jnp.asarray(MEAN))
    np.testing.assert_allclose(gradients, MEAN / 3 * np.array([0, 1, 0]), rtol=1e-5)


def test_free_bits_span_devices():
    mean = np.float32([[0.0], [0.0], [3.0], [3.0]])  # below the floor on one device, above it on the other and in all
    split = jax.vmap(lambda m: kl_divergence(view_of(m, 0 * m, "devices"), free_bits=0.5), axis_name="devices")
    np.testing.assert_allclose(split(mean.reshape(2, 2, 1)).ravel(), [0, 0, 4.5, 4.5], rtol=1e-5)


@pytest.mark.parametrize("free_bits", [0.0, 0.5])
def test_nan_is_not_hidden(free_bits):
    assert np.isnan(kl_divergence(view_of(MEAN * np.nan), free_bits=free_bits)).all()


def test_negative_log_likelihood_is_that_of_the_view():
    np.testing.assert_array_equal(negative_log_likelihood(view_of()), [0, 1, 2])
