"""Growing: nothing jumps where a size is new, in what is made, judged and shown."""

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import saved
from networks import count, init
from PIL import Image

import gan_jax
from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.nets import progan
from gan_jax.nets.resample import average_pool, upsample
from gan_jax.training import assembly, loop
from gan_jax.training import step as steps

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
SMALL = dict(image_shape=(16, 24, 2), width=2, max_width=8, num_stages=3)


def normal(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


@pytest.mark.parametrize(
    "side, width, generator, discriminator",
    [(64, 256, 22_490_383, 22_498_049), (256, 64, 23_044_309, 23_052_353), (1024, 16, 23_079_115, 23_087_249)],
)
def test_parameters_are_as_many_as_the_published_networks_have(side, width, generator, discriminator):
    facts = dict(image_shape=(side, side, 3), width=width)
    inputs = {"Generator": jnp.zeros((4, 512)), "Discriminator": jnp.zeros((4, side, side, 3))}
    found = {
        name: count(jax.eval_shape(lambda name=name, x=x: getattr(progan, name)(**facts).init(KEY, x, train=True)))
        for name, x in inputs.items()
    }
    assert found == {"Generator": generator, "Discriminator": discriminator}


def test_remat_changes_no_parameter_and_no_second_order_gradient():
    images, z = normal(4, 16, 24, 2), normal(4, 8)
    variables = init(progan.Discriminator(**SMALL, stage=2), images), init(progan.Generator(**SMALL, stage=2), z)

    def slope(remat):
        critic, generator = (net(**SMALL, stage=2, remat=remat) for net in (progan.Discriminator, progan.Generator))

        def penalty(variables):
            made, _ = generator.apply(variables[1], z, None, jnp.float32(0.5), train=True, mutable=["progress"])
            logits = lambda images: critic.apply(variables[0], images, None, jnp.float32(0.5), train=True).sum()  # noqa: E731
            return jnp.square(jax.grad(logits)(made)).sum()

        return jax.jit(jax.grad(penalty))(variables)

    plain, frugal = slope(False), slope(True)
    assert jax.tree.structure(plain) == jax.tree.structure(frugal)
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(frugal), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_a_new_size_begins_as_the_old_one_doubled_and_ends_as_itself():
    z = normal(4, 8)
    variables = init(progan.Generator(**SMALL), z)

    def images(stage, fade):
        network = progan.Generator(**SMALL, stage=stage)
        return np.asarray(network.apply(variables, z, None, jnp.float32(fade), train=False))

    assert [images(stage, 1).shape[1:] for stage in range(3)] == [(4, 6, 2), (8, 12, 2), (16, 24, 2)]
    for stage in (1, 2):
        begin, end = images(stage, 0), images(stage, 1)
        np.testing.assert_allclose(begin, upsample(jnp.asarray(images(stage - 1, 1))), atol=1e-6)
        assert (abs(end - begin) > 1e-3).any()
        np.testing.assert_allclose(images(stage, 0.25), 0.75 * begin + 0.25 * end, atol=1e-5)
    alone = progan.Generator(**{**SMALL, "num_stages": 1})
    np.testing.assert_allclose(images(2, 1), alone.apply(variables, z, train=False), atol=1e-6)


def test_a_critic_begins_with_what_it_said_of_images_of_half_the_size():
    full = normal(4, 16, 24, 2)
    variables = init(progan.Discriminator(**SMALL), full)

    def logits(stage, fade, images):
        network = progan.Discriminator(**SMALL, stage=stage)
        return np.asarray(network.apply(variables, images, None, jnp.float32(fade), train=False))

    halves = [average_pool(average_pool(full)), average_pool(full), full]
    for stage in (1, 2):
        begin, end = logits(stage, 0, halves[stage]), logits(stage, 1, halves[stage])
        np.testing.assert_allclose(begin, logits(stage - 1, 1, halves[stage - 1]), atol=1e-5)
        assert (abs(end - begin) > 1e-4).any()


def config(**changes):
    return experiments.progressive(
        stages=(2,),
        steps=6,
        batch_size=8,
        checkpoint=dict(every=1, keep=9),
        report=dict(samples_every=50, samples=4),
        **changes,
    )


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    workdir = tmp_path_factory.mktemp("growing") / "run"
    assert loop.run(config(), workdir) == 0
    return workdir


def test_each_size_is_shown_when_it_is_done(run):
    heights = {file.stem: Image.open(file).height for file in (run / "samples").iterdir()}
    assert set(heights) == {"step_00000002", "step_00000006"}
    assert gan_jax.load(run, step=2)(range(3)).shape == (3, 4, 4, 3)
    assert gan_jax.load(run)(range(3)).shape == (3, 8, 8, 3)


def test_a_sample_is_faded_as_far_as_training_was(run):
    shares = {}
    for step in range(2, 7):
        [state] = saved.states(run, step)
        [shares[step]] = (float(x) for name, x in saved.arrays(state).items() if "progress" in name and ".ema" in name)
    assert shares == {2: 1.0, 3: 0.25, 4: 0.5, 5: 0.75, 6: 1.0}


def test_a_run_stopped_while_it_fades_ends_where_one_that_never_stopped_does(run, tmp_path):
    again = saved.stopped(run, 4, tmp_path / "again")
    assert loop.run(config(), again) == 0
    saved.assert_identical(*saved.states(run, 6), *saved.states(again, 6))


class Seen:
    """A term that remembers the real images of its step."""

    def init(self):
        return jnp.zeros(())

    def __call__(self, view):
        return jnp.zeros(len(view.real)), view.real


@pytest.mark.parametrize("step, share", [(0, None), (3, 0.5)])
def test_real_images_fade_too(step, share):
    resolved = schema.resolve_config(config(discriminator__losses=dict(seen="test_progressive:Seen")))
    facts = experiment.make_facts(experiment.make_data(resolved))
    objective = experiment.make_objective(resolved, facts, stage=experiment.stage_of(resolved, step))
    images = jnp.asarray(RANDOM.integers(0, 256, (8, 8, 8, 3)), jnp.uint8)
    batch = {**experiment.example_batch(facts, 8), "image": images}

    def play(batch):
        state = steps.init(objective, assembly.make_turns(resolved), KEY, batch).replace(step=jnp.int32(step))
        params = state.players["discriminator"].variables.params
        return objective.losses["discriminator"](params, state, batch, KEY)[1].carry["seen"]

    found = jax.jit(play)(batch)
    real = from_uint8(images)
    expected = average_pool(real) if share is None else (1 - share) * upsample(average_pool(real)) + share * real
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_more_stages_than_an_image_can_grow_are_refused():
    with pytest.raises(InputError, match=r"stages: an image of shape \(8, 8, 3\) can grow 1 times, not 2 times\."):
        resolved = schema.resolve_config(config() | {"stages": (2, 4)})
        assembly.dry_run(resolved, experiment.make_facts(experiment.make_data(resolved)))
