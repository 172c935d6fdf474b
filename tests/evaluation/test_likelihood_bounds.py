"""A linear Gaussian autoencoder, whose likelihood is known: p(x) = N(m, W Wᵀ + s²) (Tipping and Bishop 1999).

W has orthogonal columns, so that the true posterior has the diagonal covariance of an encoder.
"""

import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from gan_jax.data import dataset
from gan_jax.errors import InputError
from gan_jax.evaluation import encoding
from gan_jax.evaluation.examples import Examples, some_of
from gan_jax.evaluation.likelihood import active_units, bits_per_dimension, importance_weighted, log_weights
from gan_jax.losses.likelihoods import gaussian
from gan_jax.objectives import vae
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column, Facts, Network, Role, Variables

SHAPE, LATENT, SCALE = (2, 3, 1), 2, 0.3
W = np.linalg.qr(np.random.default_rng(0).normal(size=(6, LATENT)))[0] * [1.2, 0.5]
MEAN = np.linspace(-0.2, 0.3, 6)
POSTERIOR = 1 / (1 + np.diag(W.T @ W) / SCALE**2)  # variances


def linear(widening: float, prior_alone: bool) -> Network:
    """The model with its exact posterior, but for a variance that is `widening` times as large; or with the prior."""

    def apply(variables, x, label=None, *, train=False, method):
        if method == "mixture":  # the standard normal, of latents of the shape x
            return (jnp.zeros(1), jnp.zeros((1, *x)), jnp.zeros((1, *x))), {}
        if method == "decode":
            return (x @ W.T + MEAN).reshape(-1, *SHAPE), {}
        if prior_alone:
            return (jnp.zeros((len(x), LATENT)), jnp.zeros((len(x), LATENT))), {}
        centred = x.reshape(len(x), -1) - MEAN
        mean = centred @ W / SCALE**2 * POSTERIOR
        return (mean, jnp.broadcast_to(jnp.log(POSTERIOR * widening), mean.shape)), {}

    return Network(init=lambda key, *inputs: Variables({}, {}), apply=apply)


def model(widening: float = 1.0, prior_alone: bool = False) -> Sampler:
    columns = {"image": Column(SHAPE, "uint8", "image")}
    known = dict(columns=columns, image_shape=SHAPE, num_classes=0, num_examples=40)
    run = dict(out_channels=1, batch_size=1, stage=0, num_stages=1, stage_begin=0)
    facts = Facts(**known, **run, frozen={}, axis_name=None, dtype=jnp.float32)
    role = Role(network=lambda **given: linear(widening, prior_alone), terms={})
    objective = vae.make(role, facts, likelihood=gaussian(scale=SCALE))
    return Sampler(objective, {"autoencoder": Variables({}, {})}, known)


@pytest.fixture(scope="module")
def images() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 256, (40, *SHAPE), dtype=np.uint8)


@pytest.fixture(scope="module")
def log_likelihood(images) -> np.ndarray:
    law = multivariate_normal(MEAN, W @ W.T + SCALE**2 * np.eye(6))
    return law.logpdf(images.reshape(40, -1) / 127.5 - 1)


