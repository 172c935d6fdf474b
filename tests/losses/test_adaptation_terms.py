import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views
from scipy.special import log_softmax

from gan_jax.errors import InputError
from gan_jax.frozen import importance
from gan_jax.losses import anchored, elastic, nonsaturating, patchwise
from gan_jax.losses.adaptation import _divergence

RANDOM = np.random.default_rng(0)


def test_the_importance_of_a_mean_is_the_inverse_of_the_variance():
    """Of a normal distribution the Fisher information of the mean is 1 / s^2, one sample at a time."""
    deviations = jnp.array([0.5, 1.0, 2.0])

    def log_likelihood(params, key, number):
        image = params["mean"] + deviations * jax.random.normal(key[0], (3,))
        return -(((jax.lax.stop_gradient(image) - params["mean"]) / deviations) ** 2).sum() / 2

    found = importance.fisher(log_likelihood, {"mean": jnp.zeros(3)}, 4000)["mean"]
    np.testing.assert_allclose(found, 1 / deviations**2, rtol=0.1)


def test_of_two_normal_distributions_the_elastic_term_is_twice_their_divergence():
    """KL(N(a, s^2) || N(b, s^2)) = (a - b)^2 / 2 s^2; and the gradient leads back."""
    variables = {"params": {"mean": jnp.array([1.0, 2.0])}, "importance": {"mean": jnp.array([4.0, 0.25])}}
    view = views.gan(real=jnp.zeros((3, 2)), params={"mean": jnp.array([2.0, 0.0])})
    view = view.replace(frozen={"importance": lambda params: importance.distance(variables, params)})
    np.testing.assert_allclose(elastic(view), [5.0] * 3)
    slope = jax.grad(lambda params: elastic(view.replace(params=params)).mean())(view.params)
    np.testing.assert_allclose(slope["mean"], [8.0, -1.0])
    with pytest.raises(InputError, match=r"another network, by mean \[2\]"):
        importance.distance(variables, {"mean": jnp.zeros(3)})


def test_correspondence_is_the_divergence_of_similarities_within_groups():
    """Against the paper's formula, image by image."""
    before, now = (RANDOM.normal(size=(8, 2, 2, 3)).astype(np.float32) for _ in range(2))

    def alike(maps, i, group):
        flat = maps.reshape(8, -1) / np.linalg.norm(maps.reshape(8, -1), axis=1, keepdims=True)
        others = [j for j in range(i // group * group, (i // group + 1) * group) if j != i]
        return log_softmax(flat[others] @ flat[i])

    expected = []
    for i in range(8):
        a, b = alike(before, i, 4), alike(now, i, 4)
        expected.append((np.exp(a) * (a - b)).sum())
    found = _divergence(jnp.asarray(before), jnp.asarray(now), 4)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    np.testing.assert_allclose(_divergence(jnp.asarray(before), jnp.asarray(2 * before), 4), 0, atol=1e-6)


def test_a_game_about_patches_is_of_their_logits_alone():
    real, fake = RANDOM.normal(size=(2, 3, 4, 5)).astype(np.float32)
    said = {kind: {"patches": jnp.asarray(x)} for kind, x in (("real_judged", real), ("fake_judged", fake))}
    view = views.gan(real_logits=jnp.full(3, 9.0), fake_logits=jnp.full(3, 9.0), **said)
    game = patchwise(game=nonsaturating)
    expected = np.log1p(np.exp(-real)) + np.log1p(np.exp(fake))
    np.testing.assert_allclose(game.discriminator(view), expected.mean((1, 2)), rtol=1e-5)
    np.testing.assert_allclose(game.generator(view), np.log1p(np.exp(-fake)).mean((1, 2)), rtol=1e-5)
    with pytest.raises(InputError, match=r"patchwise needs patches: .*patch_head\.Discriminator"):
        game.generator(views.gan(real_logits=real, fake_logits=fake))


def test_whole_images_are_judged_near_latents_that_stay_the_same():
    """With a generator that shows its latents: three anchors in every step, and keys of noise as they come."""
    asked = []

    def generator(latent):
        asked.append(np.asarray(latent["z"]))
        np.testing.assert_array_equal(latent["noise"], np.arange(400))
        return latent["z"]

    fields = dict(latent={"noise": jnp.arange(400), "z": jnp.zeros((400, 2))}, generator=generator)
    fields |= dict(shown=lambda images: 10 * images, discriminator=lambda images: images.sum(axis=1))
    game = anchored(game=nonsaturating, anchors=3, deviation=0.01)
    for seed in range(2):
        view = views.gan(real=jnp.zeros((400, 2)), key=jax.random.key(seed), **fields)
        loss = game.generator(view)
        np.testing.assert_allclose(loss, np.logaddexp(0, -10 * asked[-1].sum(axis=1)), rtol=1e-4, atol=1e-4)
    first, second = (np.unique(z.round(1), axis=0) for z in asked)
    near = [np.abs(z[:, None] - asked[0][None, :20]).max(axis=2).min(axis=1) for z in asked]
    assert len(first) < 30 and max(distance.max() for distance in near) < 0.1 and len(second) < 30
    assert not np.array_equal(*asked)
