from pathlib import Path

import experiments
import pytest

from gan_jax import command
from gan_jax.config import files as config
from gan_jax.config import schema
from gan_jax.errors import InputError

EXAMPLE = """
from ml_collections import ConfigDict

def get_config(arg=""):
    config = ConfigDict(dict(seed=0, steps=4000, batch_size=64))
    config.data = dict(source=dict(name="tfds", dataset="digits", split="train"), resolution=(16, 16), flip=False)
    config.objective = dict(name="gan", latent_size=64)
    config.generator = dict(
        network=dict(name="dcgan.Generator", width=32),
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.0),
        losses=dict(adversarial=dict(name="nonsaturating")))
    config.discriminator = dict(
        network=dict(name="dcgan.Discriminator", width=32),
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.0),
        losses=dict(adversarial=dict(name="nonsaturating"), r1=dict(name="r1", weight=0.1, every=4)),
        repeats=1)
    config.ema = dict(half_life=2000)
    config.parallel = dict(mode="jit")
    config.checkpoint = dict(every=500, keep=3)
    config.report = dict(every=50, samples_every=500)
    config.evals = dict()
    if arg:
        config.batch_size = int(arg)
    return config
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "example.py").write_text(EXAMPLE)
    return str(tmp_path / "example.py")


def read(file: str, *overrides: str) -> dict:
    return command.read_config(file, overrides)


def test_the_interface(file):
    resolved = schema.resolve_config(read(file))
    assert resolved["discriminator"]["losses"]["r1"] == {"name": "r1", "weight": 0.1, "every": 4, "warmup": 0}
    assert resolved["generator"]["optimizer"]["b1"] == 0.0
    assert resolved["generator"]["optimizer"]["b2"] == 0.999  # Adam's own default, filled in
    assert resolved["checkpoint"] == {"every": 500, "keep": 3, "best": ""}
    assert resolved["data"]["resolution"] == (16, 16)


def test_a_config_that_begins_with_a_run(tmp_path):
    run = dict(experiments.gan(), seed=41)
    config.save({**run, "facts": {}}, tmp_path / "config.json")
    assert config.of_run(str(tmp_path))["seed"] == 41
    assert config.of_run("runs/dcgan")["objective"]["name"] == "gan"  # that is to be trained
    with pytest.raises(InputError, match=r"^nowhere holds no run, for there is no file nowhere/config.json"):
        config.load(f"few_shot:{'nowhere'}")


def test_argument_after_the_file(file):
    assert read(f"{file}:128")["batch_size"] == 128


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("steps", "100", 100),
        ("steps", "1e3", 1e3),
        ("discriminator.losses.r1.weight", "5", 5),
        ("discriminator.losses.r1.weight", "2.5e-1", 0.25),
        ("generator.optimizer.learning_rate", "1e-3", 1e-3),
        ("generator.optimizer.nesterov", "True", True),
        ("data.flip", "true", True),
        ("data.flip", "false", False),
        ("data.resolution", "8,12", (8, 12)),
        ("data.resolution", "(8, 12)", (8, 12)),
        ("data.resolution", "[8, 12]", (8, 12)),
        ("data.source.split", "train[:100]", "train[:100]"),
        ("data.source.dataset", "123", "123"),  # a string stays one
        ("data.crop", "random", "random"),
        ("generator.losses.second.name", "r2", "r2"),  # a new section
        ("seed", "-1", -1),
    ],
)
def test_overrides(file, key, text, value):
    for words in ([f"--config.{key}={text}"], [f"--config.{key}", text]):
        found = read(file, *words)
        for part in key.split("."):
            found = found[part]
        assert found == value
        assert type(found) is type(value)


def test_whole_numbers_may_be_written_as_floats(file):
    words = ["--config.steps=1e3", "--config.max_skipped=2e1", "--config.data.source=sprites"]
    resolved = schema.resolve_config(read(file, *words, "--config.data.source.count=1e2"))
    found = [resolved["steps"], resolved["max_skipped"], resolved["data"]["source"]["count"]]
    assert found == [1000, 20, 100]
    assert all(type(value) is int for value in found)


def test_a_name_starts_a_section_anew(file):
    source = read(file, "--config.data.source=sprites", "--config.data.source.count=1e2")["data"]["source"]
    assert source == {"name": "sprites", "count": 100}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--steps=3"], "--steps=3: there is no such argument; settings are given as --config.KEY=VALUE."),
        (["stray"], "stray: there is no such argument"),
        (["--config.steps"], "--config.steps: the value is missing."),
        (["--config.steps.more=3"], "steps = 4000 is a value, so steps.more cannot be set."),
    ],
)
def test_overrides_that_mean_nothing(file, words, message):
    with pytest.raises(InputError, match="^" + message.replace(".", r"\.")):
        read(file, *words)


def test_files_that_are_no_configs(tmp_path):
    with pytest.raises(InputError, match=r"missing\.py: there is no such file or config\. Valid: .*quickstart"):
        config.load(str(tmp_path / "missing.py"))
    (tmp_path / "other.py").write_text("x = 1")
    with pytest.raises(InputError, match=r"other\.py defines no function get_config"):
        config.load(str(tmp_path / "other.py"))
    (tmp_path / "plain.py").write_text("def get_config(): return {}")
    with pytest.raises(InputError, match="takes no argument, so leave out ':64'"):
        config.load(f"{tmp_path}/plain.py:64")


def test_json_round_trip():
    resolved = schema.resolve_config(experiments.gan(data__resolution=(8, 8), generator__clip_norm=1e-7))
    assert config.from_json(config.to_json(resolved)) == resolved


def test_changes_name_the_keys():
    old = {"steps": 1, "evals": {}, "data": {"flip": False, "crop": "none"}}
    new = {"steps": 2, "evals": {"fd": {"every": 3}}, "data": {"flip": False}}
    assert config.changes(old, new) == {
        "steps": (1, 2),
        "evals": ({}, None),
        "evals.fd.every": (None, 3),
        "data.crop": ("none", None),
    }
    assert all(key.startswith((*schema.HARMLESS, "data.crop")) for key in config.changes(old, new))
