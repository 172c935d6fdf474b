import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views
from scipy import integrate, special, stats

from gan_jax.losses import density_ratio, kl_by_level, kl_divergence, negative_log_likelihood, total_correlation
from gan_jax.losses.views import HierarchicalView

MEAN = np.float32([[0.0, 1.5, 0.1], [0.0, -0.5, 0.2], [0.0, 3.0, 0.0]])
LOG_VARIANCE = np.float32([[0.0, -2.0, 0.1], [0.0, 1.0, -0.1], [0.0, 0.5, 0.0]])


def view_of(mean=MEAN, log_variance=LOG_VARIANCE, axis_name=None):
    return views.vae(
        jnp.asarray(mean),
        jnp.asarray(log_variance),
        negative_log_likelihood=jnp.arange(len(mean), dtype=jnp.float32),
        axis_name=axis_name,
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


def test_total_correlation_is_the_minibatch_weighted_estimate():
    """The paper's equation 5, sum by sum."""
    random = np.random.default_rng(1)
    mean, log_variance, latent = (np.float32(random.normal(size=(5, 3))) for _ in range(3))
    own = views.vae(jnp.asarray(mean), jnp.asarray(log_variance), latent=jnp.asarray(latent), num_examples=40)
    expected = []
    for z in latent:
        by_dimension = stats.norm.logpdf(z, mean, np.exp(log_variance / 2))
        joint = special.logsumexp(by_dimension.sum(axis=1)) - np.log(5 * 40)
        product = (special.logsumexp(by_dimension, axis=0) - np.log(5 * 40)).sum()
        expected.append(joint - product)
    np.testing.assert_allclose(total_correlation(own), expected, rtol=1e-5)


def test_total_correlation_is_asked_of_a_critic_where_there_is_one():
    own = view_of()
    judged = own.replace(real=own.latent, discriminator=lambda z: z[:, 0])
    np.testing.assert_array_equal(density_ratio(judged), MEAN[:, 0])
    for other in (own, judged.replace(real=jnp.zeros((3, 8, 8, 1)))):
        with pytest.raises(ValueError, match="factor_vae"):
            density_ratio(other)


def levels(kl, sizes):
    return views.view(HierarchicalView, kl=jnp.float32(kl), sizes=sizes)


def test_levels_add_up_and_a_level_below_its_floor_has_no_gradient():
    kl = [[1.0, 4.0], [3.0, 2.0]]
    np.testing.assert_allclose(kl_by_level(levels(kl, (4, 8))), [5, 5])
    gradient = jax.grad(lambda kl: kl_by_level(levels(kl, (4, 8)), free_bits=0.6).sum())(jnp.float32(kl))
    np.testing.assert_array_equal(gradient, [[0, 0], [0, 0]])  # floors of 2.4 and 4.8 nats, means of 2 and 3
    gradient = jax.grad(lambda kl: kl_by_level(levels(kl, (4, 8)), free_bits=0.3).sum())(jnp.float32(kl))
    np.testing.assert_array_equal(gradient, [[1, 1], [1, 1]])


def test_balanced_levels_weigh_what_they_say_per_number():
    """As in NVAE's code, `kl_balancer`: (mean + .01) / size, to a mean of 1; a level that says too much is held."""
    gradient = jax.grad(lambda kl: kl_by_level(levels(kl, (4, 8)), balanced=True).sum())(jnp.float32([[2.0, 3.0]]))
    share = np.array([2.01 / 4, 3.01 / 8])
    np.testing.assert_allclose(gradient, [share / share.mean()], rtol=1e-6)
