"""An image that a model has made is found again; distances and schedules have their closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest
from in_memory import Linear, sampler_of

import gan_jax
from gan_jax.control import distances, projection
from gan_jax.control.descent import ramp, shown
from gan_jax.control.projection import Settings, project
from gan_jax.control.spaces import Space, spaces
from gan_jax.errors import DivergedError, InputError
from gan_jax.types import Frozen

PYRAMID = distances.make(None, (8, 8, 3))


@pytest.fixture(autouse=True)
def few_codes(monkeypatch):
    monkeypatch.setattr(projection, "CODES", 512)
    monkeypatch.setattr(projection, "CANDIDATES", 64)


@pytest.mark.parametrize(("run", "name"), [("vae_run", "z"), ("gan_run", "z"), ("stylegan_run", "w")])
def test_a_generated_image_is_found_again(run, name, request):
    sampler = gan_jax.load(request.getfixturevalue(run))
    space = spaces(sampler)[name]
    label = {"label": np.array([2, 5])}
    images = sampler([77, 78], label if "label" in sampler.conditions() else {})
    condition = label if "label" in sampler.conditions(space.draw) else {}
    found = project(sampler, images, space, PYRAMID, Settings(steps=200), condition)
    assert (found.psnr > 30).all(), found.psnr
    again = sampler([0, 1], {**condition, name: found.codes}, draw=space.draw)
    np.testing.assert_array_equal(again, found.images)
    if space.rows:
        assert (found.codes == found.codes[:, :1]).all()


def test_the_code_of_a_linear_generator_is_that_of_least_squares():
    """Noise that has faded away leaves none of itself."""
    sampler = sampler_of(Linear((8, 8, 3)))
    kernel = np.asarray(sampler.variables["generator"].params["matrix"]["kernel"]) / 4
    target = np.random.default_rng(0).integers(0, 256, (1, 8, 8, 3), np.uint8)
    pixels = distances.Distance(lambda _, a, b: jnp.square(a - b).mean(axis=(1, 2, 3)), {})
    found = project(sampler, target, Space("z", (6,)), pixels, Settings(steps=300), {})
    best = np.linalg.lstsq(kernel.T, target.reshape(-1) / 127.5 - 1, rcond=None)[0]
    np.testing.assert_allclose(found.codes[0], best, atol=0.01)


def test_images_are_looked_for_one_by_one():
    """However many there are, in whatever batches: each by its own descents."""
    sampler = sampler_of(Linear((8, 8, 3)))
    images = sampler([5, 6, 7])
    apart = Settings(steps=20, starts=2, batch_size=1)
    alone = [project(sampler, images[i : i + 1], Space("z", (6,)), PYRAMID, apart, {}).codes for i in range(3)]
    together = project(sampler, images, Space("z", (6,)), PYRAMID, apart, {}).codes
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_images_of_another_size_or_without_class_are_refused(gan_run):
    gan = gan_jax.load(gan_run)
    space, images = spaces(gan)["z"], gan([1])
    with pytest.raises(InputError, match="label is missing"):
        project(gan, images, space, PYRAMID, Settings(), {})
    with pytest.raises(InputError, match=r"\[8, 7, 3\] pixels, where the model makes \[8, 8, 3\]"):
        project(gan, images[:, :, :7], space, PYRAMID, Settings(), {"label": 1})
    with pytest.raises(InputError, match=r"z\+: a code of z has no rows"):
        project(gan, images, space, PYRAMID, Settings(every_row=True), {"label": 1})


def test_descents_that_do_not_stay_finite_are_told():
    sampler = sampler_of(Linear((8, 8, 3)))
    broken = distances.Distance(lambda _, a, b: (a - b).sum(axis=(1, 2, 3)) * jnp.inf, {})
    with pytest.raises(DivergedError, match="smaller learning rate"):
        project(sampler, sampler([1]), Space("z", (6,)), broken, Settings(steps=2), {})


def test_the_learning_rate_goes_up_in_a_line_and_down_by_a_cosine():
    shares = jnp.array([0, 0.025, 0.05, 0.5, 0.75, 0.875, 1])
    np.testing.assert_allclose(ramp(shares), [0, 0.5, 1, 1, 1, 0.5, 0], atol=1e-6)


def test_beyond_white_is_white_where_white_is_wanted():
    made = jnp.array([-3.0, -3.0, 0.5, 3.0, 3.0, 3.0]).reshape(1, 1, 6, 1)
    wanted = jnp.array([-1.0, 0.0, 1.0, 1.0, 0.0, -1.0]).reshape(1, 1, 6, 1)
    np.testing.assert_array_equal(shown(made, wanted).ravel(), [-1, -3, 0.5, 1, 3, 3])


def test_the_pyramid_sees_even_differences_at_every_scale_and_fine_ones_at_one():
    zeros = jnp.zeros((1, 8, 8, 1))
    np.testing.assert_allclose(distances.pyramid(zeros + 0.5, zeros), [0.25])
    board = jnp.asarray((np.indices((8, 8)).sum(0) % 2 * 2 - 1)[None, :, :, None], jnp.float32)
    np.testing.assert_allclose(distances.pyramid(board, zeros), [1 / 4])  # of 8, 4, 2 and 1 pixels
    assert distances.pyramid(jnp.ones((2, 7, 5, 3)), jnp.zeros((2, 7, 5, 3))).shape == (2,)


def test_with_lpips_its_distance_is_added():
    a, b = jnp.zeros((2, 18, 18, 3)), jnp.ones((2, 18, 18, 3))
    network = Frozen(lambda variables, a, b: variables * (b - a).sum(axis=(1, 2, 3)), jnp.float32(2), {})
    both = distances.make(network, (18, 18, 3))
    np.testing.assert_allclose(both.apply(both.variables, a, b), distances.pyramid(a, b) + 2 * 18 * 18 * 3)
    with pytest.raises(InputError, match="too small"):
        distances.make(network, (16, 18, 3))
