from typing import Any

import experiments
import pytest

from gan_jax import losses
from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.training import assembly
from gan_jax.types import Objective, Role


def refuse(**changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        config = schema.resolve_config(experiments.gan(**changes))
        facts = experiment.make_facts(experiment.make_data(config))
        assembly.dry_run(config, facts)
    return str(caught.value)


@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        (dict(stpes=3), "stpes = 3 is not a setting. Did you mean 'steps'? Valid: batch_size, checkpoint,"),
        (dict(generatr={}), "generatr is not a setting. Did you mean 'generator'?"),
        (dict(ema__halflife=3.0), "ema.halflife = 3.0 is not a setting. Did you mean 'half_life'? Valid: half_life,"),
        (dict(generator__repeat=2), "generator.repeat = 2 is not a setting. Did you mean 'repeats'?"),
        (dict(data__source__cuont=3), "data.source.cuont = 3 is not a setting. Did you mean 'count'?"),
        (
            dict(generator__optimizer__learning_rte=0.1),
            "generator.optimizer.learning_rte = 0.1 is not a setting. Did you mean 'learning_rate'?",
        ),
        (
            dict(generator__losses__adversarial__wieght=2),
            "generator.losses.adversarial.wieght = 2 is not a setting. Did you mean 'weight'?",
        ),
        (  # a fact, which is not for a config to set
            dict(generator__network__image_shape=(8, 8, 3)),
            "generator.network.image_shape = (8, 8, 3) is not a setting. Valid: channels, initializer, max_width,",
        ),
    ],
)
def test_unknown_keys(changes, beginning):
    assert refuse(**changes).startswith(beginning)


@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        (
            dict(objective__name="gann"),
            "objective.name = 'gann': gan_jax.objectives has no 'gann'. Did you mean 'gan'?",
        ),
        (
            dict(generator__network__name="dcgan.Generatr"),
            "generator.network.name = 'dcgan.Generatr': gan_jax.nets.dcgan has no 'Generatr'. "
            "Did you mean 'Generator'? Valid: Discriminator, Generator.",
        ),
        (
            dict(generator__network__name="dcgn.Generator"),
            "generator.network.name = 'dcgn.Generator': gan_jax.nets has no 'dcgn'. Did you mean 'dcgan.Generator'?",
        ),
        (
            dict(generator__optimizer__name="adm"),
            "generator.optimizer.name = 'adm': optax has no 'adm'. Did you mean 'a",
        ),
        (
            dict(discriminator__losses__r1=dict(name="R1")),
            "discriminator.losses.r1.name = 'R1': gan_jax.losses has no 'R1'.",
        ),
        (
            dict(data__source=dict(name="sprits")),
            "data.source.name = 'sprits': gan_jax.data.sources has no 'sprits'. Did",
        ),
        (
            dict(generator__losses__mine=dict(name="no_such_lab.losses:mine")),
            "generator.losses.mine.name = 'no_such_lab.losses:mine' cannot be imported: No module named 'no_such_lab'",
        ),
        (
            dict(generator__losses__mine=dict(name="gan_jax.losses.penalties:r3")),
            "generator.losses.mine.name = 'gan_jax.losses.penalties:r3': gan_jax.losses.penalties has no 'r3'. Did you",
        ),
        (
            dict(dtype="float8"),
            "dtype = 'float8' is unknown. Did you mean 'float32'? Valid: bfloat16, float16, float32.",
        ),
        (
            dict(parallel__mode="pmp"),
            "parallel.mode = 'pmp' is unknown. Did you mean 'pmap'? Valid: jit, pmap, shard_map",
        ),
        (dict(checkpoint__best="fd"), "checkpoint.best = 'fd' is none of the evals"),
    ],
)
def test_unknown_names(changes, beginning):
    message = refuse(**changes)
    assert message.startswith(beginning)
    assert len(message) < 1000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (dict(steps="many"), "steps = 'many' should be of type int."),
        (dict(steps=2.5), "steps = 2.5 should be of type int."),
        (dict(batch_size=True), "batch_size = True should be of type int."),
        (dict(generator__network__width="8"), "generator.network.width = '8' should be of type int."),
        (
            dict(data__resolution=(8,)),
            "data.resolution = (8,) should be of type tuple[int, int] | tuple[int, int, int] | None.",
        ),
        (dict(generator__repeats=1.5), "generator.repeats = 1.5 should be of type int."),
        (dict(ema__half_life="long"), "ema.half_life = 'long' should be of type float"),
        (dict(data=5), "data = 5 should be a section, dict(...)."),
        (dict(data__source=dict(count=3)), "data.source = {'count': 3} should be dict(name=..., ...)."),
        (dict(generator__losses=5), "generator.losses = 5 should be dict(ANY_NAME=dict(name=..., ...), ...)."),
        (dict(evals=5), "evals = 5 should be dict(ANY_NAME=dict(name=..., ...), ...)."),
        (dict(generator__losses=dict(name="hinge")), "generator.losses = {'name': 'hinge'} should be dict(ANY_NAME="),
        (dict(steps=dict(name="a")), "steps = {'name': 'a'} should be of type int."),
        (dict(batch_size=0), "batch_size = 0 should be at least 1 and below"),
        (dict(seed=-1), "seed = -1 should be at least 0 and below"),
        (dict(generator__clip_norm=-1.0), "generator.clip_norm = -1.0 should be at least 0."),
        (dict(discriminator__repeats=0), "discriminator.repeats = 0 should be at least 1."),
        (dict(generator__losses__adversarial__every=0), "generator.losses.adversarial.every = 0 should be at least 1."),
        (dict(checkpoint__every=0), "checkpoint.every = 0 should be at least 1."),
        (dict(ema__half_life=-1.0), "ema.half_life = -1.0 should be at least 0."),
        (
            dict(evals__a=dict(name="frechet_distance", features="pixels", num_images=0)),
            "evals.a.num_images = 0 should",
        ),
    ],
)
def test_wrong_values(changes, message):
    assert refuse(**changes).startswith(message)


