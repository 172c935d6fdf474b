"""Copies of training images, and whether it can be told what was trained on: each number beside an innocent model's.

First come the two tests whose null holds for any generator. The copying score and authenticity fall as far where a
generator is too narrow, so the scale of the generated set stands beside them.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from scipy.stats import poisson

from gan_jax.errors import InputError
from gan_jax.evaluation.findings import Finding
from gan_jax.metrics.feature_likelihood import likelihood_gap
from gan_jax.metrics.intervals import Z, area_under_curve, wilson
from gan_jax.metrics.membership import Scores, Threshold, caught, membership_scores, threshold, train_share
from gan_jax.metrics.memorization import (
    CalibratedNeighbours,
    authenticity,
    calibrated_neighbours,
    copying_score,
    relative_scale,
)
from gan_jax.metrics.samples import Features

LEAST = 100  # images of each kind
MOST = 2000  # of each, whose likelihood is computed
NARROW = 0.9  # relative scale
RATES = (0.01, 0.001)  # of false positives
NEIGHBOURS = 50  # by which a distance is calibrated


class Flags(NamedTuple):
    """How near each generated image is to a training image, and from where on it is near enough to be looked at."""

    neighbours: CalibratedNeighbours
    threshold: Threshold


def check_counts(train: int, held_out: int, generated: int) -> None:
    """Refuses fewer images than anything could be said of."""
    for name, count in (("training", train), ("held-out", held_out), ("generated", generated)):
        if count < LEAST:
            raise InputError(f"{count} {name} images are too few to look for copies: give {LEAST} at least.")


def flags(train: Features, held_out: Features, fake: Features) -> Flags:
    """Calibrated distances of generated images, and the threshold that one of a thousand held-out images is below."""
    k = min(NEIGHBOURS, len(train) - 1)
    limit = threshold(calibrated_neighbours(train, held_out, k=k).ratio)
    return Flags(calibrated_neighbours(train, fake, k=k), limit)


def leading(train: Features, held_out: Features, fake: Features, seed: int = 0) -> Iterator[Finding]:
    """The train share and membership inference; half of the held-out images are the reference of the latter."""
    check_counts(len(train), len(held_out), len(fake))
    rng = np.random.default_rng(seed)
    size = min(len(train), len(held_out))
    members, others = (side[rng.permutation(len(side))[:size]] for side in (train, held_out))
    found = train_share(members, others, fake, seed=seed)
    yield Finding("train_share_z", found.z, found.z - Z, found.z + Z, 0.0, len(fake), {"of_each": size})
    half = Z * found.deviation
    yield Finding("train_share", found.share, max(found.share - half, 0), min(found.share + half, 1), 0.5, len(fake))
    middle = size // 2
    scores = membership_scores(members[:middle], others[:middle], fake, others[middle:])
    yield from inferred("membership", scores)


def inferred(name: str, scores: Scores) -> Iterator[Finding]:
    """The area under the curve of scores, and how many members they find where few others are taken for some."""
    n = len(scores.members)
    yield Finding(f"{name}_auc", *area_under_curve(*scores), 0.5, n)
    for rate in RATES:
        if rate * len(scores.others) >= 1:
            found = caught(scores, rate)
            yield Finding(f"{name}_tpr_at_{rate:g}", *found.rate, found.null, n, {"fpr": rate})


def flagged(found: Flags) -> Iterator[Finding]:
    """How many generated images are as near to a training image as one of a thousand held-out ones."""
    n, count = len(found.neighbours.ratio), int(np.sum(found.neighbours.ratio <= found.threshold.ratio))
    expected = n * found.threshold.false_alarms
    settings = {"count": count, "expected_false": expected, "threshold": found.threshold.ratio}
    if poisson.sf(count - 1, expected) < 0.01:
        settings["more_than_chance"] = True
    yield Finding("near_duplicates", *wilson(count, n), found.threshold.false_alarms, n, settings)


def beside(train: Features, held_out: Features, fake: Features) -> Iterator[Finding]:
    """The scale of the generated set, and what has to be read with it; nulls are what held-out images score."""
    scale = relative_scale(held_out, fake)
    narrow = {"narrow": True} if scale < NARROW else {}
    yield Finding("relative_scale", scale, None, None, 1.0, len(fake))
    score = copying_score(train, held_out, fake)
    yield Finding("copying_score", score.value, None, None, 0.0, len(fake), {"cells": 3, **narrow})
    share, null = authenticity(train, fake), authenticity(train, held_out)
    half = Z * (share.sd or 0)
    yield Finding("authenticity", share.value, share.value - half, share.value + half, null.value, len(fake), narrow)
    size = min(len(train), len(held_out), MOST)
    members, others, made = train[:size], held_out[:size], fake[:MOST]
    gap, exchanged = likelihood_gap(members, others, made), likelihood_gap(others, members, made)
    yield Finding("likelihood_gap", gap, None, None, exchanged, len(made))
