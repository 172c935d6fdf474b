"""The discriminator of a run, of images and their classes."""

from pathlib import Path
from typing import NamedTuple

from gan_jax.config import experiment
from gan_jax.config.schema import roles_of
from gan_jax.runs.trained import Trained, players_of
from gan_jax.types import Network, Variables

GAMES = ("gan", "stylegan")  # whose discriminator sees an image and its class alone


class Judge(NamedTuple):
    """A discriminator as a checkpoint has it; not its average, of which there is none."""

    network: Network  # (images, label or None) -> logits, or {"logits": ..., more}
    variables: Variables
    classes: int  # that it is told; 0: none


def of_run(workdir: Path, run: Trained) -> Judge | None:
    """None where the run has none, or one that sees more than images and their classes, or latents."""
    objective = run.config["objective"]
    if objective["name"] not in GAMES or "discriminator" not in roles_of(objective):
        return None
    if objective.get("autoencoder") or objective.get("condition"):
        return None
    classes = run.facts["num_classes"] if objective["conditional"] else 0
    network = experiment.make_network(run.config, run.facts, "discriminator", num_classes=classes)
    return Judge(network, players_of(workdir, run.step)["discriminator"], classes)