@pytest.mark.parametrize(("split", "rest"), [("[:75%]", "[75%:]"), ("all", None)])
def test_the_rest_of_the_training_data_is_held_out(split, rest):
    evals = dict(a=dict(name="frechet_distance", features="pixels", held_out="rest"))
    resolved = schema.resolve_config(experiments.gan(data__source__split=split, evals=evals))
    source = resolved["data"]["source"]
    assert resolved["evals"]["a"]["held_out"] == (rest and {**source, "split": rest})
    assert schema.resolve_config(resolved) == resolved


def test_missing_sections():
    config = experiments.gan()
    for key, message in {
        "data": "The config has no section data",
        "discriminator": "The config has no section discriminator, which the objective asks for.",
        "objective": "objective = None should be dict(name=..., ...).",
    }.items():
        with pytest.raises(InputError) as caught:
            schema.resolve_config({k: v for k, v in config.items() if k != key})
        assert str(caught.value).startswith(message)
    assert refuse(generator=dict(network=dict(name="dcgan.Generator"))) == "generator.optimizer is missing."
    assert refuse(generator__optimizer=dict(name="adam")) == "generator.optimizer.learning_rate is missing."


def test_batches_that_do_not_divide():
    assert refuse(micro_batches=5) == (
        "batch_size = 32 does not divide over 1 devices times 5 micro_batches. Nearest that do: 30, 35."
    )
    assert "minibatch_stddev=3 needs a batch" in refuse(discriminator__network__minibatch_stddev=3)


def test_shapes_that_no_network_makes():
    message = refuse(data__resolution=(9, 8))
    assert "cannot make 9x8 images" in message
    assert "The nearest resolutions are 8x8 and " in message
    assert "channels has 2 entries and needs 1" in refuse(generator__network__channels=(8, 16))


def test_a_label_where_the_data_has_none(tmp_path):
    import numpy as np

    np.savez(tmp_path / "grey.npz", images=np.zeros((40, 8, 8, 1), np.uint8))
    message = refuse(data__source=dict(name="npz", path=str(tmp_path / "grey.npz")))
    assert message.startswith("objective.conditional = True, but the examples of data.source have no label: give them")


def test_a_name_alone_is_a_section():
    config = schema.resolve_config(experiments.gan(data__source="sprites", objective__augment="translate"))
    assert config["data"]["source"]["count"] == 10_000
    assert config["objective"]["augment"]["name"] == "translate"


