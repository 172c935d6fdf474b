"""CycleGAN and CUT: the losses of both directions by formulas, one player at a time, and styles by their share."""

from functools import partial

import experiments
import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.average import Ema
from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.nets import contrastive, patchgan, translation
from gan_jax.objectives.pictures import Styles, translate
from gan_jax.sampling.requests import option_parameters, resolve_options
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps

BATCH = 6


class Scaled(nn.Module):
    """Pictures times a number, for a generator."""

    @nn.compact
    def __call__(self, pictures):
        return pictures * self.param("scale", nn.initializers.constant(0.5), ())


class Brightness(nn.Module):
    """Twice the mean of a picture, for a discriminator."""

    @nn.compact
    def __call__(self, pictures):
        return self.param("slope", nn.initializers.constant(2.0), ()) * pictures.mean((1, 2, 3))


@pytest.fixture(scope="module")
def game():
    """CycleGAN of networks that are numbers: into `image` by 0.5, into `source` by 2."""
    networks = {
        f"{player}__network": dict(name=f"test_unpaired_games:{network}")
        for player, network in (("generator", "Scaled"), ("discriminator", "Brightness"))
    }
    config = schema.resolve_config(
        experiments.cycle_gan(
            batch_size=BATCH,
            **networks,
            generator__losses__adversarial__weight=1.0,
            generator__losses__cycle__weight=10.0,
            generator__losses__identity__weight=5.0,
            discriminator__losses=dict(adversarial=dict(name="least_squares")),
        )
    )
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    objective, turns = experiment.make_objective(config, facts), assembly.make_turns(config)
    examples = [data.example(i) for i in range(BATCH)]
    batch = {name: jnp.stack([example[name] for example in examples]) for name in facts["columns"]}
    batch |= {"position": jnp.arange(BATCH, dtype=jnp.int32)}
    start = parallel.make_devices().once(partial(steps.init, objective, turns), jax.random.key(0), batch)
    maker = start.players["generator"]
    scales = {"image": {"scale": jnp.float32(0.5)}, "source": {"scale": jnp.float32(2)}}
    maker = maker.replace(variables=maker.variables._replace(params=scales))
    return objective, turns, batch, start.replace(players={**start.players, "generator": maker})


@pytest.fixture(scope="module")
def moved(game):
    """The state and the metrics after one step of each player alone."""
    objective, turns, batch, start = game
    alone = {name: objective._replace(losses={name: objective.losses[name]}) for name in objective.losses}
    return {name: jax.jit(steps.make(one, turns, Ema(), BATCH))(start, batch) for name, one in alone.items()}


def test_one_player_moves_in_both_directions_and_the_other_stands(game, moved):
    *_, start = game
    for name, other in (("discriminator", "generator"), ("generator", "discriminator")):
        after, _ = moved[name]
        jax.tree.map(np.testing.assert_array_equal, after.players[other], start.players[other])
        for mine, was in zip(*(jax.tree.leaves(state.players[name]) for state in (after, start)), strict=True):
            assert (mine != was).all()


def test_the_losses_are_those_of_both_directions(game, moved):
    _, _, batch, _ = game
    pictures = {name: np.float64(from_uint8(batch[name])) for name in ("image", "source")}
    told = {key: float(mean.value) for _, metrics in moved.values() for key, mean in metrics.items()}
    total = {"discriminator": 0.0, "generator": 0.0}
    for made, of, scale in (("image", "source", 0.5), ("source", "image", 2.0)):
        real, fake = (2 * x.mean((1, 2, 3)) for x in (pictures[made], scale * pictures[of]))
        right = {
            f"discriminator/{made}/adversarial": (0.5 * (real - 1) ** 2 + 0.5 * fake**2).mean(),
            f"generator/{made}/adversarial": (0.5 * (fake - 1) ** 2).mean(),
            f"generator/{made}/cycle": 0.0,  # they are each other's inverses
            f"generator/{made}/identity": abs(scale - 1) * np.abs(pictures[made]).mean(),
        }
        assert {name: told[name] for name in right} == pytest.approx(right, rel=1e-4, abs=1e-6)
        total["discriminator"] += right[f"discriminator/{made}/adversarial"]
        total["generator"] += right[f"generator/{made}/adversarial"] + 5 * right[f"generator/{made}/identity"]
    assert {name: told[f"{name}/loss"] for name in total} == pytest.approx(total, rel=1e-4)


