"""What a style-based generator can be asked for."""

from functools import partial

import experiments
import jax
import numpy as np
import pytest

from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps


@pytest.fixture(scope="module")
def model() -> Sampler:
    config = schema.resolve_config(experiments.stylegan())
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    objective = experiment.make_objective(config, facts)
    init = partial(steps.init, objective, assembly.make_turns(config))
    state = parallel.make_devices().once(init, jax.random.key(3), experiment.example_batch(facts, 4))
    generator = state.ema["generator"]
    noisy = generator._replace(
        params=jax.tree.map(lambda x: x + 0.3 if x.ndim == 0 else x, generator.params),  # noise begins at strength 0
        state=jax.tree.map(lambda x: x + 0.5, generator.state),
    )
    return Sampler(objective, {"generator": noisy}, facts, lambda: data)


SEEDS = np.arange(6)


def test_an_image_is_that_of_its_styles(model):
    styles = model(SEEDS, draw="w")
    assert styles.shape == (6, 4, 8)
    np.testing.assert_array_equal(model(SEEDS, {"w": styles}, draw="from_w"), model(SEEDS))


def test_truncation(model):
    center = np.broadcast_to(np.float32(0.5), (4, 8))
    styles, halved = model(SEEDS, draw="w"), model(SEEDS, draw="w", psi=0.5, cutoff=2)
    np.testing.assert_allclose(model(SEEDS, draw="w", psi=0.0), np.broadcast_to(center, styles.shape), rtol=1e-6)
    np.testing.assert_allclose(halved[:, :2], 0.5 + (styles[:, :2] - 0.5) / 2, rtol=1e-5)
    np.testing.assert_allclose(halved[:, 2:], styles[:, 2:], rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(model(SEEDS, {"w": halved}, draw="from_w"), model(SEEDS, psi=0.5, cutoff=2))


def test_noise_is_a_seeds_own_or_shared_or_none(model):
    styles = model(0, draw="w")[0]

    def images(noise):
        return model(SEEDS, {"w": styles}, draw="from_w", noise=noise)

    assert len(np.unique(images("own").reshape(6, -1), axis=0)) == 6
    assert len(np.unique(images("shared").reshape(6, -1), axis=0)) == 1
    assert len(np.unique(images("none").reshape(6, -1), axis=0)) == 1
    assert (images("shared") != images("none")).any()


def test_a_walk_goes_through_the_latents_and_holds_the_noise(model):
    frames = np.concatenate(list(model.interpolate([1, 2], {"label": 0}, frames=4)))
    np.testing.assert_array_equal(frames[[0, 4]], model([1, 2], {"label": 0}))
    latents = model.latent([1, 2])
    assert latents["noise"].dtype == np.uint32
    half = {"z": latents["z"][:1] + latents["z"][1:], "noise": latents["noise"][:1]}  # whose length does not matter
    assert abs(model.decode(half, {"label": 0})[0].astype(int) - frames[2]).max() <= 1


@pytest.mark.parametrize(
    "options, message",
    [
        (dict(psi="wide"), "options.psi = 'wide' should be of type float"),
        (dict(cutoff=-1), "options.cutoff = -1 should be at least 0"),
        (dict(noise="mine"), "options.noise = 'mine' is unknown. Did you mean 'none'?"),
        (dict(draw="from_w"), "condition.w is missing: the draw 'from_w' is asked with one of your own."),
    ],
)
def test_what_cannot_be_asked_for(model, options, message):
    with pytest.raises(InputError) as refused:
        model(SEEDS, **options)
    assert str(refused.value).startswith(message)
