"""The step on games whose every update is known, and on real networks where only those can go wrong."""

import math
from functools import partial
from typing import Any

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from gan_jax.average import Ema
from gan_jax.config import experiment, schema
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps
from gan_jax.training.sequence import sequence
from gan_jax.types import Draw, Mean, Objective, Out, Variables

BATCH = 4
PLACES = 12


def counting_loss(name: str, params: Any, state: Any, batch: Any, key: Any) -> Any:
    """Its gradient says, place by place, how often an example was looked at; a label of 1 makes it infinite."""
    values = params["places"][batch["position"]] * jnp.where(batch["label"] == 1, jnp.inf, 1.0)
    player = state.players[name].variables.state
    metrics = {"term": Mean(values.mean(), jnp.float32(1))}
    return values.mean(), Out({"updates": player["updates"] + 1}, {"calls": state.carry[name]["calls"] + 1}, metrics)


def counting_game(*names: str) -> Objective:
    def init(key, batch):
        def variables():
            return Variables({"places": jnp.zeros(PLACES)}, {"updates": jnp.float32(0)})

        return {name: variables() for name in names}, {name: {"calls": jnp.float32(0)} for name in names}

    return Objective(
        init=init,
        losses={name: partial(counting_loss, name) for name in names},
        averaged=names[:1],
        draws={"image": Draw(lambda variables, latent, condition: latent)},
    )


def batch_of(size: int, label: int = 0) -> dict[str, jax.Array]:
    return {
        "image": jnp.zeros((size, 1, 1, 1), jnp.uint8),
        "label": jnp.full(size, label, jnp.int32),
        "position": jnp.arange(size, dtype=jnp.int32),
    }


def play(
    objective: Objective,
    batches: list,
    repeats: dict[str, int] | None = None,
    optimizer: optax.GradientTransformation | None = None,
    skip_norm: float = math.inf,
    ema: Ema | None = None,
    **settings: Any,
):
    """The states after each batch, and the metrics."""
    optimizer = optimizer or optax.sgd(BATCH)  # so that one look at an example takes 1 from its place
    turns = {name: steps.Turn(optimizer, (repeats or {}).get(name, 1), skip_norm) for name in objective.losses}
    step = jax.jit(steps.make(objective, turns, ema or Ema(), BATCH, **settings))
    states, told = [steps.init(objective, turns, jax.random.key(0), batches[0])], []
    for batch in batches:
        state, metrics = step(states[-1], batch)
        states.append(state)
        told.append(metrics)
    return states, told


def assert_identical(tree: Any, other: Any) -> None:
    jax.tree.map(np.testing.assert_array_equal, *(jax.tree.map(raw, t) for t in (tree, other)))


def raw(x: jax.Array) -> np.ndarray:
    return np.asarray(jax.random.key_data(x) if jnp.issubdtype(x.dtype, jax.dtypes.prng_key) else x)


def params(state: Any, name: str) -> np.ndarray:
    return np.asarray(state.players[name].variables.params["places"])


@pytest.mark.parametrize("micro_batches", [1, 2])
def test_every_repeat_looks_at_examples_of_its_own(micro_batches):
    objective = counting_game("discriminator", "generator")
    batch = batch_of(3 * BATCH)
    (_, state), (metrics,) = play(objective, [batch], {"discriminator": 3}, micro_batches=micro_batches)
    np.testing.assert_array_equal(params(state, "discriminator"), -np.ones(PLACES))
    np.testing.assert_array_equal(params(state, "generator"), -np.eye(PLACES)[[0, 3, 6, 9]].sum(0))
    assert state.players["discriminator"].variables.state["updates"] == 3 * micro_batches
    assert state.carry["discriminator"]["calls"] == 3 * micro_batches
    assert metrics["discriminator/skipped"] == Mean(0, 3)
    assert metrics["discriminator/gradient_norm"].value == pytest.approx(BATCH**-0.5)