def test_the_pool_holds_what_was_made_and_only_the_discriminator_fills_it(game, moved):
    _, _, batch, start = game
    after, _ = moved["discriminator"]
    for made, of, scale in (("image", "source", 0.5), ("source", "image", 2.0)):
        pool = after.carry["discriminator"][made]["pool"]
        np.testing.assert_allclose(pool.pictures[:BATCH], scale * from_uint8(batch[of]), rtol=1e-6)
        assert int(pool.count) == BATCH and not pool.pictures[BATCH:].any()
    jax.tree.map(np.testing.assert_array_equal, moved["generator"][0].carry, start.carry)


def test_both_directions_can_be_asked_for(game):
    objective, _, batch, start = game
    variables = {"generator": start.players["generator"].variables}
    for made, of, scale in (("image", "source", 0.5), ("source", "image", 2.0)):
        draw = objective.draws[made]
        condition = draw.condition(batch, jax.random.split(jax.random.key(0), BATCH))
        assert condition.keys() == {of} and draw.output == made
        np.testing.assert_allclose(draw.sample(variables, {}, condition), scale * from_uint8(batch[of]), rtol=1e-6)


@pytest.mark.parametrize("name", ["cycle_gan", "cut"])
def test_what_is_no_other_set_is_refused(name):
    config = schema.resolve_config(experiments.GAMES[name](objective__source="label"))
    facts = experiment.make_facts(experiment.make_data(config))
    with pytest.raises(InputError, match=r"objective\.source = 'label' is no column of pictures.*source"):
        experiment.make_objective(config, facts)


def test_a_network_that_does_not_describe_patches_is_refused():
    config = schema.resolve_config(experiments.cut(generator__network=dict(name="translation.Generator", width=4)))
    with pytest.raises(InputError, match=r"generator\.network: Generator has no method 'described'"):
        assembly.dry_run(config, experiment.make_facts(experiment.make_data(config)))


# Networks


@pytest.fixture(scope="module")
def painter():
    """A generator of two styles, and pictures; its scales and biases are none of them 1 or 0."""
    translator = translation.Generator((8, 12, 3), num_classes=2, width=4, blocks=2, initializer="xavier")
    network = contrastive.Generator(translator, layers=("source", "block_0"), patches=5, width=4)
    pictures = jnp.asarray(np.random.default_rng(0).uniform(-1, 1, (2, 8, 12, 3)), jnp.float32)
    variables = jax.jit(partial(network.init, train=True))(jax.random.key(0), pictures, None, jnp.ones((2, 2)))
    random = np.random.default_rng(1)
    params = jax.tree.map(lambda x: x + random.normal(0, 0.3, x.shape).astype(np.float32), variables["params"])
    return network, {"params": params}, pictures


def test_no_share_of_a_style_is_no_style(painter):
    network, variables, pictures = painter
    answer = lambda label: network.apply(variables, pictures, None, label, train=False)  # noqa: E731
    plain, first, half, none = (answer(x) for x in (None, *(jnp.array([[s, 0.0]] * 2) for s in (1.0, 0.5, 0.0))))
    np.testing.assert_allclose(plain, none, atol=1e-6)
    assert 0 < np.abs(half - none).mean() < np.abs(first - none).mean()
    assert np.abs(answer(jnp.array([1, 1])) - first).mean() > 0.01
    np.testing.assert_allclose(answer(jnp.array([0, 0])), first, atol=1e-6)


