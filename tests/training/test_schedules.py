"""Numbers that change while a run trains, and layers that are held fixed."""

import json
from typing import Any

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
import saved
import views

from gan_jax.average import Ema
from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.losses import kl_divergence, penalties
from gan_jax.losses.consistency import latent_consistency
from gan_jax.schedules import cosine, piecewise_constant
from gan_jax.training import assembly, loop, optimizers

STEPS = 4
SCHEDULES = dict(
    autoencoder__losses__kl__weight=dict(name="linear_schedule", init_value=0.0, end_value=6.0, transition_steps=3),
    autoencoder__optimizer=dict(
        name="adam",
        learning_rate=dict(name="cosine_decay_schedule", init_value=0.01, decay_steps=8),
        b2=dict(name="gan_jax.schedules:piecewise_constant", boundaries=(2,), values=(0.9, 0.45)),
    ),
    autoencoder__clip_norm=dict(name="exponential_decay", init_value=8.0, transition_steps=1, decay_rate=0.5),
    autoencoder__fixed=("encoder/down_0",),
    ema=dict(half_life=dict(name="linear_schedule", init_value=8.0, end_value=32.0, transition_steps=4)),
)


def beginning(step, *, rate: float = 0.5):
    """A schedule of one's own: `name="test_schedules:beginning"`."""
    return rate * step


def config_of(**changes: Any) -> dict[str, Any]:
    return experiments.vae(**{"steps": STEPS, "report": dict(every=1, samples=4), **SCHEDULES, **changes})


