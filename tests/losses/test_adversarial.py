import jax
import jax.numpy as jnp
import numpy as np
import pytest
import views
from scipy.special import expit

from gan_jax.losses import adversarial

REAL, FAKE = (grid.ravel() for grid in np.meshgrid(np.linspace(-6, 6, 7), np.linspace(-5, 5, 7)))


def view_of(real_logits, fake_logits, axis_name=None):
    logits = dict(real_logits=jnp.float32(real_logits), fake_logits=jnp.float32(fake_logits))
    return views.gan(**logits, axis_name=axis_name)


def log_loss(p):
    return -np.log(p)


PUBLISHED = {
    "minimax": (log_loss(expit(REAL)) + log_loss(1 - expit(FAKE)), -log_loss(1 - expit(FAKE))),
    "nonsaturating": (log_loss(expit(REAL)) + log_loss(1 - expit(FAKE)), log_loss(expit(FAKE))),
    "least_squares": (((REAL - 1) ** 2 + FAKE**2) / 2, (FAKE - 1) ** 2 / 2),
    "hinge": (np.maximum(0, 1 - REAL) + np.maximum(0, 1 + FAKE), -FAKE),
    "wasserstein": (FAKE - REAL, -FAKE),
    "relativistic_paired": (log_loss(expit(REAL - FAKE)), log_loss(expit(FAKE - REAL))),
    "relativistic_average": (
        log_loss(expit(REAL - FAKE.mean())) + log_loss(1 - expit(FAKE - REAL.mean())),
        log_loss(expit(FAKE - REAL.mean())) + log_loss(1 - expit(REAL - FAKE.mean())),
    ),
}
NAMES = sorted(PUBLISHED)


@pytest.mark.parametrize("name", NAMES)
def test_formula_of_the_paper(name):
    loss, view = getattr(adversarial, name), view_of(REAL, FAKE)
    for ours, published in zip(loss, PUBLISHED[name], strict=True):
        np.testing.assert_allclose(ours(view), published, rtol=1e-5, atol=1e-6)


def gradients(side, real, fake):
    """The gradient of the batch mean with respect to each kind of logit, for a batch of one."""

    def mean(real, fake):
        return side(view_of(real[None], fake[None])).mean()

    return jax.grad(mean, argnums=(0, 1))(jnp.float32(real), jnp.float32(fake))


# At logits that cannot tell real from fake: d/dreal and d/dfake of the discriminator, d/dfake of the generator.
AT_EQUILIBRIUM = {
    "minimax": (0, -0.5, 0.5, -0.5),
    "nonsaturating": (0, -0.5, 0.5, -0.5),
    "least_squares": (0.5, -0.5, 0.5, -0.5),
    "hinge": (0, -1, 1, -1),
    "wasserstein": (0, -1, 1, -1),
    "relativistic_paired": (0, -0.5, 0.5, -0.5),
    "relativistic_average": (0, -1, 1, -1),
}


@pytest.mark.parametrize("name", NAMES)
def test_gradients_at_equilibrium_push_apart_and_back(name):
    loss = getattr(adversarial, name)
    logit, real, fake, fake_for_generator = AT_EQUILIBRIUM[name]
    np.testing.assert_allclose(gradients(loss.discriminator, logit, logit), (real, fake), atol=1e-6)
    np.testing.assert_allclose(gradients(loss.generator, logit, logit)[1], fake_for_generator, atol=1e-6)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("logit", [-1e4, 1e4])
def test_huge_logits_stay_finite(name, logit):
    for side in getattr(adversarial, name):
        assert np.isfinite(side(view_of([logit], [-logit]))).all()
        assert np.isfinite(gradients(side, logit, -logit)).all()


def test_generator_of_minimax_saturates_and_of_nonsaturating_does_not():
    assert abs(gradients(adversarial.minimax.generator, 0.0, -20.0)[1]) < 1e-8
    assert gradients(adversarial.nonsaturating.generator, 0.0, -20.0)[1] == pytest.approx(-1)


def test_relativistic_average_spans_devices():
    side = adversarial.relativistic_average.discriminator
    split = jax.vmap(lambda real, fake: side(view_of(real, fake, "devices")), axis_name="devices")
    halves = split(jnp.float32(REAL[:48]).reshape(2, 24), jnp.float32(FAKE[:48]).reshape(2, 24))
    np.testing.assert_allclose(halves.ravel(), side(view_of(REAL[:48], FAKE[:48])), rtol=1e-5, atol=1e-6)


def test_averages_of_maps_are_of_all_places():
    """Of one image each, by the formula of all its logits in a row."""
    maps = [REAL.reshape(1, 7, 7), FAKE.reshape(1, 7, 7)]
    for ours, published in zip(adversarial.relativistic_average, PUBLISHED["relativistic_average"], strict=True):
        np.testing.assert_allclose(ours(view_of(*maps)), [published.mean()], rtol=1e-5)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "relativistic_average"])
def test_the_loss_of_a_map_is_the_mean_of_its_places(name):
    game, (real, fake) = (
        getattr(adversarial, name),
        np.random.default_rng(3).normal(size=(2, 4, 3, 5)).astype(np.float32),
    )
    for side in game:
        whole = side(view_of(jnp.asarray(real), jnp.asarray(fake)))
        places = [
            side(view_of(jnp.asarray(real[:, i, j]), jnp.asarray(fake[:, i, j]))) for i in range(3) for j in range(5)
        ]
        np.testing.assert_allclose(whole, np.mean(places, axis=0), rtol=1e-5)