def test_a_non_finite_update_is_skipped_and_counted():
    objective = counting_game("player")
    batches = [batch_of(BATCH), batch_of(BATCH, label=1), batch_of(BATCH, label=1), batch_of(BATCH)]
    states, told = play(objective, batches, optimizer=optax.adam(0.1), ema=Ema(half_life=10.0))
    for i in (2, 3):
        assert_identical((states[i].players, states[i].carry), (states[1].players, states[1].carry))
    assert [int(state.skipped["player"]) for state in states] == [0, 0, 1, 2, 0]
    assert [float(metrics["player/skipped"].total) for metrics in told] == [0, 1, 1, 0]
    assert not np.isfinite(told[1]["player/term"].value)
    assert np.isfinite(params(states[4], "player")).all()
    assert np.isfinite(states[4].ema["player"].params["places"]).all()
    assert (params(states[4], "player") != params(states[1], "player")).any()
    assert int(states[4].step) == 4


def test_a_finite_loss_with_a_non_finite_gradient_is_skipped():
    def loss(params, state, batch, key):
        return jnp.sqrt(params["places"]).sum(), Out({"updates": jnp.float32(1)}, {"calls": jnp.float32(1)}, {})

    objective = counting_game("player")._replace(losses={"player": loss})
    states, told = play(objective, [batch_of(BATCH)])
    assert told[0]["player/loss"].value == 0
    assert int(states[1].skipped["player"]) == 1
    assert_identical(states[1].players, states[0].players)


def test_an_update_above_a_norm_is_skipped_and_counted():
    """A batch of BATCH examples at its places has a gradient of norm 1/2; of one example alone it is 1."""
    one_place = batch_of(BATCH) | {"position": jnp.zeros(BATCH, jnp.int32)}
    batches = [batch_of(BATCH), one_place, one_place, batch_of(BATCH), batch_of(BATCH, label=1)]
    states, told = play(counting_game("player"), batches, optimizer=optax.adam(0.1), skip_norm=0.75)
    assert [float(m["player/gradient_norm"].total) for m in told[:4]] == pytest.approx([0.5, 1, 1, 0.5])
    for i in (2, 3):
        assert_identical((states[i].players, states[i].carry), (states[1].players, states[1].carry))
    assert (params(states[4], "player") != params(states[1], "player")).any()
    assert [int(state.skipped["player"]) for state in states] == [0, 0, 1, 2, 0, 1]
    assert [float(metrics["player/skipped_large"].total) for metrics in told] == [0, 1, 1, 0, 0]
    assert [float(metrics["player/skipped"].total) for metrics in told] == [0, 0, 0, 0, 1]
    at, _ = play(counting_game("player"), [one_place], skip_norm=1.0)
    assert (params(at[1], "player") != params(at[0], "player")).any()  # the norm itself is not above it


def test_decay_of_the_average():
    ema, first = Ema(half_life=1000.0), jnp.int32(0)
    assert ema.decay(first, 64) == pytest.approx(0.5**0.064)
    assert ema.decay(first, 1000) == pytest.approx(0.5)
    ramp = Ema(half_life=1000.0, ramp_up=0.05)
    assert ramp.decay(jnp.int32(9), 64) == pytest.approx(0.5 ** (64 / 32))  # 640 images
    assert ramp.decay(jnp.int32(15_624), 64) == pytest.approx(0.5**0.064)  # a million
    assert Ema().decay(first, 64) == 0


def test_the_average_of_a_known_path():
    half_life = 6.0
    states, _ = play(counting_game("player"), [batch_of(BATCH)] * 5, ema=Ema(half_life=half_life))
    average = np.zeros(PLACES)
    for state in states[1:]:
        decay = 0.5 ** (BATCH / half_life)
        average = decay * average + (1 - decay) * params(state, "player")
        np.testing.assert_allclose(state.ema["player"].params["places"], average, rtol=1e-6)
        copied = state.players["player"].variables.state  # statistics are copied, not averaged
        assert state.ema["player"].state == copied
    (*_, last), _ = play(counting_game("player"), [batch_of(BATCH)] * 2)
    assert_identical(last.ema["player"], last.players["player"].variables)


def test_clipping_and_schedules_by_name():
    config = schema.resolve_config(
        experiments.gan(
            generator__clip_norm=0.5,
            generator__optimizer=dict(name="sgd", learning_rate=1.0),
            discriminator__optimizer=dict(
                name="sgd", learning_rate=dict(name="cosine_decay_schedule", init_value=2.0, decay_steps=4)
            ),
        )
    )
    turns = assembly.make_turns(config)
    grads = {"w": jnp.array([3.0, 4.0])}

    def updates(name: str) -> list[np.ndarray]:
        optimizer, found = turns[name].optimizer, []
        state = optimizer.init(grads)
        for _ in range(5):
            update, state = optimizer.update(grads, state, grads)
            found.append(np.asarray(update["w"]))
        return found

    np.testing.assert_allclose(updates("generator"), [[-0.3, -0.4]] * 5, rtol=1e-6)  # a norm of 5 clipped to 0.5
    rates = 1 + np.cos(np.pi * np.arange(5) / 4)
    np.testing.assert_allclose(updates("discriminator"), -rates[:, None] * np.array([3.0, 4.0]), atol=1e-6)