def rows(workdir) -> list[dict[str, float]]:
    return [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The folders of one run in one piece, and of one that stopped in the middle."""
    folder = tmp_path_factory.mktemp("schedules")
    saving = dict(every=1, keep=STEPS)
    assert loop.run(config_of(checkpoint=saving), folder / "whole") == 0
    for steps in (2, STEPS):
        assert loop.run(config_of(steps=steps, checkpoint=saving), folder / "parts") == 0
    return folder


def test_a_weight_follows_its_schedule_step_by_step(runs):
    for step, row in enumerate(rows(runs / "whole")):
        part = {name: row[f"autoencoder/{name}"] for name in ("loss", "reconstruction", "kl")}
        assert part["loss"] == pytest.approx(part["reconstruction"] + 2.0 * step * part["kl"], rel=1e-5)


def test_numbers_of_the_optimizer_follow_theirs(runs):
    """After n updates its memory holds the numbers of update n - 1, from 0 on."""
    for n, state in enumerate(saved.states(runs / "whole", 1, 2, 3, 4), start=1):
        values = {key: x for key, x in state.items() if ".hyperparams[" in key}
        b2 = [float(x) for key, x in values.items() if "'b2'" in key]
        bound = [float(x) for key, x in values.items() if "'max_norm'" in key]
        assert b2 == pytest.approx([0.9 if n - 1 < 2 else 0.45])
        assert bound == pytest.approx([8.0 * 0.5 ** (n - 1)])


def test_the_average_follows_its_half_life(runs):
    states = saved.states(runs / "whole", 1, 2, 3, 4)
    mixed = 0
    for step in (1, 2, 3):
        decay = 0.5 ** (16 / (8 + 6 * step))  # 16 images in a batch
        for key, now in states[step].items():
            if not key.startswith(".ema") or ".params" not in key:
                continue
            live = states[step][key.replace(".ema['autoencoder']", ".players['autoencoder'].variables")]
            before = states[step - 1][key]
            np.testing.assert_allclose(now, decay * before + (1 - decay) * live, rtol=1e-5, atol=1e-7)
            mixed += bool((before != live).any())
    assert mixed > 10


def test_a_run_with_schedules_goes_on_bit_by_bit(runs):
    whole, parts = (saved.states(runs / name, STEPS)[0] for name in ("whole", "parts"))
    saved.assert_identical(whole, parts)


def test_fixed_layers_are_moved_by_exactly_nothing_and_have_no_memory(runs):
    first, last = saved.states(runs / "whole", 1, 4)
    params = [key for key in first if ".variables.params" in key]
    still = {key for key in params if first[key].tobytes() == last[key].tobytes()}
    assert still == {key for key in params if "['encoder']['down_0']" in key} and len(still) == 2
    memory = [key for key in first if ".opt_state" in key and ".mu[" in key]
    assert len(memory) == len(params) - len(still)


def adam(b2: Any = 0.999, **more: Any) -> optax.GradientTransformation:
    config = schema.resolve_config(experiments.vae(autoencoder__optimizer=dict(name="adam", **more, b2=b2)))
    return assembly.make_turns(config)["autoencoder"].optimizer


def test_adam_with_a_changing_b2_is_the_published_one():
    """Kingma & Ba 2015, algorithm 1, with beta_2 = b(n) in update n."""
    optimizer = adam(dict(name="linear_schedule", init_value=0.5, end_value=0.9, transition_steps=4), learning_rate=0.1)
    param, first, second = 1.0, 0.0, 0.0
    params = {"x": jnp.float32(param)}
    state = optimizer.init(params)
    for n in range(4):
        gradient, b2 = np.cos(n), 0.5 + 0.1 * n
        first, second = 0.9 * first + 0.1 * gradient, b2 * second + (1 - b2) * gradient**2
        corrected = first / (1 - 0.9 ** (n + 1)), second / (1 - b2 ** (n + 1))
        param -= 0.1 * corrected[0] / (np.sqrt(corrected[1]) + 1e-8)
        updates, state = optimizer.update({"x": jnp.float32(gradient)}, state, params)
        params = optax.apply_updates(params, updates)
        assert float(params["x"]) == pytest.approx(param, rel=1e-5)


def test_a_setting_of_a_term_may_be_a_schedule():
    section = dict(name="linear_schedule", init_value=1.0, end_value=3.0, transition_steps=2)
    config = schema.resolve_config(
        experiments.vae(autoencoder__losses__kl=dict(name="kl_divergence", free_bits=section))
    )
    term = experiment._term(config["autoencoder"]["losses"]["kl"], "autoencoder", "kl", "autoencoder").function
    for step in range(3):
        view = views.vae(jnp.zeros((2, 3)), jnp.zeros((2, 3)), step=jnp.int32(step))
        np.testing.assert_allclose(term(view), [3 * (1.0 + step)] * 2)  # the floor of three dimensions without any KL
        np.testing.assert_array_equal(term(view), kl_divergence(view, free_bits=1.0 + step))


def test_cosine_goes_from_anywhere_to_anywhere():
    schedule = cosine(start=0.0, end=0.5, steps=4)
    found = [float(schedule(jnp.int32(step))) for step in range(6)]
    np.testing.assert_allclose(
        found, [0, 0.25 * (1 - np.sqrt(0.5)), 0.25, 0.25 * (1 + np.sqrt(0.5)), 0.5, 0.5], atol=1e-6
    )
    with pytest.raises(InputError, match="steps = 0"):
        cosine(start=0.0, end=0.5, steps=0)


def test_a_schedule_of_ones_own():
    config = schema.resolve_config(config_of(ema__ramp_up=dict(name="test_schedules:beginning", rate=0.25)))
    schedule = experiment.make_number(config["ema"]["ramp_up"], "ema.ramp_up")
    assert schedule(3) == 0.75
    ema = Ema(half_life=1000.0, ramp_up=schedule)
    assert ema.decay(jnp.int32(0), 16) == pytest.approx(0.5 ** (16 / 1000))  # 0: not ramped up
    assert ema.decay(jnp.int32(3), 16) == pytest.approx(0.5 ** (16 / (0.75 * 64)))


def test_a_number_that_changes_by_steps():
    schedule = piecewise_constant(boundaries=(2, 5), values=(1.0, 0.5, 0.25))
    found = [float(jax.jit(schedule)(step)) for step in range(7)]
    assert found == [1.0, 1.0, 0.5, 0.5, 0.5, 0.25, 0.25]
    assert piecewise_constant(boundaries=(), values=(3.0,))(9) == 3.0


def refuse(**changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        config = schema.resolve_config(config_of(**changes))
        assembly.dry_run(config, experiment.make_facts(experiment.make_data(config)))
    return str(caught.value)


@pytest.mark.parametrize(
    ("key", "section", "message"),
    [
        ("autoencoder__optimizer__b2", dict(name="linear_shedule"), "autoencoder.optimizer.b2.name = 'linear_shedule'"),
        (
            "autoencoder__optimizer__b2",
            dict(name="linear_schedule", init_value=0.9, end=0.5, transition_steps=3),
            "autoencoder.optimizer.b2.end = 0.5 is not a setting. Did you mean 'end_value'?",
        ),
        (
            "ema__half_life",
            dict(name="linear_schedule", init_value=0.9, end_value=0.5),
            "ema.half_life.transition_steps is missing.",
        ),
        ("autoencoder__losses__kl__weight", dict(init_value=1.0), "autoencoder.losses.kl.weight = {'init_value': 1.0}"),
        (
            "autoencoder__optimizer__b2",
            dict(name="piecewise_constant_schedule", init_value=0.9, boundaries_and_scales={2: 0.5}),
            "autoencoder.optimizer.b2.name = 'piecewise_constant_schedule' cannot be used: its dict has whole numbers",
        ),
        (
            "autoencoder__optimizer__b2",
            dict(name="gan_jax.schedules:piecewise_constant", boundaries=(2, 1), values=(0.9, 0.5, 0.1)),
            "piecewise_constant: boundaries = (2, 1) should rise",
        ),
        (
            "autoencoder__clip_norm",
            dict(name="adam", learning_rate=1.0),
            "autoencoder.clip_norm.name = 'adam' is no schedule.",
        ),
        (
            "autoencoder__losses__kl__weight",
            dict(name="linear_schedule", init_value=float("nan"), end_value=1.0, transition_steps=3),
            "autoencoder.losses.kl.weight.init_value = nan is no finite number.",
        ),
        (
            "ema__half_life",
            dict(name="constant_schedule", value=-1.0),
            "ema.half_life: constant_schedule gives -1.0 at step 0; it should be at least 0.",
        ),
    ],
)
def test_schedules_that_mean_nothing(key, section, message):
    assert refuse(**{key: section}).startswith(message)


def test_numbers_that_are_read_once_take_no_schedule():
    section = dict(name="linear_schedule", init_value=0.9, end_value=0.5, transition_steps=3)
    with pytest.raises(InputError, match=r"objective\.augment\.fraction = .* should be of type float"):
        schema.resolve_config(experiments.gan(objective__augment=dict(name="cutout", fraction=section)))


def test_a_setting_of_a_loss_that_remembers_or_of_a_game_may_be_a_schedule():
    """Each is what it would be if it had been made of the numbers of the step."""
    section = dict(name="linear_schedule", init_value=0.9, end_value=0.5, transition_steps=2)
    losses = dict(far=dict(name="lecam", decay=section), near=dict(name="latent_consistency", deviation=section))
    config = schema.resolve_config(experiments.gan(discriminator__losses=losses))
    far, near = (
        experiment._term(config["discriminator"]["losses"][name], "discriminator", name, "discriminator").function
        for name in losses
    )
    logits, z = jnp.array([1.0, -2.0]), jnp.ones((2, 3))
    view = views.gan(
        real_logits=logits,
        fake_logits=-logits,
        latent=z,
        generated=z,
        generator=lambda z: z,
        discriminator=lambda x: x.sum(axis=1),
        carry=far.init(),
    )
    for step, value in enumerate((0.9, 0.7, 0.5, 0.5)):
        now = view.replace(step=jnp.int32(step))
        for found, expected in zip(far(now), penalties.lecam(decay=value)(now), strict=True):
            np.testing.assert_allclose(jnp.stack(found), jnp.stack(expected), rtol=1e-5)
        expected = latent_consistency(deviation=value).discriminator(now)
        np.testing.assert_allclose(near(now), expected, rtol=1e-4)


def test_layers_to_hold_fixed_that_there_are_not():
    message = refuse(autoencoder__fixed=("decoder", "encoder/conv_9"))
    assert message.startswith(
        "autoencoder.fixed: there are no parameters below 'encoder/conv_9'. Did you mean 'encoder/"
    )
    assert refuse(autoencoder__fixed=("encodr",)).endswith("Did you mean 'encoder'? Valid: decoder, encoder.")


def test_a_prefix_is_of_whole_names():
    params = {"block_1": {"w": jnp.zeros(2)}, "block_10": {"w": jnp.zeros(2)}}
    section = {"optimizer": dict(name="sgd", learning_rate=1.0), "clip_norm": 5.0, "fixed": ("block_1",)}
    optimizer = optimizers.make(section, "player")
    grads = {"block_1": {"w": jnp.float32([300, 400])}, "block_10": {"w": jnp.float32([6, 8])}}
    updates, _ = optimizer.update(grads, optimizer.init(params), params)
    np.testing.assert_array_equal(updates["block_1"]["w"], [0, 0])
    np.testing.assert_allclose(updates["block_10"]["w"], [-3, -4], rtol=1e-6)  # clipped by the norm of what is trained
    assert jax.tree.structure(updates) == jax.tree.structure(params)
