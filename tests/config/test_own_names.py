"""Mistakes in code of one's own, each told with the section that names it and what to do."""

import json
from typing import Any

import experiments
import pytest

from gan_jax.commands import listing
from gan_jax.config import experiment, schema
from gan_jax.config.packages import PACKAGES
from gan_jax.errors import InputError
from gan_jax.training import assembly

FILES = {
    "own_syntax.py": "def norm(view:\n    return 1\n",
    "own_import.py": "import math\n\nlimit = undefined + math.pi\n",
    "own_script.py": "raise SystemExit(3)\n",
    "own_lab.py": '''
import flax.linen as nn
import jax.numpy as jnp
import numpy as np

from gan_jax.objectives import gan
from gan_jax.types import Facts, Objective, Role


class Plain(nn.Module):
    """The same in training and after it."""

    image_shape: tuple[int, ...]
    width: int = 16

    @nn.compact
    def __call__(self, latent, label=None):
        x = nn.relu(nn.Dense(self.width)(latent))
        return jnp.tanh(nn.Dense(int(np.prod(self.image_shape)))(x)).reshape(-1, *self.image_shape)


class Dropping(nn.Module):
    image_shape: tuple[int, ...]

    @nn.compact
    def __call__(self, latent, label=None, *, train: bool):
        x = nn.Dropout(0.5, deterministic=not train)(nn.Dense(int(np.prod(self.image_shape)))(latent))
        return jnp.tanh(x).reshape(-1, *self.image_shape)


class Labelled(Plain):
    @nn.compact
    def __call__(self, latent, label=None):
        return jnp.zeros((len(latent), *self.image_shape)) + label[:, None, None, None]


def by_label(view):
    return view.real_logits * view.batch["label"]


def slanted(images, keys):
    return jnp.pad(images, ((0, 0), (1, 1)))


def smaller(images, keys):
    return images[:, 1:]


def widening(generator: Role, discriminator: Role, facts: Facts, *, width: int = 64) -> Objective:
    """A game that tells its generator how wide to be."""
    told = Role(lambda **given: generator.network(width=width, **given), generator.terms)
    return gan.make(told, discriminator, facts)


class Greys:
    def __len__(self):
        return 40

    def __getitem__(self, i):
        return {"image": np.zeros((8, 8, 1), np.uint8)}


class Voxels(Greys):
    def __getitem__(self, i):
        return {"image": np.zeros((8, 8, 8, 1), np.uint8)}


threshold = 3
''',
}
GREYS = dict(data__source="own_lab:Greys", objective__conditional=False)
VOXELS = GREYS | dict(data__source="own_lab:Voxels")


@pytest.fixture(scope="module", autouse=True)
def lab(tmp_path_factory):
    folder = tmp_path_factory.mktemp("lab")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder


def try_run(**changes: Any) -> None:
    config = schema.resolve_config(experiments.gan(**changes))
    assembly.dry_run(config, experiment.make_facts(experiment.make_data(config)))


def refuse(**changes: Any) -> str:
    with pytest.raises(InputError) as caught:
        try_run(**changes)
    return str(caught.value)


def norm(name: str) -> dict[str, Any]:
    return dict(discriminator__losses__norm=dict(name=name))


NORM = "discriminator.losses.norm.name"


@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "own_syntax:norm",
            "{NORM} = 'own_syntax:norm': {lab}/own_syntax.py, line 1: SyntaxError: '(' was never closed.",
        ),
        (
            "own_import:norm",
            "{NORM} = 'own_import:norm': {lab}/own_import.py, line 3, in <module>: NameError: name 'undef",
        ),
        (
            "own_script:norm",
            "{NORM} = 'own_script:norm' cannot be imported: own_script ends the process, as a script d",
        ),
        (
            "own_lab.typo",
            "{NORM} = 'own_lab.typo': gan_jax.losses has no 'own_lab'. Names of one's own are written "
            "module:attribute, 'own_lab:typo'.",
        ),
        ("own_lab:typo", "{NORM} = 'own_lab:typo': own_lab has no 'typo'. Valid: "),
        (":norm", "{NORM} = ':norm' cannot be imported: "),
    ],
)
def test_a_module_that_cannot_be_used(name, message, lab):
    assert refuse(**norm(name)).startswith(message.format(NORM=NORM, lab=lab))


