"""Trains the classifier whose features and predictions metrics use, on the labels of one's own set.

gan-jax classifier --config.data.source=npz --config.data.source.path=SET.npz [--out=FILE]

Its accuracy is told of a tenth that is held out, or of a set of its own: --config.test.source=npz and the like.
"""

import logging
from collections.abc import Sequence
from typing import Any

import numpy as np

from gan_jax.commands import own_networks
from gan_jax.errors import InputError
from gan_jax.evaluation.train_classifier import train
from gan_jax.features import weights


def main(arguments: Sequence[str]) -> int:
    """Trains on `config.data`; the accuracy is that on `config.test`, or on every tenth example held out."""
    parser = own_networks.parser("classifier", __doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=0, help="passes over the set; 0: by its size")
    flags, config = own_networks.parse(parser, arguments)
    if flags.epochs < 0:
        raise InputError(f"--epochs={flags.epochs} should be 0 or more.")
    images, labels, num_classes = _labelled(config, "data")
    if "test" in config:
        test_images, test_labels, _ = _labelled(config, "test")
    else:
        held_out = own_networks.held_out(len(images), flags.seed)
        test_images, test_labels = images[held_out], labels[held_out]
        images, labels = images[~held_out], labels[~held_out]
    trained = train(
        images,
        labels,
        test_images=test_images,
        test_labels=test_labels,
        num_classes=num_classes,
        epochs=flags.epochs,
        seed=flags.seed,
    )
    sha256 = weights.write(flags.out, trained.arrays, **trained.about)
    accuracy = trained.about["test_accuracy"]
    logging.info("%s: accuracy %.4f on %d held-out images, SHA-256 %s", flags.out, accuracy, len(test_images), sha256)
    return 0


def _labelled(config: dict[str, Any], section: str) -> tuple[np.ndarray, np.ndarray, int]:
    """The images, the labels and the number of classes of a section."""
    dataset = own_networks.data(config, section)
    if "label" not in dataset.columns:
        raise InputError(f"{section}.source has no labels; a classifier needs them.")
    arrays = dataset.arrays()
    return arrays["image"], arrays["label"], dataset.num_classes
