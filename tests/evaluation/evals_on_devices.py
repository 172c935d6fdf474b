"""Prints as JSON what evaluations of a run say on however many devices this process has; for tests."""

import json
import sys

import jax

import gan_jax
from gan_jax.data import dataset
from gan_jax.data.sources import sprites
from gan_jax.evaluation import evals
from gan_jax.features import random

METRICS = ("fd", "kid", "precision_recall", "density_coverage")


def values(workdir: str, batch_size: int = 64) -> dict[str, float]:
    """Of 60 images, in the features of random convolutions."""
    data = dataset.make(sprites.make(count=96, resolution=(8, 8)))
    features = random.make(size=16, batch_size=batch_size)
    return evals.comparison(gan_jax.load(workdir), data, metrics=METRICS, features=features, num_images=60)


def bounds(workdir: str) -> dict[str, float]:
    """Of all of 40 images."""
    sampler, data = gan_jax.load(workdir), dataset.make(sprites.make(count=40, resolution=(8, 8), seed=2))
    return (
        evals.evidence_lower_bound(sampler, data, num_images=0)
        | evals.importance_weighted_bound(sampler, data, num_images=0, draws=3)
        | evals.active_units(sampler, data, num_images=0)
    )


if __name__ == "__main__":
    print(json.dumps({"devices": jax.device_count(), **values(sys.argv[1]), **bounds(sys.argv[2])}))