def test_nested_sections_fill_in_their_defaults():
    config = schema.resolve_config(
        experiments.vae(
            autoencoder__optimizer=dict(
                name="adam", learning_rate=dict(name="cosine_decay_schedule", init_value=0.1, decay_steps=10)
            )
        )
    )
    assert config["autoencoder"]["optimizer"]["learning_rate"] == dict(
        name="cosine_decay_schedule", init_value=0.1, decay_steps=10, alpha=0.0, exponent=1.0
    )
    assert config["autoencoder"]["network"]["decoder"]["width"] == 8
    assert schema.resolve_config(config) == config


def duel(critics: Role, painter: Role) -> Objective:
    """A game of players of other names, which shows the terms that they were given."""
    return Objective(print, {"critics": critics.terms["a"].function, "painter": painter.terms["a"].function}, (), {})


def soft(margin: float = 0.5) -> losses.AdversarialLoss:
    """A game with a setting."""
    return losses.AdversarialLoss(lambda view: ("discriminator", margin), lambda view: ("generator", margin))


MARGIN = 3.0


def duellists(name, **sides):
    """The losses of the game `duel` by player, where both name the same loss."""
    gan = experiments.gan()
    players = {
        player: {**gan["generator"], "losses": dict(a=dict(name=name)), **side}
        for player, side in ({"critics": {}, "painter": {}} | sides).items()
    }
    shared = {key: gan[key] for key in ("batch_size", "data")}
    config = schema.resolve_config(dict(objective=dict(name=f"{__name__}:duel"), **shared, **players))
    return experiment.make_objective(config, experiment.make_facts(experiment.make_data(config))).losses


@pytest.mark.parametrize("name", ["hinge", "adversarial.hinge", "gan_jax.losses:hinge", "gan_jax:losses.hinge"])
def test_players_of_any_name_play_the_sides_that_they_say(name):
    found = duellists(name, critics=dict(side="discriminator"), painter=dict(side="generator"))
    assert found == dict(critics=losses.hinge.discriminator, painter=losses.hinge.generator)


@pytest.mark.parametrize("name", ["hinge.discriminator", "gan_jax.losses:hinge.discriminator"])
def test_a_side_that_is_named_is_taken_whatever_the_player_is_called(name):
    assert set(duellists(name, painter=dict(side="generator")).values()) == {losses.hinge.discriminator}


def test_a_game_may_have_settings():
    found = duellists(f"{__name__}:soft", critics=dict(side="discriminator"), painter=dict(side="generator"))
    assert (found["critics"](None), found["painter"](None)) == (("discriminator", 0.5), ("generator", 0.5))


@pytest.mark.parametrize(
    ("name", "side", "message"),
    [
        (
            "hinge",
            "",
            "critics.losses.a.name = 'hinge' has no side 'critics'. Valid: discriminator, generator. "
            "Say by critics.side which is meant.",
        ),
        ("hinge", "generatr", "critics.losses.a.name = 'hinge' has no side 'generatr'. Did you mean 'generator'? "),
        (
            "gan_jax.losses:hinge",
            "",
            "critics.losses.a.name = 'gan_jax.losses:hinge' has no side 'critics'. Valid: discriminator, generator. ",
        ),
        (f"{__name__}:soft", "", f"critics.losses.a.name = '{__name__}:soft' has no side 'critics'. Valid: discrim"),
        (
            "hinge.painter",
            "",
            "critics.losses.a.name = 'hinge.painter': gan_jax.losses.hinge has no 'painter'. "
            "Valid: discriminator, generator.",
        ),
        (
            "gan_jax.losses:hinge.painter",
            "",
            "critics.losses.a.name = 'gan_jax.losses:hinge.painter': gan_jax.losses.hinge has no 'painter'. "
            "Valid: discriminator, generator.",
        ),
        ("hinge", 5, "critics.side = 5 should be of type str."),
        ("adversarial", "generator", "critics.losses.a.name = 'adversarial' is a module without make. Valid: hinge, "),
        (f"{__name__}:MARGIN", "", f"critics.losses.a: {__name__}:MARGIN is of type float, not a function of a View."),
    ],
)
def test_a_side_that_there_is_not_is_told_with_those_there_are(name, side, message):
    with pytest.raises(InputError) as caught:
        duellists(name, critics=dict(side=side))
    assert str(caught.value).startswith(message)
