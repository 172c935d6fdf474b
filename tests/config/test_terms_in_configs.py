"""Terms and augmentations that name other terms and augmentations, as a config does it."""

import experiments
import pytest

from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.training import assembly

RISING = dict(name="linear_schedule", init_value=1.0, end_value=0.5, transition_steps=4)


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
        (dict(generator__losses__way="transport"), "transport compares an image (32, 8, 8, 3) with a latent"),
    ],
)
def test_what_does_not_go_together_is_told(changes, message):
    with pytest.raises(InputError) as refused:
        dry_run(**changes)
    assert str(refused.value).startswith(message)
