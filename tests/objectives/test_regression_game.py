"""The game of regression, and the sizes of a picture and of what it is made of."""

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax import rng
from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.training import assembly
from gan_jax.training import step as steps


def made(**changes):
    config = schema.resolve_config(experiments.regression(**changes))
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    return config, data, facts, experiment.make_objective(config, facts)


def test_the_loss_is_the_distance_of_what_is_drawn_from_the_right_answer():
    config, data, facts, objective = made()
    batch = {name: jnp.asarray(x[:4]) for name, x in data.arrays().items()} | {"position": jnp.arange(4)}
    state = steps.init(objective, assembly.make_turns(config), rng.key(0), batch)
    variables = state.players["generator"].variables
    loss, out = objective.losses["generator"](variables.params, state, batch, rng.key(1))
    drawn = objective.draws["image"].sample({"generator": variables}, jnp.zeros((4, 2), jnp.uint32), batch)
    assert drawn.shape == (4, *facts["image_shape"]) == (4, 8, 8, 3)
    right = np.asarray(batch["image"], float) / 127.5 - 1
    np.testing.assert_allclose(loss, np.abs(drawn - right).mean(), rtol=1e-5)
    assert jax.tree.structure(out.state) == jax.tree.structure(variables.state)


def test_right_answers_may_be_others_than_images():
    config, data, _, objective = made(data__derive__sharp=dict(name="sharpened"), objective__target="sharp")
    batch = {name: jnp.asarray(x[:4]) for name, x in data.arrays().items()} | {"position": jnp.arange(4)}
    state = steps.init(objective, assembly.make_turns(config), rng.key(0), batch)
    loss, _ = objective.losses["generator"](state.players["generator"].variables.params, state, batch, rng.key(1))
    drawn = objective.draws["image"].sample(
        {"generator": state.players["generator"].variables}, jnp.zeros((4, 2), jnp.uint32), batch
    )
    right = np.asarray(batch["sharp"], float) / 127.5 - 1
    np.testing.assert_allclose(loss, np.abs(drawn - right).mean(), rtol=1e-5)
    assert (batch["sharp"] != batch["image"]).any()


@pytest.mark.parametrize("game", [experiments.regression, experiments.translation])
def test_a_right_answer_that_is_not_like_an_image_is_refused(game):
    config = schema.resolve_config(game(objective__target="source"))
    facts = experiment.make_facts(experiment.make_data(config))
    with pytest.raises(InputError, match=r"objective\.target = 'source' is no column of pictures like `image`\."):
        experiment.make_objective(config, facts)


@pytest.mark.parametrize("game", [experiments.regression, experiments.translation])
def test_an_image_is_a_whole_number_of_times_as_large_as_its_source(game):
    odd = dict(name="sprites", count=8, resolution=(12, 8))
    pair = dict(name="unpaired", image=odd, source=dict(name="sprites", count=8, resolution=(8, 8)))
    config = schema.resolve_config(game(data=dict(source=pair)))
    facts = experiment.make_facts(experiment.make_data(config))
    facts["columns"]["source"] = ((8, 8, 3), "uint8", "image", 0)
    with pytest.raises(InputError, match="the sides of an image, 12x8, should be those of its source, 8x8, times"):
        experiment.make_objective(config, facts)


def test_networks_are_told_the_scale_and_a_config_has_no_say():
    with pytest.raises(InputError, match=r"generator\.network\.scale = 4: the objective gives this itself"):
        made(generator__network__scale=4)
    _, _, _, objective = made(data__derive=dict(source=dict(name="grey")), generator__network__name="edsr.Generator")
    assert objective.draws["image"].local.reach == 2 * 1 + 4
