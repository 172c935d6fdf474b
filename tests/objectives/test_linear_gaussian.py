"""Games whose best play is known: a linear VAE on Gaussian data, and a critic of Gaussian latents.

A linear VAE with a fixed scale s is probabilistic PCA, whose best likelihood is in closed form: with the covariance's
largest eigenvalues as they are and all others s² (Tipping and Bishop 1999; Lucas et al. 2019).
"""

from functools import partial

import experiments
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy.stats import multivariate_normal

from gan_jax.average import Ema
from gan_jax.config import experiment, schema
from gan_jax.data.sources import Source
from gan_jax.evaluation.likelihood import importance_weighted, log_weights
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly
from gan_jax.training import step as steps

COUNT, SCALE, CORRELATION, SPREAD = 128, 0.3, 0.8, 0.25


class Given:
    """Pictures of two pixels or six, of a Gaussian."""

    def __init__(self, images: np.ndarray) -> None:
        self.images = np.clip(np.rint((images + 1) * 127.5), 0, 255).astype(np.uint8)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        return {"image": self.images[i]}


def six() -> Source:
    """Two directions of six stand out."""
    random = np.random.default_rng(0)
    weight = np.linalg.qr(random.normal(size=(6, 6)))[0] * [0.5, 0.4, 0.2, 0.15, 0.1, 0.1]
    return Given((random.normal(size=(COUNT, 6)) @ weight.T).reshape(COUNT, 2, 3, 1))


def pair() -> Source:
    """Two numbers with a correlation."""
    covariance = SPREAD**2 * np.array([[1, CORRELATION], [CORRELATION, 1]])
    drawn = np.random.default_rng(0).multivariate_normal([0, 0], covariance, size=4096)
    return Given(drawn.reshape(-1, 1, 2, 1))


class Pixels(nn.Module):
    """An encoder whose latent is the picture, in units of its spread."""

    @nn.compact
    def __call__(self, image, label=None, *, train):
        mean = image.reshape(len(image), -1) / SPREAD + 0 * self.param("unused", nn.initializers.zeros, ())
        return mean, jnp.full_like(mean, -20.0)


def trained(config: dict, count: int):
    """The state after so many steps on the whole set, and a sampler of the averages."""
    config = schema.resolve_config(config)
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    objective, turns = experiment.make_objective(config, facts), assembly.make_turns(config)
    batch = {"image": jnp.asarray(data.arrays()["image"]), "position": jnp.arange(len(data), dtype=jnp.int32)}
    step = steps.make(objective, turns, Ema(half_life=20.0 * len(data)), len(data))
    state = jax.jit(partial(steps.init, objective, turns))(jax.random.key(0), batch)
    state = jax.jit(lambda state: jax.lax.fori_loop(0, count, lambda _, state: step(state, batch)[0], state))(state)
    return state, Sampler(objective, state.ema, facts), batch


def test_a_linear_vae_reaches_the_likelihood_of_probabilistic_pca():
    rate = dict(name="cosine_decay_schedule", init_value=0.02, decay_steps=1500)
    half = dict(hidden=())
    config = experiments.vae(
        batch_size=COUNT,
        data=dict(source=dict(name="test_linear_gaussian:six")),
        objective__likelihood=dict(name="gaussian", scale=SCALE),
        autoencoder__network__encoder=dict(name="dense.Encoder", latent_size=2, **half),
        autoencoder__network__decoder=dict(name="dense.Decoder", **half),
        autoencoder__optimizer=dict(name="adam", learning_rate=rate),
    )
    state, sampler, batch = trained(config, 1500)
    images = np.asarray(batch["image"])
    values = images.reshape(COUNT, 6) / 127.5 - 1

    eigenvalues, vectors = np.linalg.eigh(np.cov(values.T, bias=True))
    best = np.where(np.arange(6) < 4, SCALE**2, np.maximum(eigenvalues, SCALE**2))
    exact = multivariate_normal(values.mean(axis=0), vectors * best @ vectors.T).logpdf(values)
    weights = log_weights(sampler, {"image": images}, draws=20)
    assert weights.mean() == pytest.approx(exact.mean(), abs=0.01)
    bounds = [importance_weighted(weights[:, : 20 // k * k].reshape(-1, k)).mean() for k in (1, 4, 20)]
    assert bounds == sorted(bounds)
    assert bounds[-1] == pytest.approx(exact.mean(), abs=0.01)

    kernel = np.asarray(state.ema["autoencoder"].params["decoder"]["outputs"]["kernel"])  # [Z, 6], of any rotation
    np.testing.assert_allclose(np.linalg.eigvalsh(kernel @ kernel.T), best[4:] - SCALE**2, atol=0.02)


def test_a_critic_tells_the_total_correlation_of_gaussian_latents():
    config = experiments.factor_vae(
        batch_size=4096,
        data=dict(source=dict(name="test_linear_gaussian:pair")),
        autoencoder__network=dict(
            name="vae.VAE",
            encoder=dict(name="test_linear_gaussian:Pixels"),
            decoder=dict(name="dense.Decoder", hidden=()),
        ),
        autoencoder__optimizer=dict(name="sgd", learning_rate=0.0),
        critic__network=dict(name="dense.Discriminator", width=16, depth=2),
        critic__optimizer=dict(name="adam", learning_rate=0.01),
    )
    state, _, batch = trained(config, 400)
    objective = experiment.make_objective(schema.resolve_config(config), facts_of(config))
    _, out = objective.losses["autoencoder"](
        state.players["autoencoder"].variables.params, state, batch, jax.random.key(1)
    )
    told = float(out.metrics["ratio"].value)
    assert told == pytest.approx(-0.5 * np.log(1 - CORRELATION**2), abs=0.04)


def facts_of(config: dict):
    return experiment.make_facts(experiment.make_data(schema.resolve_config(config)))