def test_with_the_exact_posterior_every_draw_weighs_the_likelihood(images, log_likelihood):
    weights = log_weights(model(), {"image": images}, draws=3)
    np.testing.assert_allclose(weights, np.repeat(log_likelihood[:, None], 3, axis=1), rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(importance_weighted(weights), log_likelihood, rtol=1e-4, atol=1e-3)


@pytest.fixture(scope="module")
def wide(images) -> np.ndarray:
    return log_weights(model(3.0), {"image": images}, draws=200)


def test_the_bound_falls_short_by_the_divergence_from_the_posterior(log_likelihood, wide):
    divergence = LATENT * 0.5 * (3 - 1 - np.log(3))  # KL of N(m, 3 v) from N(m, v), in each dimension
    gap = log_likelihood[:, None] - wide
    assert gap.mean() == pytest.approx(divergence, abs=4 * gap.std() / np.sqrt(gap.size))


def examples_of(images) -> Examples:
    class Given:
        def __len__(self):
            return len(images)

        def __getitem__(self, i):
            return {"image": images[i]}

    return some_of(dataset.make(Given()))


def test_the_bound_and_its_two_parts(images, log_likelihood):
    values = encoding.evidence_lower_bound(model(), examples_of(images), draws=300)
    told = {value.name: value.estimate.value for value in values}
    mean = (images.reshape(40, -1) / 127.5 - 1 - MEAN) @ W / SCALE**2 * POSTERIOR
    kl = 0.5 * (mean**2 + POSTERIOR - 1 - np.log(POSTERIOR)).sum(axis=1)
    assert told["elbo/kl"] == pytest.approx(kl.mean(), rel=1e-4)
    assert told["elbo"] == pytest.approx(told["elbo/reconstruction"] - told["elbo/kl"], rel=1e-6)
    assert told["elbo"] == pytest.approx(log_likelihood.mean(), abs=0.05)


def test_active_units_are_those_whose_means_vary(images, caplog):
    means = np.random.default_rng(0).normal(size=(1000, 2, 3)) * np.sqrt([[0.02, 0.005, 0.0], [1.0, 0.0, 0.015]])
    assert active_units([means[:300] + 5, means[300:] + 5]) == (3, 6)
    (found,) = encoding.active_units(model(), examples_of(images))
    assert (found.estimate.value, found.settings) == (2, {"of": 2, "variance": 0.01})
    assert not caplog.text


def test_a_collapsed_posterior_is_told(images, caplog):
    """All images alike: the means do not vary. And a posterior that is the prior: KL is 0."""
    alike = examples_of(np.full_like(images, 127))
    (found,) = encoding.active_units(model(), alike)
    assert found.estimate.value == 0
    assert "Posterior collapse: 0 of 2 latent units are active." in caplog.text
    caplog.clear()
    deaf = model(prior_alone=True)
    told = {value.name: value.estimate.value for value in encoding.evidence_lower_bound(deaf, alike)}
    assert told["elbo/kl"] == pytest.approx(0, abs=1e-6)
    assert "Posterior collapse: KL is" in caplog.text


def test_more_draws_never_loosen_the_bound(log_likelihood, wide):
    bounds = [importance_weighted(wide[:, : 200 // k * k].reshape(-1, k)).mean() for k in (1, 2, 5, 20, 100, 200)]
    assert bounds[0] == pytest.approx(wide.mean(), rel=1e-6)  # K = 1 is the evidence lower bound
    assert bounds == sorted(bounds)
    assert bounds[-1] < log_likelihood.mean() + 0.02
    assert log_likelihood.mean() - bounds[-1] < 0.1 * (log_likelihood.mean() - bounds[0])


def test_the_divergence_of_each_number_of_a_code_is_that_of_gaussians(images):
    means = (images.reshape(40, -1) / 127.5 - 1 - MEAN) @ W / SCALE**2 * POSTERIOR
    np.testing.assert_allclose(model()(range(40), {"image": images}, draw="to_z"), means, rtol=1e-4, atol=1e-5)
    variance = 3 * POSTERIOR
    expected = (means**2 + variance - 1 - np.log(variance)) / 2
    found = model(3.0)(range(40), {"image": images}, draw="kl")
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)


def test_importance_weights_of_far_tails():
    weights = np.array([[-1e5, -1e5 + np.log(3.0)], [700.0, 700.0]])
    np.testing.assert_allclose(importance_weighted(weights), [-1e5 + np.log(2), 700], rtol=1e-12)


def test_draws_belong_to_an_image_and_a_number(images, wide):
    np.testing.assert_allclose(log_weights(model(3.0), {"image": images[:5]}, draws=2), wide[:5, :2], rtol=1e-6)
    assert len(np.unique(wide.round(4))) > 0.95 * wide.size


def test_a_uniform_guess_costs_eight_bits_for_each_value():
    assert bits_per_dimension(-12 * np.log(256), (2, 2, 3)) == pytest.approx(8)


def test_a_generator_has_no_likelihood(gan_run):
    import gan_jax

    with pytest.raises(InputError, match="no likelihood"):
        log_weights(gan_jax.load(gan_run), {"image": np.zeros((1, 8, 8, 3), np.uint8)})
