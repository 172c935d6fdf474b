"""The training steps that are timed, by name: configs, of whose numbers the twins in PyTorch are made too.

A name is a family and the size of its images, such as `stylegan2-32`, and what is changed of it behind each plus sign:
`stylegan2-32+r1`, `stylegan2-32+r1/16` (at every 16th step), `stylegan2-32+ada`. A family is a game of two networks
whose numbers stand here, or a file of `configs/`. This file needs neither jax nor torch, which may live in different
environments.
"""

import copy
import runpy
from pathlib import Path
from typing import Any, NamedTuple

Section = dict[str, Any]


class Family(NamedTuple):
    """What the players of a game are; a loss is of both, a penalty of the discriminator alone."""

    loss: str
    generator: Section
    discriminator: Section
    objective: Section
    batch_size: int = 32
    penalties: tuple[str, ...] = ()


def _family(network: str, shared: Section, own: Section, loss: str, latent_size: int, **settings: Any) -> Family:
    """The usual case: two networks of one file, whose numbers are the same but for the generator's `own`."""
    objective = dict(name="gan", latent_size=latent_size) | settings.pop("objective", {})
    generator = dict(name=f"{network}.Generator", **shared, **own)
    return Family(loss, generator, dict(name=f"{network}.Discriminator", **shared), objective, **settings)


STYLEGAN2 = _family(
    *("stylegan2", dict(width=16, max_width=128), dict(code_size=64, mapping_depth=2), "nonsaturating", 64),
    objective=dict(name="stylegan", mixing=0.0),
)
R3GAN = dict(width=32, max_width=128, blocks=1, expansion=2, group=16)
PATCHES = dict(width=32, max_width=64, blocks=1, expansion=1, group=0, patch=2)

FAMILIES = {
    "dcgan": _family("dcgan", {}, {}, "nonsaturating", 128, batch_size=64),
    "resnet": _family("resnet", {}, {}, "hinge", 128, batch_size=64),
    "stylegan2": STYLEGAN2,
    "r3gan": _family("r3gan", R3GAN, {}, "relativistic_paired", 64, penalties=("r1", "r2")),
    "r3gan_patches": _family("r3gan", PATCHES, {}, "relativistic_paired", 64, penalties=("r1", "r2")),
    "progan": _family(
        *("progan", dict(width=16, max_width=64), {}, "nonsaturating", 64),
        objective=dict(name="progressive", fade=1),
        penalties=("r1",),
    ),
    "biggan": _family(
        *("biggan", dict(width=32, max_width=128, attention=16, spectral=True), dict(embedding=32), "hinge", 128),
        objective=dict(conditional=True),
    ),
    "vit": _family(
        *("vit", dict(patch=4, width=64, depth=3, heads=2), dict(modulation="small"), "relativistic_paired", 64),
        objective=dict(conditional=True),
        penalties=("r1", "r2"),
    ),
}
FILES = {  # of configs/, and what their functions are given
    "vae": ("vae",),
    "vdvae": ("vdvae_small",),
    "vqvae": ("vqvae_small",),
    "pix2pix": ("pix2pix_facades", "small"),
    "cyclegan": ("cyclegan_small",),
    "srvgg": ("srvgg_small",),
    "srresnet": ("srresnet",),
}
AUGMENTATIONS = {
    "ada": dict(name="ada", start=0.6),  # far into a run on few images
    "diffaugment": dict(name="diffaugment"),
}
CLASSES = 10
LEARNING = dict(name="adam", learning_rate=2e-4, b1=0.5)  # the same work at any rate


def batch_size(step: str) -> int:
    """How many images an update sees."""
    return config(step)["batch_size"]


def config(step: str) -> Section:
    """The config of that name."""
    name, *changes = step.split("+")
    family, _, size = name.partition("-")
    made = _of_file(*FILES[family]) if family in FILES else _of_game(FAMILIES[family])
    made["data"] = dict(source=dict(name="sprites"), resolution=(int(size), int(size)), derive=made.pop("derive"))
    for change in changes:
        _change(made, *change.split("/"))
    return made


def players(config: Section) -> list[str]:
    """The names of those who have a network."""
    return [name for name in ("autoencoder", "generator", "discriminator") if name in config]


def pictures(config: Section) -> dict[str, tuple[int, int, int]]:
    """The columns of pictures, and the shapes of these."""
    height, width = config["data"]["resolution"]
    shapes = {"image": (height, width, 3)}
    for name, derived in config["data"]["derive"].items():
        shapes[name] = (height // derived["factor"], width // derived["factor"], 3)
    return shapes


def _of_game(family: Family) -> Section:
    made = dict(
        batch_size=family.batch_size,
        derive={},
        objective=dict(family.objective),
        ema=dict(half_life=50_000.0),
    )
    for player, network in (("generator", family.generator), ("discriminator", family.discriminator)):
        losses = dict(adversarial=dict(name=family.loss))
        made[player] = dict(network=copy.deepcopy(network), optimizer=dict(LEARNING), losses=losses)
    for penalty in family.penalties:
        _change(made, penalty)
    return made


def _of_file(name: str, *arguments: str) -> Section:
    """What a step is made of; rates stay as they are at first, and pictures are made of pictures of their size."""
    path = Path(__file__).resolve().parents[1] / "configs" / f"{name}.py"
    whole = runpy.run_path(str(path))["get_config"](*arguments).to_dict()
    in_pairs = whole["data"]["source"]["name"] in ("halves", "unpaired")
    made = {key: whole[key] for key in ("batch_size", "objective", "ema", *players(whole))}
    made["derive"] = whole["data"].get("derive", dict(source=dict(name="smaller", factor=1)) if in_pairs else {})
    for player in players(made):
        optimizer = made[player]["optimizer"]
        if isinstance(optimizer["learning_rate"], dict):
            optimizer["learning_rate"] = optimizer["learning_rate"]["init_value"]
    return made


def _change(made: Section, name: str, every: str = "1") -> None:
    if name in AUGMENTATIONS:
        made["objective"]["augment"] = AUGMENTATIONS[name]
    else:
        player = made["generator" if name == "path_length" else "discriminator"]
        player["losses"][name] = dict(name=name, every=int(every))


def named(section: Section) -> tuple[str, Section]:
    """The name of what a section calls, and its settings."""
    return section["name"], {key: value for key, value in section.items() if key != "name"}
