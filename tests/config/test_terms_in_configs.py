"""Terms and augmentations that name other terms and augmentations, as a config does it."""

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.config import calls, experiment, schema
from gan_jax.config.packages import PACKAGES
from gan_jax.errors import InputError
from gan_jax.training import assembly

RISING = dict(name="linear_schedule", init_value=1.0, end_value=0.5, transition_steps=4)


class Brighter:
    """An augmentation of one's own that remembers how often it was asked."""

    def init(self):
        return jnp.zeros(())

    def show(self, memory, real, fake, real_keys, fake_keys):
        return real + memory, fake + memory

    def learn(self, view):
        return view.carry + 1, {"level": view.carry}


def dry_run(**changes):
    config = schema.resolve_config(experiments.gan(**changes))
    facts = experiment.make_facts(experiment.make_data(config))
    return assembly.dry_run(config, facts)


def test_terms_that_take_a_game_or_an_augmentation():
    trial = dry_run(
        generator__losses=dict(
            adversarial=dict(name="top_k", game="hinge", share=RISING),
            apart=dict(name="latent_consistency", weight=0.5),
            classes="auxiliary_classifier",
            turned=dict(name="orthogonal", weight=1e-4, every=2),
            matched="feature_matching",
        ),
        discriminator__losses=dict(
            adversarial="hinge",
            same=dict(name="consistency", augment=dict(name="translate", fraction=0.25), weight=10.0),
            near=dict(name="latent_consistency", deviation=0.1),
            classes="auxiliary_classifier",
        ),
        discriminator__network__head="auxiliary",
        objective__augment=dict(name="diffaugment", policy=("color", "translation")),
    )
    assert {"generator/turned", "discriminator/near", "discriminator/same"} <= set(trial.metrics)


def test_a_discriminator_with_two_heads_and_a_game_for_each():
    game = dict(game="hinge")
    losses = dict(adversarial=dict(name="patchwise", **game), anchors=dict(name="anchored", every=2, **game))
    judge = dict(name="dcgan.Discriminator", width=8)
    trial = dry_run(
        generator__losses=losses,
        discriminator__losses=losses,
        discriminator__network=dict(name="patch_head.Discriminator", judge=judge, layer="down_0"),
        objective__augment="ada",
    )
    assert {"generator/anchors", "discriminator/adversarial", "discriminator/augment/p"} <= set(trial.metrics)


@pytest.mark.parametrize(
    "augment",
    [
        "ada",
        "apa",
        dict(name="ada", pipeline="bgc", target=0.5, images=1000),
        dict(name="bgc", p=RISING),
        dict(name="bgc", p=0.3),
    ],
)
def test_augmentations_that_come_by_chance(augment):
    trial = dry_run(objective__augment=augment)
    remembers = augment in ("ada", "apa") or augment["name"] == "ada"
    assert ("discriminator/augment/p" in trial.metrics) == remembers
    assert ("augment" in trial.state.carry["discriminator"]) == remembers


def test_an_augmentation_of_ones_own_remembers():
    trial = dry_run(objective__augment="test_terms_in_configs:Brighter")
    assert trial.state.carry["discriminator"]["augment"].shape == ()
    assert "discriminator/augment/level" in trial.metrics


def test_a_probability_follows_its_schedule():
    section = dict(name="bgc", p=dict(name="gan_jax.schedules:cosine", start=0.0, end=1.0, steps=10))
    resolved = calls.resolve(section, "augment", PACKAGES["augment"])
    augment = calls.build(resolved, "augment", PACKAGES["augment"], {})
    images, keys = jnp.ones((2, 8, 8, 1)), jax.random.split(jax.random.key(0), 2)
    np.testing.assert_allclose(augment(images, keys, 0), images, atol=1e-5)
    assert (abs(augment(images, keys, 10) - images) > 0.01).all()


def test_contrastive_classes():
    trial = dry_run(
        generator__losses=dict(adversarial="hinge", classes="data_to_data"),
        discriminator__losses=dict(adversarial="hinge", classes=dict(name="data_to_data", temperature=0.75)),
        discriminator__network__head="contrastive",
    )
    assert "generator/classes" in trial.metrics


@pytest.mark.parametrize(
    "changes, message",
    [
        (
            dict(generator__losses__classes="auxiliary_classifier"),
            "This term needs class_logits: discriminator.network.head = 'auxiliary'.",
        ),
        (
            dict(discriminator__network__head="auxiliary", objective__conditional=False),
            "discriminator.network.head='auxiliary' is about classes: objective.conditional = True.",
        ),
        (dict(discriminator__network__head="auxilary"), "discriminator.network.head='auxilary' is not known. Did you"),
        (dict(generator__losses__adversarial=dict(name="top_k")), "generator.losses.adversarial.game is missing."),
        (
            dict(generator__losses__adversarial=dict(name="top_k", game="hing")),
            "generator.losses.adversarial.game.name = 'hing': gan_jax.losses has no 'hing'. Did you mean 'hinge'?",
        ),
        (dict(objective__augment=dict(name="ada", pipeline="cutout")), "objective.augment.pipeline: cutout takes no p"),
        (
            dict(objective__augment=dict(name="bgc", p=1.5)),
            "objective.augment.p = 1.5 should be at least 0 and at",
        ),
        (dict(generator__losses__way="transport"), "transport compares an image (32, 8, 8, 3) with a latent"),
    ],
)
def test_what_does_not_go_together_is_told(changes, message):
    with pytest.raises(InputError) as refused:
        dry_run(**changes)
    assert str(refused.value).startswith(message)