@pytest.mark.parametrize("length", [1, 5])
def test_sequence_is_a_loop(length):
    def body(carry, x):
        return carry * 0.5 + x["a"], {"sum": carry + x["b"]}

    xs = {"a": jnp.arange(1.0, 1.0 + length), "b": jnp.arange(2.0 * length).reshape(length, 2)}
    carry, sums = jnp.ones(2), []
    for i in range(length):
        sums.append(carry + xs["b"][i])
        carry = carry * 0.5 + xs["a"][i]
    found, outputs = sequence(body, jnp.ones(2), xs)
    np.testing.assert_array_equal(found, carry)
    np.testing.assert_array_equal(outputs["sum"], jnp.stack(sums))


def test_several_steps_in_one_call():
    objective = counting_game("player")
    turns = {"player": steps.Turn(optax.adam(0.1), 1)}
    run = parallel.make_run(steps.make(objective, turns, Ema(half_life=10.0), BATCH))
    batches = [batch_of(BATCH, label) for label in (0, 1, 0)]
    start = steps.init(objective, turns, jax.random.key(0), batches[0])
    together, told = jax.jit(run)(start, jax.tree.map(lambda *x: jnp.stack(x), *batches), {})
    state, means = start, 0
    for batch in batches:
        state, one = jax.jit(run)(state, jax.tree.map(lambda x: x[None], batch), {})
        means = means + one.means
    assert_identical(together, state)
    np.testing.assert_array_equal(told.means, means)  # gradient_norm, loss, skipped, term
    np.testing.assert_array_equal(told.means[2], [1, 3])
    np.testing.assert_array_equal(told.skipped, [0])


def pixels_of_a_call(step: int, batch: dict[str, Any], resident: dict[str, Any], flip: bool) -> np.ndarray:
    """What the step is given to see, [B, H, W, C]."""

    def look(state, batch):
        pixels = batch["image"].astype(jnp.float32)
        return state, {"pixels": Mean(pixels, jnp.ones_like(pixels))}

    turns = {"player": steps.Turn(optax.sgd(1.0), 1)}
    state = steps.init(counting_game("player"), turns, jax.random.key(3), {}).replace(step=jnp.int32(step))
    batches = {name: jnp.asarray(x)[None] for name, x in batch.items()}
    _, report = parallel.make_run(look, ("image",) if flip else ())(state, batches, resident)
    return np.asarray(report.means[0, ..., 0])


def test_batches_are_gathered_from_the_set_on_the_device():
    images = np.arange(5 * 2 * 2 * 1, dtype=np.uint8).reshape(5, 2, 2, 1)
    batch = {"index": np.array([4, 1]), "position": np.arange(2, dtype=np.int32)}
    resident = {"image": jnp.asarray(images)}
    np.testing.assert_array_equal(pixels_of_a_call(0, batch, resident, flip=False), images[[4, 1]])
    streamed = {"image": images[[4, 1]], "position": batch["position"]}
    np.testing.assert_array_equal(pixels_of_a_call(0, streamed, {}, flip=False), images[[4, 1]])


def test_the_pictures_of_an_example_are_flipped_by_one_coin():
    def look(state, batch):
        seen = {name: batch[name].astype(jnp.float32) for name in ("image", "source", "words")}
        return state, {name: Mean(x, jnp.ones_like(x)) for name, x in seen.items()}

    turns = {"player": steps.Turn(optax.sgd(1.0), 1)}
    state = steps.init(counting_game("player"), turns, jax.random.key(3), {})
    pixels = np.random.default_rng(0).integers(0, 256, (64, 2, 2, 1), dtype=np.uint8)
    batch = {"image": pixels, "source": pixels, "words": pixels, "position": np.arange(64, dtype=np.int32)}
    batches = {name: jnp.asarray(x)[None] for name, x in batch.items()}
    _, report = parallel.make_run(look, ("image", "source"))(state, batches, {})
    image, source, words = np.asarray(report.means[..., 0])  # sorted by name
    np.testing.assert_array_equal(image, source)
    np.testing.assert_array_equal(words, pixels)
    mirrored = (image == pixels[:, :, ::-1]).all(axis=(1, 2, 3))
    assert 16 < mirrored.sum() < 48
    np.testing.assert_array_equal(image[~mirrored], pixels[~mirrored])


