"""A game in the latents of a frozen autoencoder: what is judged, what is drawn, and a run that goes on."""

from functools import partial

import experiments
import jax.numpy as jnp
import numpy as np
import pytest
import saved
from conftest import begun

import gan_jax
from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.objectives import latent_pictures
from gan_jax.training import loop
from gan_jax.types import Facts


@pytest.fixture(scope="module")
def autoencoder(tmp_path_factory):
    """A run that has not made a step yet, with maps of 4x4 latents of two channels."""
    shared = dict(width=4, max_width=8, levels=1, blocks=1)
    network = dict(
        name="vae.VAE",
        encoder=dict(name="residual.Encoder", latent_channels=2, **shared),
        decoder=dict(name="residual.Decoder", **shared),
    )
    return begun(experiments.vae(autoencoder__network=network), tmp_path_factory.mktemp("runs") / "autoencoder")


def game(autoencoder, **changes):
    """Transformers that go from noise to latents, near which the transport keeps them."""
    network = dict(patch=2, width=8, depth=1, heads=2)
    config = experiments.gan(
        steps=4,
        frozen=dict(autoencoder=dict(name="run", workdir=str(autoencoder))),
        objective=dict(name="gan", latent_size=0, conditional=True, autoencoder="autoencoder", spread=0.5),
        checkpoint=dict(every=2),
        report=dict(samples=4),
    )
    for player in ("generator", "discriminator"):
        config[player] = dict(
            network=dict(name=f"vit.{player.capitalize()}", **network),
            optimizer=dict(name="adam", learning_rate=1e-2),
            losses=dict(adversarial=dict(name="relativistic_paired")),
        )
    config["generator"]["losses"]["transport"] = dict(name="transport", weight=0.2)
    return experiments.change(config, changes)


@pytest.fixture(scope="module")
def run(autoencoder, tmp_path_factory):
    workdir = tmp_path_factory.mktemp("runs") / "game"
    assert loop.run(game(autoencoder), workdir) == 0
    return workdir


def test_what_is_drawn_is_decoded_and_what_is_seen_is_encoded(run, autoencoder):
    sampler, first = gan_jax.load(run), gan_jax.load(autoencoder)
    made = sampler(range(3), {"label": [0, 1, 2]})
    assert made.shape == (3, 8, 8, 3)

    config = schema.resolve_config(game(autoencoder))
    frozen = experiment.make_frozen(config, {})["autoencoder"]
    facts = dict.fromkeys(Facts._fields) | {"image_shape": (8, 8, 3), "frozen": {"autoencoder": frozen.apply}}
    medium = latent_pictures.medium_of(Facts(**facts), "autoencoder", 0.5)
    assert medium.shape == (4, 4, 2)
    images = first(range(3))
    seen = medium.of({"image": jnp.asarray(images)}, {"autoencoder": partial(frozen.apply, frozen.variables)})
    np.testing.assert_allclose(seen, first(range(3), {"image": images}, draw="to_z") / 0.5, atol=1e-5)
    again = np.asarray(medium.shown({"autoencoder": frozen.variables}, jnp.asarray(seen), {}))
    reconstructed = first(range(3), {"image": images}, draw="reconstruction")
    np.testing.assert_allclose((again + 1) * 127.5, reconstructed, atol=0.51)


def test_a_run_goes_on_in_every_bit(run, autoencoder, tmp_path):
    """From its checkpoint in the middle."""
    again = saved.stopped(run, 2, tmp_path / "again")
    assert loop.run(game(autoencoder), again) == 0
    saved.assert_identical(*(saved.arrays(gan_jax.load(workdir).variables) for workdir in (run, again)))


def test_what_cannot_be_is_told_by_its_name(autoencoder, run, tmp_path):
    with pytest.raises(InputError, match=r"objective.autoencoder = 'encoder' is none of `frozen`. .*'autoencoder'"):
        loop.run(game(autoencoder, objective__autoencoder="encoder"), tmp_path / "a")
    with pytest.raises(InputError, match=r"frozen.autoencoder has no draw 'to_z'"):
        loop.run(game(run), tmp_path / "b")
