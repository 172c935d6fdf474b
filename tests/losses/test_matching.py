import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax import losses
from gan_jax.errors import InputError
from gan_jax.losses.matching import ConditionalView, agreement, others

SIZE, FEATURES = 6, 4


def view(**fields):
    """In which nothing is told apart, but for what is given."""
    zeros = jnp.zeros((SIZE, FEATURES))
    said = {"unconditional": jnp.zeros(SIZE), "image": zeros, "sentence": zeros}
    common = dict(
        axis_name=None,
        real_judged=said,
        fake_judged=said,
        real_logits=jnp.zeros(SIZE),
        fake_logits=jnp.zeros(SIZE),
        batch={"position": jnp.arange(SIZE)},
    )
    return views.view(ConditionalView, **{**common, **fields})


def said(image, sentence):
    return {"unconditional": jnp.zeros(len(image)), "image": image, "sentence": sentence}


@pytest.mark.parametrize("form, generator", [("logistic", np.log(2)), ("hinge", 0.0)])
def test_matching_at_zero_logits(form, generator):
    game = losses.matching_aware(form=form)
    np.testing.assert_allclose(game.discriminator(view()), {"logistic": 2 * np.log(2), "hinge": 2.0}[form], rtol=1e-6)
    np.testing.assert_allclose(game.generator(view()), generator, atol=1e-6)


def test_the_wrong_caption_is_as_wrong_as_a_wrong_picture():
    """With captions that a discriminator tells apart a real picture's own is right, and the next one's wrong."""
    apart = 10 * jnp.eye(SIZE, SIZE)
    right = view(real_judged=said(apart, apart), real_logits=jnp.full(SIZE, 20.0), fake_logits=jnp.full(SIZE, -20.0))
    game = losses.matching_aware(form="hinge")
    np.testing.assert_allclose(game.discriminator(right), 0.5)  # of a mismatched pair, whose logit is 0
    mixed = view(real_judged=said(jnp.roll(apart, -1, 0), apart), real_logits=jnp.zeros(SIZE))
    np.testing.assert_allclose(game.discriminator(mixed), 1 + 0.5 * (1 + 1 + 100 / np.sqrt(SIZE)), rtol=1e-6)
    np.testing.assert_array_equal(losses.caption_preference(right), 1)
    np.testing.assert_array_equal(losses.caption_preference(mixed), 0)


def test_others_are_those_of_the_next_example_of_all_devices():
    given = view(batch={"position": jnp.array([4, 5, 6, 7, 8, 9])})
    assert others(jnp.arange(6.0), given).tolist() == [1, 2, 3, 4, 5, 0]


def test_contrast_of_what_is_alike_is_ln_n_and_of_what_is_its_own_nearly_nothing():
    alike = said(jnp.ones((SIZE, FEATURES)), jnp.ones((SIZE, FEATURES)))
    game = losses.image_sentence(temperature=0.1)
    np.testing.assert_allclose(game.discriminator(view(real_judged=alike)), np.log(SIZE), rtol=1e-5)
    own = 3 * jnp.eye(SIZE)
    exact = np.log(1 + (SIZE - 1) * np.exp(-1 / 0.1))
    np.testing.assert_allclose(game.generator(view(fake_judged=said(own, own))), exact, rtol=1e-2)
    both = view(real_judged=said(own, own), fake_judged=said(2 * own, own))
    np.testing.assert_allclose(losses.image_image(both, temperature=0.1), exact, rtol=1e-2)
    shifted = view(real_judged=said(own, own), fake_judged=said(jnp.roll(own, 1, 0), own))
    np.testing.assert_allclose(losses.image_image(shifted, temperature=0.1), exact + 10, rtol=1e-2)


def test_the_matching_penalty_of_a_linear_discriminator():
    """MA-GP of a.x + b.s is 2 (|a|^2 + |b|^2)^3."""
    a, b = jnp.array([1.0, -2.0, 0.5]), jnp.array([0.5, 1.0, 0.0, -1.0])

    def judge(images):
        return said(jnp.broadcast_to(b * np.sqrt(FEATURES), (SIZE, FEATURES)), None) | {"unconditional": images @ a}

    images = jax.random.normal(jax.random.key(0), (SIZE, 3))
    given = view(judge=judge, real=images, real_judged=said(jnp.zeros((SIZE, FEATURES)), jnp.ones((SIZE, FEATURES))))
    expected = 2 * ((a @ a) + (b @ b)) ** 3
    np.testing.assert_allclose(2 * losses.matching_penalty(given), expected, rtol=1e-5)


def test_the_matching_penalty_of_a_flat_discriminator_has_a_gradient():
    def penalty(slope):
        def judge(images):
            return said(jnp.zeros((SIZE, FEATURES)), None) | {"unconditional": slope * images[:, 0]}

        given = view(judge=judge, real=jnp.ones((SIZE, 3)), real_judged=said(*jnp.zeros((2, SIZE, FEATURES))))
        return losses.matching_penalty(given, power=1.0).sum()

    assert jax.grad(penalty)(0.0) == 0
    np.testing.assert_allclose(jax.grad(penalty)(0.5), SIZE)


def test_the_divergence_of_a_condition_is_a_mean_over_its_numbers():
    mean, log_variance = jnp.full((SIZE, 3), 2.0), jnp.full((SIZE, 3), np.log(4.0))
    given = view(moments=lambda: (mean, log_variance))
    np.testing.assert_allclose(losses.conditioning_divergence(given), 0.5 * (4 + 4 - 1 - np.log(4)), rtol=1e-6)


def test_the_logits_are_those_of_agreement():
    key = jax.random.key(1)
    image, sentence = (jax.random.normal(k, (SIZE, FEATURES)) for k in jax.random.split(key))
    expected = 1 + (np.asarray(image) * np.asarray(sentence)).sum(1) / 2
    np.testing.assert_allclose(agreement(said(image, sentence) | {"unconditional": 1.0}, sentence), expected, rtol=1e-5)


def test_other_games_are_told_what_the_terms_need():
    with pytest.raises(InputError, match=r"conditional\.Discriminator"):
        losses.matching_aware().discriminator(view(real_judged={"logits": jnp.zeros(SIZE)}))
    with pytest.raises(InputError, match=r"objective\.condition"):
        losses.conditioning_divergence(view())