def test_the_strength_of_a_style_is_an_option_of_the_draw(painter):
    network, variables, _ = painter
    pictures = np.random.default_rng(3).integers(0, 256, (2, 8, 12, 3), np.uint8)
    answer = lambda variables, given, *asked: network.apply(variables, given, *asked, train=False)  # noqa: E731
    draw = translate(answer, Styles(2, 2), of="source", into="image")
    batch = {"source": jnp.asarray(pictures), "image": jnp.zeros(()), "label": jnp.array([1, 0])}
    condition = draw.condition(batch, None)
    assert condition.keys() == {"source", "label"}
    drawn = {strength: draw.sample(variables, {}, condition, strength=strength) for strength in (0.0, 0.5, 1.0)}
    given = from_uint8(batch["source"])
    np.testing.assert_allclose(drawn[0.0], answer(variables, given), atol=1e-6)
    np.testing.assert_allclose(drawn[1.0], answer(variables, given, None, batch["label"]), atol=1e-6)
    far = [np.abs(drawn[strength] - drawn[0.0]).mean() for strength in (0.5, 1.0)]
    assert 0 < far[0] < far[1]
    with pytest.raises(InputError, match=r"options\.strength = -1"):
        resolve_options(draw, {"strength": -1.0})
    assert translate(answer, Styles(1, 0), of="source", into="image").condition(batch, None).keys() == {"source"}
    assert not option_parameters(translate(answer, of="source", into="image").sample)


def test_patches_are_at_the_same_places_of_both_pictures(painter):
    network, variables, pictures = painter
    keys = jax.random.key_data(jax.random.split(jax.random.key(2), 2))
    described = partial(network.apply, variables, keys=keys, train=True, method="described")
    found = described(pictures)
    assert {name: x.shape for name, x in found.items()} == {"source": (2, 5, 4), "block_0": (2, 5, 4)}
    np.testing.assert_allclose(jnp.linalg.norm(found["block_0"], axis=-1), 1, rtol=1e-5)
    backwards = described(pictures[:, :, ::-1], mirrored=jnp.array([True, True]))
    np.testing.assert_allclose(backwards["source"], found["source"], atol=1e-6)
    assert np.abs(described(pictures[:, :, ::-1])["source"] - found["source"]).max() > 0.1
    other = described(pictures, keys=keys[::-1])
    assert np.abs(other["source"] - found["source"]).max() > 0.1


def test_a_map_of_few_places_is_seen_whole():
    places = contrastive._places(jax.random.key_data(jax.random.split(jax.random.key(0), 3)), 0, 6, 256)
    np.testing.assert_array_equal(np.sort(places, axis=1), np.arange(6)[None].repeat(3, 0))


def test_layers_that_a_network_has_not_are_refused(painter):
    network, _, pictures = painter
    wrong = network.clone(layers=("source", "block_7"))
    with pytest.raises(InputError, match=r"layers: 'block_7' is none of this network's.*block_0"):
        wrong.init(jax.random.key(0), pictures, train=True)


def test_each_style_has_logits_of_its_own():
    critic = patchgan.Discriminator(num_classes=3, layers=1, width=2, normalization="none")
    images = jnp.asarray(np.random.default_rng(0).normal(size=(3, 8, 8, 1)), jnp.float32)
    labels = jnp.array([2, 0, 1])
    variables = critic.init(jax.random.key(0), images, labels, train=True)
    assert variables["params"]["logits"]["kernel"].shape[-1] == 3
    for example, label in enumerate(labels):
        kernel = {name: x[..., label : label + 1] for name, x in variables["params"]["logits"].items()}
        alone = critic.clone(num_classes=0).apply(
            {"params": {**variables["params"], "logits": kernel}}, images, train=True
        )
        np.testing.assert_allclose(
            critic.apply(variables, images, labels, train=True)[example], alone[example], rtol=1e-5
        )
    with pytest.raises(InputError, match="needs a label"):
        critic.init(jax.random.key(0), images, train=True)
