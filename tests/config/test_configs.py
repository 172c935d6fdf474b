from pathlib import Path

import pytest

from gan_jax.config import experiment, schema
from gan_jax.config import files as config
from gan_jax.training import assembly

CONFIGS = sorted((Path(__file__).parents[1] / "configs").glob("*.py"))


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_every_config_builds(file):
    """Its networks are initialised and take a step, on shapes alone, with sprites of its resolution as the data."""
    given = config.load(str(file))
    resolution = given["data"].get("resolution") or given["data"]["source"].get("resolution", (32, 32))
    given["data"] = {**given["data"], "source": dict(name="sprites", resolution=tuple(resolution))}
    resolved = schema.resolve_config(given)
    metrics = assembly.dry_run(resolved, experiment.make_facts(experiment.make_data(resolved)))
    assert f"{resolved['objective']['name'].replace('vae', 'autoencoder').replace('gan', 'generator')}/loss" in metrics
    text = file.read_text()
    assert "Measured:" in text
    assert f"--config=configs/{file.name}" in text


def test_there_are_configs():
    names = {file.stem for file in CONFIGS}
    assert {"quickstart", "quickstart_vae", "dcgan", "sngan", "wgan_gp", "cgan_projection", "vae"} <= names