def test_every_step_flips_other_halves():
    image = np.array([[[1], [2]]], np.uint8)
    batch = {"image": np.stack([image] * 64), "position": np.arange(64, dtype=np.int32)}
    mirrored = [pixels_of_a_call(step, batch, {}, flip=True)[:, 0, 0, 0] == 2 for step in (0, 1)]
    assert all(16 < m.sum() < 48 for m in mirrored)
    assert (mirrored[0] != mirrored[1]).any()


def test_the_average_has_the_statistics_of_its_own_parameters():
    """What is copied from the last step fits the last parameters, and unit vectors of a norm must stay that."""

    def variables(value: float) -> Variables:
        array = jnp.full(2, value)
        return Variables({"kernel": array}, {"batch_stats": {"mean": array}, "spectral": {"u": array}})

    mixed = steps.average(variables(1.0), variables(3.0), jnp.float32(0.75))
    np.testing.assert_allclose(mixed.params["kernel"], 0.75 * 1 + 0.25 * 3)
    np.testing.assert_allclose(mixed.state["batch_stats"]["mean"], 0.75 * 1 + 0.25 * 3)
    np.testing.assert_array_equal(mixed.state["spectral"]["u"], 3.0)


@pytest.fixture(scope="module")
def real_game():
    config = schema.resolve_config(experiments.gan(generator__optimizer__name="adam", batch_size=8))
    facts = experiment.make_facts(experiment.make_data(config))
    batch = experiment.example_batch(facts, 8)
    noise = np.random.default_rng(0).integers(0, 256, batch["image"].shape, np.uint8)
    return experiment.make_objective(config, facts), assembly.make_turns(config), {**batch, "image": jnp.array(noise)}


@pytest.mark.parametrize("name", ["discriminator", "generator"])
def test_updating_one_player_leaves_the_other_bit_identical(real_game, name):
    objective, turns, batch = real_game
    other = {"discriminator": "generator", "generator": "discriminator"}[name]
    alone = objective._replace(losses={name: objective.losses[name]})
    step = jax.jit(steps.make(alone, turns, Ema(), 8))
    before = parallel.make_devices().once(partial(steps.init, objective, turns), jax.random.key(0), batch)
    after, _ = step(before, batch)
    assert_identical(after.players[other], before.players[other])
    assert_identical(after.carry[other], before.carry[other])
    for mine, was in zip(*(jax.tree.leaves(state.players[name].variables) for state in (after, before)), strict=True):
        assert (mine != was).any()
    assert (jax.random.key_data(after.key) == jax.random.key_data(before.key)).all()  # the root key never advances


def test_micro_batches_change_nothing_without_batch_statistics():
    states = []
    for micro_batches in (1, 2):
        config = schema.resolve_config(
            experiments.vae(
                micro_batches=micro_batches, batch_size=8, autoencoder__optimizer=dict(name="sgd", learning_rate=0.01)
            )
        )
        data = experiment.make_data(config)
        facts, arrays = experiment.make_facts(data), data.arrays()
        batch = {**experiment.example_batch(facts, 8), "image": jnp.asarray(arrays["image"][:8])}
        objective, turns = experiment.make_objective(config, facts), assembly.make_turns(config)
        start = parallel.make_devices().once(partial(steps.init, objective, turns), jax.random.key(0), batch)
        state, metrics = jax.jit(assembly.make_step(config, facts))(start, batch)
        states.append((state.players, metrics["autoencoder/loss"].value, metrics["autoencoder/kl"].value))
    moved = optax.tree.norm(optax.tree.sub(state.ema["autoencoder"].params, start.ema["autoencoder"].params))
    assert moved > 0.01
    jax.tree.map(partial(np.testing.assert_allclose, rtol=1e-5, atol=1e-6), *states)
