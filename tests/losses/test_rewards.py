"""Rewards of a linear generator of Gaussian latents, for which all is known."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax import rng
from gan_jax.errors import InputError
from gan_jax.losses import best_of, evolution, latent_divergence, pathwise, reinforce, rewards, scoring, start_ratio
from gan_jax.losses.steered import SteeredView
from gan_jax.sampling.tilted import accepted
from gan_jax.types import Draw

RANDOM = np.random.default_rng(0)
SLOPE = jnp.asarray(RANDOM.normal(size=(3, 4)) * 0.05, jnp.float32)  # images = latents @ SLOPE, of 2x2 pixels
WANTED = jnp.asarray(RANDOM.normal(size=4), jnp.float32)
BETA = 0.5
OPTIMUM = SLOPE @ WANTED / BETA  # of the latents' mean: images move by Sigma a / beta


def linear(images):
    """Whole levels are for others: here they would only be noise."""
    return images.reshape(len(images), -1) @ WANTED


def steered(params, size, seed=0):
    """Latents of a normal distribution of their own."""
    noise = jax.random.normal(jax.random.key(seed), (size, 3))

    def images(params, noise=noise):
        return ((params["mean"] + jnp.exp(params["log_scale"]) * noise) @ SLOPE).reshape(-1, 2, 2, 1)

    moved = params["mean"] + jnp.exp(params["log_scale"]) * noise
    known = dict(generated=images(params), moved=moved, shift=params["mean"], log_scale=params["log_scale"])
    given = dict(key=jax.random.key(seed), batch={"position": jnp.arange(size)}, frozen={}, params=params)
    return views.view(SteeredView, **known, **given, remade=images)


def gradient(term, params, size, seed=0):
    return jax.jit(jax.grad(lambda params: term(steered(params, size, seed)).mean()))(params)["mean"]


START = {"mean": jnp.array([0.2, -0.1, 0.4]), "log_scale": jnp.array([0.0, -0.3, 0.1])}


def test_three_ways_to_a_reward_have_one_gradient():
    exact = gradient(partial(pathwise, reward=linear), START, 64)
    np.testing.assert_allclose(exact, -SLOPE @ WANTED, rtol=1e-5)
    estimate = gradient(partial(reinforce, reward=linear), START, 40_000)
    np.testing.assert_allclose(estimate, exact, atol=5 * 0.12 / np.sqrt(40_000))
    by_steps = [gradient(partial(evolution, reward=linear, pairs=200), START, 8, seed) for seed in range(3)]
    np.testing.assert_allclose(np.mean(by_steps, axis=0), exact, atol=5 * 0.15 / np.sqrt(600))


@pytest.mark.parametrize("beta", [BETA, 1e6])
def test_held_by_its_latents_the_mean_moves_by_sigma_a_over_beta(beta):
    """Where the gradient is none; and of a large beta it is where it began."""
    best = {"mean": OPTIMUM * BETA / beta, "log_scale": jnp.zeros(3)}

    def total(params):
        view = steered(params, 64)
        return pathwise(view, reward=linear).mean() + beta * latent_divergence(view).mean()

    np.testing.assert_allclose(jax.grad(total)(best)["mean"], 0, atol=1e-6)
    if beta > BETA:
        np.testing.assert_allclose(best["mean"], 0, atol=1e-6)


def test_the_divergence_is_that_of_normal_distributions():
    mean, scale = np.asarray(START["mean"]), np.exp(START["log_scale"])
    expected = (mean**2 / 2 + (scale**2 - 1) / 2 - np.log(scale)).sum()
    np.testing.assert_allclose(latent_divergence(steered(START, 2)), [expected] * 2, rtol=1e-5)


def test_rejection_draws_the_tilted_distribution():
    """Of numbers in [0, 1] and r = x it has the density exp(x / beta) / Z."""
    numbers = RANDOM.random(200_000)
    found = numbers[accepted(numbers, BETA)]
    expected = 1 / (1 - np.exp(-1 / BETA)) - BETA
    assert found.mean() == pytest.approx(expected, abs=4 * found.std() / np.sqrt(len(found)))
    assert accepted(numbers, 1e9).mean() > 0.999


def test_a_discriminator_that_is_right_tells_the_divergence_from_the_start():
    """KL(N(m, 1) || N(0, 1)) = m^2 / 2, by the logit log N(x; 0, 1) / N(x; m, 1); who knows nothing pays 2 ln 2."""
    mean, count = 0.7, 40_000
    images = (mean + jnp.asarray(RANDOM.normal(size=count), jnp.float32)).reshape(-1, 1, 1, 1)
    fields = dict(real=images, generated=images, latent=images[:, 0, 0, 0], frozen={"source": partial(Source(), None)})
    view = views.gan(**fields).replace(discriminator=lambda x: mean**2 / 2 - mean * x[:, 0, 0, 0])
    values = start_ratio().generator(view)
    assert values.mean() == pytest.approx(mean**2 / 2, abs=4 * mean / np.sqrt(count))
    view = view.replace(discriminator=lambda x: jnp.zeros(len(x)))
    np.testing.assert_allclose(start_ratio().discriminator(view), 2 * np.log(2), rtol=1e-6)


def test_images_are_whole_levels_with_a_gradient_of_their_own():
    images = jnp.full((2, 4, 4, 1), 0.1234).at[:, 0, 0].set(3.0)
    seen = []
    scoring.score(lambda images: seen.append(images) or images.sum((1, 2, 3)), images, {})
    assert float(jnp.abs((seen[-1] + 1) * 127.5 - jnp.round((seen[-1] + 1) * 127.5)).max()) < 1e-3
    assert seen[-1].max() == 1
    slope = jax.grad(lambda x: scoring.score(rewards.sharpness, x, {}).sum())(images)
    assert jnp.isfinite(slope).all() and (slope != 0).any()
    np.testing.assert_array_equal(slope[:, 0, 0], 0)  # what is out of range is pushed no further


def nan_of_black(images):
    return 0 / (images.mean((1, 2, 3)) + 1)


def of_pixels(images):
    return images.mean(axis=3)


def of_numpy(images):
    return jnp.asarray(np.asarray(images).mean((1, 2, 3)))


def a_list(images):
    return [0.0] * len(images)


@pytest.mark.parametrize(
    "reward, message",
    [
        (of_numpy, r"of_numpy: inside a step .* return gan_jax.losses.scoring.on_host\(function, images\)"),
        (a_list, "a_list: a reward is an array; it returned list"),
        (nan_of_black, r"test_rewards:nan_of_black: the rewards of a black, .* are \[nan, .*a finite number"),
        (of_pixels, r"of_pixels: a reward is one float32 number for each image, of shape \(3,\); .* \(3, 4, 4\)"),
        (rewards.hue, "coloured images, not of 1 channels"),
    ],
)
def test_what_is_no_reward_is_refused(reward, message):
    with pytest.raises(InputError, match=message):
        jax.eval_shape(lambda x: scoring.score(reward, x, {}), jnp.zeros((2, 4, 4, 1)))


def test_what_numpy_tells_has_no_gradient_and_can_choose():
    """Of JPEG sizes the best of some is the largest, inside a compiled function."""
    images = jnp.asarray(RANDOM.uniform(-1, 1, (6, 8, 8, 3)) * np.linspace(0, 1, 6)[:, None, None, None], jnp.float32)
    sizes = jax.jit(lambda x: scoring.score(rewards.jpeg_size, x, {}))(images)
    assert (np.diff(sizes) > 0).all()
    with pytest.raises(InputError, match="reward jpeg_size has no gradient: ask for it by"):
        jax.grad(lambda x: scoring.score(rewards.jpeg_size, x, {}).sum())(images)
    run = partial(Source(), None)
    judge = lambda images: images.mean((1, 2, 3))  # noqa: E731
    fields = dict(real=images, generated=images, discriminator=judge, frozen={"source": run})
    chosen = best_of(reward=rewards.jpeg_size, number=3).discriminator(views.gan(**fields))
    assert chosen.shape == (6,) and jnp.isfinite(chosen).all()


@pytest.mark.parametrize("shape", [(4, 4, 3), (3, 4, 4, 1)])
def test_the_best_of_some_is_chosen_for_each_example(shape):
    """Of pictures and of voxels: the largest of all strengths that are drawn."""
    strongest = jnp.stack([jax.vmap(jax.random.uniform)(keys_of(another, 6)) for another in range(5)]).max(axis=0)
    fields = dict(
        real=jnp.zeros((6, *shape)), generated=jnp.zeros((6, *shape)), frozen={"source": partial(Source(shape), None)}
    )
    game = best_of(reward=lambda images: images.reshape(len(images), -1).mean(axis=1), number=5)
    judged = game.discriminator(views.gan(**fields, discriminator=lambda x: x.reshape(6, -1).mean(axis=1)))
    np.testing.assert_allclose(judged, jax.nn.softplus(-strongest) + np.log(2), rtol=1e-5)


def keys_of(another, size):
    return rng.per_example(rng.stream(jax.random.key(0), another, "another"), jnp.arange(size))


class Source:
    """A run that draws images of a latent's strength."""

    draws = {"image": Draw(None, lambda keys: jax.vmap(jax.random.uniform)(keys))}  # noqa: RUF012

    def __init__(self, shape=(8, 8, 3)):
        self.shape = shape

    def __call__(self, variables, draw, latent, condition):
        return latent.reshape(-1, *(1 for _ in self.shape)) * jnp.ones((1, *self.shape))


def test_colours_are_told():
    red, blue, grey = ([1.0, -1.0, -1.0], [-1.0, -1.0, 1.0], [0.0, 0.0, 0.0])
    images = jnp.asarray([red, blue, grey])[:, None, None] * jnp.ones((1, 4, 4, 1))
    np.testing.assert_allclose(rewards.hue(images, turn=0.0)[:2], [1, -0.5], atol=1e-2)
    np.testing.assert_allclose(rewards.hue(images, turn=2 / 3)[:2], [-0.5, 1], atol=1e-2)
    np.testing.assert_allclose(rewards.size(images), [1, 1, 0], atol=1e-2)
