import ast
from pathlib import Path

import pytest
from conftest import begun

from gan_jax.config import experiment, schema
from gan_jax.config import files as config
from gan_jax.training import assembly

PROCEDURAL = ("furniture", "rooms")  # voxels, at hand like sprites
CONFIGS = sorted((Path(__file__).parents[2] / "configs").glob("*.py"))


MANY_BLOCKS = ("rrdb.Generator", "srresnet.Generator", "edsr.Generator")  # where a config says nothing of them


def shallow(network):
    """With two blocks where there are many alike, in the networks inside it too but for one whose layers are named."""
    inner = {name: shallow(part) for name, part in network.items() if isinstance(part, dict) and name != "translator"}
    lists = {name: network[name] for name in ("encoder_blocks", "decoder_blocks") if name in network}
    depth = {name: min(2, network[name]) for name in ("depth", "blocks") if isinstance(network.get(name), int)}
    depth |= {"blocks": 2} if network.get("name") in MANY_BLOCKS else {}
    return {**network, **inner, **{name: tuple(min(2, n) for n in counts) for name, counts in lists.items()}, **depth}


@pytest.mark.parametrize("file", CONFIGS, ids=lambda file: file.stem)
def test_every_config_builds(file, tmp_path):
    """Its networks are initialised and take a step, on shapes alone, with sprites as the data, or small voxels.

    They are of its resolution, but at most of 128 pixels: networks for larger ones have more of the same blocks, and
    `train.py --dry_run` tries these in a minute or less.
    """
    given = config.load(str(file))
    resolution = given["data"].get("resolution") or given["data"]["source"].get("resolution", (32, 32))
    most = 128 if given.get("generator", {}).get("network", {}).get("attention") else 64  # which it is to be above
    resolution = tuple(min(side, most) for side in resolution)
    sprites = dict(name="sprites", resolution=resolution, count=16)
    sprites |= dict(captions="tokenizer" in given["data"], sounds=given["objective"].get("condition") == "waveform")
    if "resolution" in given["data"]:
        given["data"]["resolution"] = resolution
    if given["data"]["source"]["name"] in PROCEDURAL:
        sprites = dict(name=given["data"]["source"]["name"], resolution=16, count=16)
    elif given["data"]["source"]["name"] == "halves":
        sprites = dict(name="halves", source=sprites)
    elif given["data"]["source"]["name"] == "unpaired":
        sprites = dict(name="unpaired", image=sprites, source=sprites)
    given["data"] = {**given["data"], "source": sprites}
    given["stages"] = given.get("stages", ())[-1:]  # two of many are alike
    for player in given.values():
        if isinstance(player, dict) and "network" in player:
            player["network"] = shallow(player["network"])
    for name, section in given.get("frozen", {}).items():
        if section["name"] == "run":
            first = config.load(str(file.with_name(f"{Path(section['workdir']).name}.py")))
            first["data"] = {**first["data"], "source": sprites, "resolution": resolution}
            halves = first["autoencoder"]["network"] if "autoencoder" in first else {}
            for half in halves.keys() & {"encoder", "decoder"}:  # narrow, as this one is initialised
                halves[half] |= dict(width=8, max_width=8, channels=()) | {
                    name: 1 for name in {"blocks"} & {*halves[half]}
                }
            given["frozen"][name]["workdir"] = str(begun(first, tmp_path / name, drawn=False))
    resolved = schema.resolve_config(given)
    frozen = experiment.make_frozen(resolved, {})
    trial = assembly.dry_run(resolved, experiment.make_facts(experiment.make_data(resolved)), frozen=frozen)
    assert {f"{player}/loss" for player in schema.roles_of(resolved["objective"])} <= set(trial.metrics)
    assert next(iter(trial.draws.values())).is_visible
    first, *rest = ast.get_docstring(ast.parse(file.read_text())).splitlines()
    assert first.endswith(".") and "Hardware: " in "\n".join(rest)
    assert f"--config=configs/{file.name}" in "\n".join(rest)


def test_few_shot_judges_by_patches_where_it_is_told_of_which_layer():
    plain, patches = (config.load(f"few_shot:runs/dcgan{layer}") for layer in ("", ":down_1"))
    judge = plain["discriminator"]["network"]
    assert patches["discriminator"]["network"] == dict(name="patch_head.Discriminator", judge=judge, layer="down_1")
    for player in ("generator", "discriminator"):
        found = patches[player]["losses"]
        assert found["adversarial"]["game"]["name"] == plain[player]["losses"]["adversarial"]["name"]
        assert found["adversarial"]["weight"] + found["anchors"]["weight"] == 1
    schema.resolve_config(patches)


def test_there_are_configs():
    names = {file.stem for file in CONFIGS}
    assert {
        "quickstart",
        "quickstart_vae",
        "pix2pix_facades",
        "sketch_to_image",
        "dcgan",
        "sngan",
        "wgan_gp",
        "biggan_cifar10",
        "biggan_imagenet128",
        "cgan_projection",
        "gat_imagenet256",
        "sagan_imagenet128",
        "vitgan_small",
        "vae",
    } <= names