@pytest.mark.parametrize("kind", ["losses", "sources", "objectives", "networks", "augmentations", "features"])
def test_the_names_that_are_told_are_those_that_are_listed(kind, capsys):
    listing.main([kind])
    listed = [line.split()[0] for line in capsys.readouterr().out.splitlines()]
    place = {package: place for place, package in PACKAGES.items()}[listing.KINDS[kind]]
    from gan_jax.config.names import lookup

    with pytest.raises(InputError) as caught:
        lookup("zzzz", PACKAGES[place], place)
    assert str(caught.value).partition("Valid: ")[2] == f"{', '.join(sorted(listed))}."


def test_a_network_without_train_is_the_same_in_training_and_after_it():
    try_run(generator__network=dict(name="own_lab:Plain"), objective__conditional=False)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            dict(generator__network=dict(name="own_lab:Dropping")),
            'generator.network: Dropout_0 needs PRNG for "dropout", and Flax\'s rngs are not used: noise is drawn for '
            "each example, from keys or a latent that the network is given. gan_jax.nets.dropout is dropout of that",
        ),
        (
            dict(generator__network=dict(name="own_lab:Plain", width=8), objective=dict(name="own_lab:widening")),
            "generator.network.width = 8: the objective gives this itself, so leave it out.",
        ),
        (
            dict(generator__losses__please=dict(name="pathwise", reward="own_lab:threshold")),
            "generator.losses.please.reward.name = 'own_lab:threshold': it is 3, where a function is wanted.",
        ),
        (
            dict(objective__condition="text", objective__conditional=False),
            "objective.condition = 'text' is no column of the data beside the image. Valid: factors, label. A source ",
        ),
        (
            GREYS | norm("own_lab:by_label"),
            "discriminator.losses.norm: {lab}/own_lab.py, line 38, in by_label: KeyError: 'label'. Valid: image, posi",
        ),
        (
            GREYS | dict(generator__network=dict(name="own_lab:Labelled")),
            "generator.network: {lab}/own_lab.py, line 34, in __call__: TypeError: 'NoneType' object is not "
            "subscriptable. An input of it is None: a label is there if data.source has labels and the objective is c",
        ),
        (
            GREYS | dict(objective__augment="own_lab:slanted"),
            "objective.augment: {lab}/own_lab.py, line 42, in slanted: ValueError: jnp.pad: pad_width",
        ),
        (
            GREYS | dict(objective__augment="own_lab:smaller"),
            "objective.augment makes images (32, 7, 8, 1) of images (32, 8, 8, 1).",
        ),
        (
            GREYS | dict(objective__augment=dict(name="translate", fraction=-3.0)),
            "objective.augment: fails on images (32, 8, 8, 1): ",
        ),
        (
            VOXELS | dict(discriminator__network=dict(name="own_lab:Plain"), generator__network="resnet.Generator"),
            "generator.network: This network makes and sees pictures of shape (height, width, channels), not (8, 8, 8",
        ),
        (
            VOXELS | dict(generator__network="own_lab:Plain", discriminator__network="patchgan.Discriminator"),
            "discriminator.network does not fit inputs of (32, 8, 8, 8, 1): ",
        ),
        (
            dict(data__resolution=64),
            "data.resolution = 64 should be of type tuple[int, int] | tuple[int, int, int] | None, such as (64, 64).",
        ),
        (
            dict(generator__network__channels=8),
            "generator.network.channels = 8 should be of type tuple[int, ...], such as (8,).",
        ),
    ],
)
def test_what_does_not_go_together(changes, message, lab):
    assert refuse(**changes).startswith(message.format(lab=lab))


def test_what_the_objective_gives_may_stand_there_as_it_is_by_default():
    config = experiments.gan(generator__network=dict(name="own_lab:Plain"), objective=dict(name="own_lab:widening"))
    resolved = schema.resolve_config(json.loads(json.dumps(config)) | dict(data=config["data"]))
    assembly.dry_run(resolved, experiment.make_facts(experiment.make_data(resolved)))
