"""Numbers that mean nothing are refused by the key that they stand at, whatever the setting."""

import copy
import importlib
import inspect
import math

import experiments
import pytest

from gan_jax.config import experiment, files, schema
from gan_jax.config.offered import offered
from gan_jax.config.packages import PACKAGES
from gan_jax.errors import InputError
from gan_jax.training import assembly

CONFIGS = {name: schema.resolve_config(make()) for name, make in experiments.GAMES.items()}
MAY_BE_NEGATIVE = (".weight",)  # of a loss


def numbers() -> list[tuple[str, str]]:
    """Every number of every game, by its key; of a call that several games make, once."""
    found = {}
    for game, config in CONFIGS.items():
        values = dict(files.flatten(config))
        for key, value in values.items():
            if isinstance(value, (int, float)) and not isinstance(value, bool):
                found.setdefault((key, values.get(f"{key.rpartition('.')[0]}.name")), (game, key))
    return list(found.values())


def changed(game: str, key: str, value):
    config = copy.deepcopy(CONFIGS[game])
    *path, last = key.split(".")
    section = config
    for part in path:
        section = section[part]
    section[last] = value
    return config


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_numbers_that_are_not_finite(value):
    for game, key in numbers():
        with pytest.raises(InputError) as error:
            schema.resolve_config(changed(game, key, value))
        assert str(error.value).startswith(f"{key} = {value}"), key


def test_numbers_below_what_makes_sense():
    for game, key in numbers():
        if not key.endswith(MAY_BE_NEGATIVE):
            with pytest.raises(InputError) as error:
                schema.resolve_config(changed(game, key, -1))
            assert str(error.value).startswith(f"{key} = -1 "), key


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict(generator__optimizer=dict(name="adam", learning_rate=1e-3, b1=1.0)), "generator.optimizer.b1 = 1.0 "),
        (
            dict(generator__optimizer=dict(name="sgd", learning_rate=-1e-3)),
            "generator.optimizer.learning_rate = -0.001 ",
        ),
        (dict(generator__network__channels=(8, 0)), r"generator.network.channels = \(8, 0\) "),
        (dict(batch_size=2**40), "batch_size = 1099511627776 should be at least 1 and below "),
        (dict(report__samples=10**9), "report.samples = 1000000000 "),
        (dict(generator__losses__adversarial__weight=-math.inf), "generator.losses.adversarial.weight = -inf "),
        (dict(ema__half_life=dict(name="constant_schedule", value=-1.0)), "ema.half_life.* should be at least 0"),
        (dict(evals=dict(a=dict(name="importance_weighted_bound", draws=0))), "evals.a.draws = 0 "),
        (dict(evals=dict(a=dict(name="frechet_distance", features="pixels", num_images=0))), "evals.a.num_images = 0 "),
    ],
)
def test_numbers_beyond_bounds(changes, said):
    with pytest.raises(InputError, match=f"^{said}"):
        schema.resolve_config(experiments.gan(**changes))


@pytest.mark.parametrize("kind", ["features", "frozen", "evals", "source", "losses", "objective", "augment"])
def test_every_whole_number_that_a_config_sets_has_bounds(kind):
    bare = []
    for name, target in offered(importlib.import_module(PACKAGES[kind])).items():
        if callable(target):
            settings = inspect.signature(target, eval_str=True).parameters.values()
            bare += [f"{name}.{setting.name}" for setting in settings if setting.annotation is int]
    assert not bare


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        (dict(generator__network__initializer="hee"), "generator.network.initializer='hee'"),
        (dict(discriminator__network__normalization="bacth"), "discriminator.network.normalization='bacth'"),
        (dict(generator__network=dict(name="resnet.Generator", attention=12)), "generator.network.*attention"),
    ],
)
def test_options_inside_a_network_are_told_by_their_path(changes, said):
    config = schema.resolve_config(experiments.gan(**changes))
    facts = experiment.make_facts(experiment.make_data(config))
    with pytest.raises(InputError, match=f"^{said}"):
        assembly.dry_run(config, facts)


def test_a_dry_run_allocates_no_batch():
    """Of this size none would fit into memory."""
    config = schema.resolve_config(
        experiments.gan(batch_size=2**20 - 8, data__resolution=(4096, 4096), data__source__count=2)
    )
    facts = experiment.make_facts(experiment.make_data(config))
    assert assembly.state_shapes(config, facts).players
