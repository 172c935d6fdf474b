"""Terms beside the games and penalties: consistency, choice, classes, weights."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax import losses
from gan_jax.errors import InputError
from gan_jax.losses.views import TranslationView, VaeView

RANDOM = np.random.default_rng(0)


def normal(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


REAL, FAKE = normal(6, 4, 4, 1), normal(6, 4, 4, 1)


def brightness(images):
    return images.sum(axis=(1, 2, 3))


def test_consistency_is_the_square_of_what_an_augmentation_does_to_the_logits():
    view = views.gan(real=REAL, fake=FAKE, discriminator=brightness)

    def brighter(images, keys, step=0):
        assert keys.shape == (6,)
        return images + 0.5

    expected = (16 * 0.5) ** 2
    for of, times in (("real", 1), ("fake", 1), ("both", 2)):
        np.testing.assert_allclose(losses.consistency(view, augment=brighter, of=of), times * expected, rtol=1e-4)
    doubled = losses.consistency(view, augment=lambda images, keys: 2 * images, of="real")
    np.testing.assert_allclose(doubled, brightness(REAL) ** 2, rtol=1e-4)


def test_latent_consistency_of_a_linear_generator():
    """Of G(z) = c z and D = the sum: (c s sum of n)^2 and -c^2 s^2 mean of n^2 for noise n of deviation s."""
    latent = {"z": normal(4000, 3), "noise": jnp.arange(4000, dtype=jnp.uint32)}
    view = views.gan(
        real=jnp.zeros((4000, 1)),
        latent=latent,
        generated=2 * latent["z"],
        generator=lambda latent: 2 * latent["z"] + 0.0 * latent["noise"][:, None],
        discriminator=lambda images: images.sum(axis=1),
    )
    game = losses.latent_consistency(deviation=0.1)
    critic, generator = np.asarray(game.discriminator(view)), np.asarray(game.generator(view))
    assert critic.mean() == pytest.approx(4 * 0.01 * 3, abs=4 * critic.std() / np.sqrt(4000))
    assert generator.mean() == pytest.approx(-4 * 0.01, abs=4 * generator.std() / np.sqrt(4000))


def test_feature_matching():
    real, fake = normal(6, 5), normal(6, 5)
    view = views.gan(real=REAL, real_judged={"features": real}, fake_judged={"features": fake})
    expected = ((np.asarray(real).mean(0) - np.asarray(fake).mean(0)) ** 2).sum()
    np.testing.assert_allclose(losses.feature_matching(view), np.full(6, expected), rtol=1e-5)
    with pytest.raises(InputError, match="head = 'features'"):
        losses.feature_matching(views.gan(real=REAL, real_judged={}, fake_judged={}))


def test_feature_distance_is_of_each_image_and_its_reconstruction():
    image, reconstruction = normal(6, 4, 4, 1), normal(6, 4, 4, 1)

    def judge(images):
        return {"features": 3 * images.reshape(6, -1)}

    view = views.view(VaeView, image=image, reconstruction=reconstruction, judge=judge)
    expected = 9 * np.square(np.asarray(image - reconstruction)).sum(axis=(1, 2, 3)) / 2
    np.testing.assert_allclose(losses.feature_distance(view), expected, rtol=1e-5)
    for other in (lambda images: {"logits": images.sum((1, 2, 3))}, None):
        with pytest.raises(InputError, match=r'discriminator\.network\.head = "features"'):
            losses.feature_distance(view.replace(judge=other))


def test_transport_is_the_distance_from_a_latent_of_the_images_shape():
    view = views.gan(real=REAL, generated=FAKE, latent=FAKE + 0.5)
    np.testing.assert_allclose(losses.transport(view), np.full(6, 0.25), rtol=1e-4)
    with pytest.raises(InputError, match=r"objective\.latent_size = 0"):
        losses.transport(view.replace(latent=jnp.zeros((6, 3))))


@pytest.mark.parametrize("share, count", [(1.0, 6), (0.5, 3), (0.34, 3), (0.3, 2), (0.01, 1)])
def test_top_k_is_the_mean_over_the_most_convincing(share, count):
    logits = normal(6)
    view = views.gan(real=REAL, fake=FAKE, real_logits=normal(6), fake_logits=logits)
    best = np.sort(np.asarray(logits))[-count:]
    values = losses.top_k(view, game=losses.nonsaturating, share=jnp.float32(share))
    assert (np.asarray(values) != 0).sum() == count
    assert float(values.mean()) == pytest.approx(np.log1p(np.exp(-best)).mean(), rel=1e-5)


def test_auxiliary_classifier_is_cross_entropy():
    view = views.gan(
        real=REAL,
        real_judged={"class_logits": jnp.zeros((6, 10))},
        fake_judged={"class_logits": 100 * jax.nn.one_hot(jnp.arange(6), 10)},
        batch={"label": jnp.array([0, 1, 2, 3, 4, 4])},
    )
    np.testing.assert_allclose(losses.auxiliary_classifier.discriminator(view), np.full(6, np.log(10)), rtol=1e-6)
    np.testing.assert_allclose(losses.auxiliary_classifier.generator(view), [0, 0, 0, 0, 0, 100], atol=1e-4)
    with pytest.raises(InputError, match="head = 'auxiliary'"):
        losses.auxiliary_classifier.generator(view.replace(fake_judged={}))


def contrast(embedding, proxy, label, temperature, margin):
    """Kang et al. 2021, equation 8, image by image."""
    values = []
    for i in range(len(label)):
        own = np.exp(min(embedding[i] @ proxy[i] - margin, 0) / temperature)
        others = sum(
            np.exp(max(embedding[i] @ embedding[j] - (1 - margin), 0) / temperature)
            for j in range(len(label))
            if label[j] != label[i]
        )
        values.append(-np.log(own / (own + others)))
    return np.array(values)


def test_data_to_data_is_the_papers_equation():
    embedding, proxy = (x / np.linalg.norm(x, axis=1, keepdims=True) for x in RANDOM.normal(size=(2, 6, 4)))
    label = np.array([0, 0, 1, 2, 1, 0])
    said = {"embedding": jnp.float32(embedding), "proxy": jnp.float32(proxy)}
    view = views.gan(real=REAL, real_judged=said, fake_judged=said, batch={"label": jnp.array(label)})
    for settings in (dict(temperature=0.5, margin=0.98), dict(temperature=1.0, margin=0.5)):
        game = losses.data_to_data(**settings)
        expected = contrast(embedding, proxy, label, **settings)
        np.testing.assert_allclose(game.discriminator(view), expected, rtol=1e-4)
        np.testing.assert_allclose(game.generator(view), expected, rtol=1e-4)


def test_groups_are_the_same_over_devices():
    """Each of two devices, which sees half of the batch, gives its half of the values."""
    logits, embedding = normal(6), normal(6, 4)
    label = jnp.array([0, 0, 1, 2, 1, 0])

    def values(logits, embedding, label, axis_name=None):
        said = {"embedding": embedding, "proxy": embedding}
        view = views.gan(
            real=jnp.zeros((len(label), 1)),
            fake_logits=logits,
            real_logits=logits,
            real_judged=said,
            fake_judged=said,
            batch={"label": label},
            axis_name=axis_name,
        )
        return losses.top_k(view, game=losses.hinge), losses.data_to_data().generator(view)

    halves = jax.vmap(lambda *parts: values(*parts, axis_name="devices"), axis_name="devices")
    found = halves(*(x.reshape(2, 3, *x.shape[1:]) for x in (logits, embedding, label)))
    for whole, parts in zip(values(logits, embedding, label), found, strict=True):
        np.testing.assert_allclose(parts.reshape(6), whole, rtol=1e-5)


def test_orthogonal_regularisation_is_zero_of_orthogonal_outputs_of_any_size():
    turned = np.linalg.qr(RANDOM.normal(size=(18, 5)))[0] * np.array([1, 2, 3, 4, 5])
    kernel, bias = jnp.asarray(turned.reshape(3, 3, 2, 5), jnp.float32), jnp.ones(5)
    view = views.gan(
        real=REAL, params={"conv": {"kernel": kernel, "bias": bias}, "embed": {"kernel": jnp.ones((2, 2))}}
    )
    np.testing.assert_allclose(losses.orthogonal(view), np.zeros(6), atol=1e-4)
    alike = views.gan(real=REAL, params={"dense": {"kernel": jnp.array([[1.0, 1.0], [2.0, 0.0]])}})
    np.testing.assert_allclose(losses.orthogonal(alike), np.full(6, 2.0))  # 2 places off the diagonal hold 1


def test_map_matching_is_the_mean_over_all_maps_of_their_mean_distances():
    said = [{"maps": {"scale_0": {"a": normal(6, 4, 4, 2)}, "scale_1": {"a": normal(6, 2, 2, 3)}}} for _ in range(2)]
    view = views.gan(real=REAL, real_logits=REAL, real_judged=said[0], fake_judged=said[1])
    parts = [np.abs(x - y).mean((1, 2, 3)) for x, y in zip(*map(jax.tree.leaves, said), strict=True)]
    np.testing.assert_allclose(losses.map_matching(view), np.mean(parts, axis=0), rtol=1e-5)
    with pytest.raises(InputError, match=r"map_matching needs maps: .*patchgan\.MultiScale"):
        losses.map_matching(view.replace(real_judged={}))


def test_diversity_of_a_linear_generator_is_its_slope_up_to_the_bound():
    latent = normal(6, 3)
    fields = dict(latent=latent, key=jax.random.key(0), batch={"position": jnp.arange(6)})
    view = views.view(TranslationView, **fields, generator=lambda z: 0.3 * z, fake=0.3 * latent)
    np.testing.assert_allclose(losses.diversity(view), -0.3, rtol=1e-5)
    np.testing.assert_allclose(losses.diversity(view, most=0.2), -0.2, rtol=1e-6)
    with pytest.raises(InputError, match=r"objective\.latent_size"):
        losses.diversity(view.replace(latent=jnp.zeros((6, 2), jnp.uint32)))
