"""Importance-weighted bounds, against a model whose likelihood is known: x = W z + b + noise."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from views import vae

from gan_jax.losses import doubly_reparameterized, importance_weighted, kl_divergence
from gan_jax.losses.gaussians import log_density, log_mixture

RANDOM = np.random.default_rng(0)
WEIGHT, BIAS, SCALE = RANDOM.normal(size=(5, 2)), RANDOM.normal(size=5), 0.7
DATA = RANDOM.normal(size=(6, 5)) @ np.linalg.cholesky(WEIGHT @ WEIGHT.T + SCALE**2 * np.eye(5)).T + BIAS
EXACT = stats.multivariate_normal(BIAS, WEIGHT @ WEIGHT.T + SCALE**2 * np.eye(5)).logpdf(DATA)
PRECISION = np.eye(2) + WEIGHT.T @ WEIGHT / SCALE**2
POSTERIOR = (DATA - BIAS) @ WEIGHT @ np.linalg.inv(PRECISION) / SCALE**2
SPREAD = np.log(np.diag(np.linalg.inv(PRECISION)))


def view(mean, log_variance, weight=WEIGHT, key=0):
    def log_likelihood(z):
        mean = z @ jnp.float32(weight).T + jnp.float32(BIAS)
        return log_density(jnp.float32(DATA), mean, jnp.full_like(mean, 2 * np.log(SCALE))).sum(axis=-1)

    log_variance = jnp.broadcast_to(log_variance, mean.shape)
    return vae(mean=mean, log_variance=log_variance, log_likelihood=log_likelihood, key=jax.random.key(key))


def bound(samples, mean=POSTERIOR, keys=40):
    run = jax.jit(jax.vmap(lambda key: importance_weighted(view_of(key, mean), samples=samples)))
    return -np.asarray(run(jnp.arange(keys))).mean(axis=0)


def view_of(key, mean):
    return view(jnp.asarray(mean, jnp.float32), jnp.float32(SPREAD)).replace(key=jax.random.key(key))


def test_the_bound_grows_with_the_samples_and_ends_at_the_likelihood():
    bounds = [bound(samples).mean() for samples in (1, 8, 256)]
    assert bounds[0] < bounds[1] < bounds[2] < EXACT.mean() + 0.02
    assert EXACT.mean() - bounds[2] < 0.02 < EXACT.mean() - bounds[0]


def test_one_sample_is_the_evidence_lower_bound():
    own = view_of(0, POSTERIOR)
    noise = jax.vmap(lambda key: jax.random.normal(key, (1, 2)))(
        jax.vmap(jax.random.fold_in, in_axes=(None, 0))(own.key, jnp.arange(6))
    )[:, 0]
    z = own.mean + jnp.exp(own.log_variance / 2) * noise
    log_q = log_density(z, own.mean, own.log_variance).sum(axis=-1)
    expected = -(own.log_likelihood(z) + np.float32(stats.norm.logpdf(z).sum(axis=-1)) - log_q)
    np.testing.assert_allclose(importance_weighted(own, samples=1), expected, rtol=1e-4)


def gradients(term, samples, keys=3000):
    """Of the mean loss: with respect to posterior means, and to a weight of the decoder."""

    def loss(mean, weight, key):
        return term(
            view(mean, jnp.float32(SPREAD + 0.3), weight).replace(key=jax.random.key(key)), samples=samples
        ).mean()

    run = jax.jit(jax.vmap(jax.grad(loss, argnums=(0, 1)), in_axes=(None, None, 0)))
    return [np.asarray(x) for x in run(jnp.float32(POSTERIOR + 0.5), jnp.float32(WEIGHT), jnp.arange(keys))]


def test_the_doubly_reparameterized_gradient_is_the_same_on_average_with_less_noise():
    plain, doubly = gradients(importance_weighted, 8), gradients(doubly_reparameterized, 8)
    for one, other in zip(plain, doubly, strict=True):
        error = np.sqrt((one.var(axis=0) + other.var(axis=0)) / len(one))
        assert (np.abs(one.mean(axis=0) - other.mean(axis=0)) < 4.5 * error + 1e-4).all()
    assert doubly[0].var(axis=0).mean() < 0.5 * plain[0].var(axis=0).mean()
    np.testing.assert_allclose(doubly[1], plain[1], rtol=1e-3, atol=1e-5)  # the decoder's is the same, draw by draw
    own = view_of(0, POSTERIOR)
    np.testing.assert_allclose(doubly_reparameterized(own, samples=4), importance_weighted(own, samples=4), rtol=1e-5)


def test_the_density_of_a_mixture_and_the_divergence_from_it():
    weights, means, variances = np.array([0.3, 0.7]), RANDOM.normal(size=(2, 3)), RANDOM.uniform(0.5, 2, size=(2, 3))
    mixture = tuple(jnp.float32(x) for x in (np.log(weights), means, np.log(variances)))
    z = RANDOM.normal(size=(4, 3))
    parts = [stats.multivariate_normal(m, np.diag(v)).pdf(z) for m, v in zip(means, variances, strict=True)]
    np.testing.assert_allclose(log_mixture(jnp.float32(z), mixture), np.log(weights @ parts), rtol=1e-5)
    of_each = np.array([[0.3, 0.7], [0.9, 0.1], [0.5, 0.5], [0.2, 0.8]])  # as of four classes
    expected = np.log((of_each.T * parts).sum(axis=0))
    classed = (jnp.log(of_each), *mixture[1:])
    np.testing.assert_allclose(log_mixture(jnp.float32(z), classed), expected, rtol=1e-5)

    mean, log_variance = jnp.float32(RANDOM.normal(size=(1, 3))), jnp.float32(RANDOM.normal(size=(1, 3)))
    draws = np.asarray(mean + np.exp(log_variance / 2) * RANDOM.normal(size=(200_000, 3)), np.float32)
    log_q = stats.norm.logpdf(draws, mean, np.exp(log_variance / 2)).sum(axis=1)
    for prior in (mixture, tuple(x[:1] for x in (jnp.zeros(1), *mixture[1:]))):
        sampled = log_q - np.asarray(log_mixture(jnp.asarray(draws), prior))
        own = vae(mean=mean, log_variance=log_variance, prior=prior, latent=jnp.asarray(draws[:1]))
        if len(prior[0]) == 1:
            assert abs(float(kl_divergence(own)[0]) - sampled.mean()) < 5 * sampled.std() / np.sqrt(len(draws))
        else:
            np.testing.assert_allclose(kl_divergence(own)[0], sampled[0], rtol=1e-3, atol=1e-3)


def test_a_floor_by_dimension_is_refused_where_there_is_no_dimension():
    two = (jnp.log(jnp.full(2, 0.5)), jnp.zeros((2, 3)), jnp.zeros((2, 3)))
    with pytest.raises(ValueError, match="free_bits"):
        kl_divergence(vae(mean=jnp.zeros((1, 3)), log_variance=jnp.zeros((1, 3)), prior=two), free_bits=0.1)
