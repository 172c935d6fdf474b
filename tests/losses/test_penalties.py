import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views

from gan_jax.losses import dragan, drift, gradient_penalty, lecam, r1, r2

RANDOM = np.random.default_rng(0)
REAL, FAKE = RANDOM.uniform(-1, 1, (2, 4, 3, 2, 2)).astype(np.float32)
SLOPE = RANDOM.normal(size=(3, 2, 2)).astype(np.float32)


def linear(images):
    return (images * SLOPE).sum(axis=(1, 2, 3))


def quadratic(images):
    """Its gradient is the image."""
    return (images**2).sum(axis=(1, 2, 3)) / 2


def view_of(discriminator, real=REAL, fake=FAKE, position=None, carry=None, axis_name=None):
    real, fake = jnp.asarray(real), jnp.asarray(fake)
    batch = {"position": jnp.arange(len(real)) if position is None else position}
    return views.gan(real=real, fake=fake, discriminator=discriminator, batch=batch, carry=carry, axis_name=axis_name)


def squared_norm(images):
    return (np.asarray(images) ** 2).sum(axis=(-3, -2, -1))


def test_linear_discriminator():
    norm = np.sqrt(squared_norm(SLOPE))
    view = view_of(linear)
    for values, expected in [
        (r1(view), norm**2 / 2),
        (r2(view), norm**2 / 2),
        (gradient_penalty(view), (norm - 1) ** 2),
        (gradient_penalty(view, target=5.0), (norm - 5) ** 2),
        (dragan(view), (norm - 1) ** 2),
    ]:
        np.testing.assert_allclose(values, np.full(4, expected), rtol=1e-5)


def test_r1_is_at_real_images_and_r2_at_generated_ones():
    np.testing.assert_allclose(r1(view_of(quadratic)), squared_norm(REAL) / 2, rtol=1e-5)
    np.testing.assert_allclose(r2(view_of(quadratic)), squared_norm(FAKE) / 2, rtol=1e-5)


def test_slopes_are_those_of_images_before_they_are_augmented():
    """As of StyleGAN2-ADA and R3GAN: gradients go through the augmentation."""
    view = view_of(quadratic, real=3 * REAL, fake=5 * FAKE)
    before = dict(original=jnp.asarray(REAL), generated=jnp.asarray(FAKE))
    view = view.replace(**before, augmented=lambda real, fake: (3 * real, 5 * fake))
    np.testing.assert_allclose(r1(view), 3**4 * squared_norm(REAL) / 2, rtol=1e-5)
    np.testing.assert_allclose(r2(view), 5**4 * squared_norm(FAKE) / 2, rtol=1e-5)


def test_r1_differentiates_with_respect_to_the_discriminator():
    def penalty(scale):
        return r1(view_of(lambda images: scale * linear(images))).mean()

    np.testing.assert_allclose(jax.grad(penalty)(3.0), 3 * squared_norm(SLOPE), rtol=1e-5)


def test_gradient_penalty_is_between_real_and_generated_images():
    many = np.ones((512, 1, 1, 1), np.float32)
    slopes = 1 + np.sqrt(gradient_penalty(view_of(quadratic, real=2 * many, fake=4 * many)))
    assert slopes.min() > 2 and slopes.max() < 4
    assert slopes.mean() == pytest.approx(3, abs=0.1)  # sd of the mean: 0.026
    assert slopes.std() == pytest.approx(2 / np.sqrt(12), abs=0.05)


def test_dragan_has_noise_of_the_scale_of_the_pixels():
    images = np.stack([np.full((64, 64, 1), value, np.float32) for value in (-0.5, 0.5)])
    norms = 1 + np.sqrt(dragan(view_of(quadratic, real=images), scale=2.0))
    np.testing.assert_allclose(norms**2 / 4096, 0.5**2 + (2.0 * 0.5) ** 2, rtol=0.1)


@pytest.mark.parametrize("penalty", [gradient_penalty, dragan])
def test_flat_discriminator_has_finite_gradients(penalty):
    gradient = jax.grad(lambda scale: penalty(view_of(lambda images: scale * linear(images))).sum())(0.0)
    assert gradient == 0


@pytest.mark.parametrize("penalty", [gradient_penalty, dragan])
def test_nan_is_not_hidden(penalty):
    assert np.isnan(penalty(view_of(lambda images: np.nan * linear(images)))).all()


@pytest.mark.parametrize("penalty", [gradient_penalty, dragan])
def test_noise_goes_with_the_place_in_the_global_batch(penalty):
    def on_a_device(real, fake, position):
        return penalty(view_of(quadratic, real, fake, position, axis_name="devices"))

    whole = penalty(view_of(quadratic))
    parts = jax.vmap(on_a_device, axis_name="devices")(
        REAL.reshape(2, 2, 3, 2, 2), FAKE.reshape(2, 2, 3, 2, 2), jnp.arange(4).reshape(2, 2)
    )
    np.testing.assert_allclose(parts.ravel(), whole, rtol=1e-5)


def test_drift():
    np.testing.assert_allclose(drift(view_of(linear)), (REAL * SLOPE).sum(axis=(1, 2, 3)) ** 2, rtol=1e-4)


def test_lecam_against_plain_averages():
    term = lecam(decay=0.9)
    carry = term.init()
    reals, fakes, weights = [], [], []
    for step in range(3):
        view = view_of(linear, REAL + 0.1 * step, FAKE - 0.2 * step, carry=carry)
        values, carry = term(view)
        reals.append(view.real_logits.mean())
        fakes.append(view.fake_logits.mean())
        weights = [0.9 * weight for weight in weights] + [1.0]
        average_real, average_fake = np.average(reals, weights=weights), np.average(fakes, weights=weights)
        expected = (view.real_logits - average_fake) ** 2 + (view.fake_logits - average_real) ** 2
        np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5)


def test_lecam_holds_its_averages_fixed():
    term, view = lecam(), view_of(linear)
    real, fake = np.asarray(view.real_logits), np.asarray(view.fake_logits)

    def penalty(scale):
        return term(view_of(lambda images: scale * linear(images), carry=term.init()))[0].mean()

    by_hand = (2 * (real - fake.mean()) * real + 2 * (fake - real.mean()) * fake).mean()
    np.testing.assert_allclose(jax.grad(penalty)(1.0), by_hand, rtol=1e-4)


def test_penalties_of_voxels_and_of_maps_of_logits():
    slopes = jnp.asarray(np.random.default_rng(5).normal(size=(2, 3, 4, 1)), jnp.float32)
    voxels = jnp.zeros((3, 2, 3, 4, 1))
    view = view_of(lambda x: (x * slopes).sum((1, 2, 3, 4)), real=voxels, fake=voxels)
    np.testing.assert_allclose(r1(view), np.full(3, 0.5 * (slopes**2).sum()), rtol=1e-5)
    np.testing.assert_allclose(gradient_penalty(view), (jnp.linalg.norm(slopes) - 1) ** 2, rtol=1e-5)
    of_maps = view_of(lambda x: (x * slopes).sum((3, 4)), real=voxels, fake=voxels)  # of 6 logits an image
    np.testing.assert_allclose(r1(of_maps), np.full(3, 0.5 * (slopes**2).sum() / 36), rtol=1e-5)
