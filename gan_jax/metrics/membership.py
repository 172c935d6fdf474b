"""Was an image trained on? Tests with a null that holds for any generator, also a narrow or a collapsed one.

Training and held-out images are exchangeable for a generator that has learnt their law alone. Nothing else is asked.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float64

from gan_jax.errors import InputError
from gan_jax.metrics.distances import nearest
from gan_jax.metrics.intervals import Interval, clopper_pearson
from gan_jax.metrics.samples import Features, checked, same_size


class TrainShare(NamedTuple):
    """How many generated images are nearest to one that was trained on, of as many that were not."""

    share: float
    deviation: float  # standard, where nothing is memorised: at most this
    z: float  # (share - 1/2) / deviation


def train_share(train: Features, held_out: Features, fake: Features, *, seed: int = 0) -> TrainShare:
    """The grouped train-share test: z has mean 0 and a deviation of at most 1 where nothing is memorised.

    Generated images are counted by their nearest real one, since those with the same one say the same thing; a test
    that takes them for independent finds copies in every collapsed generator. Copies raise z; it is blind to few.
    """
    train, held_out, fake = _checked(train, held_out, fake)
    if len(train) != len(held_out):
        raise InputError(f"{len(train)} training and {len(held_out)} held-out samples: the test takes as many of each.")
    order = np.random.default_rng(seed).permutation(2 * len(train))  # so that of two alike either may be nearest
    nearest_one = order[nearest(fake, np.concatenate([train, held_out])[order], 1).index[:, 0]]
    times = np.bincount(nearest_one, minlength=2 * len(train))
    share = times[: len(train)].sum() / len(fake)
    deviation = np.sqrt(np.sum(times**2)) / 2 / len(fake)
    return TrainShare(float(share), float(deviation), float((share - 0.5) / deviation))


class Scores(NamedTuple):
    """How much each image looks as if it had been trained on: higher is more."""

    members: Float64[np.ndarray, "train"]
    others: Float64[np.ndarray, "held_out"]


def membership_scores(train: Features, held_out: Features, fake: Features, reference: Features) -> Scores:
    """The distance to the nearest reference image less that to the nearest generated one (GAN-Leaks, Chen et al. 2020).

    The reference, other held-out images, tells how near an image is to others of its kind.
    """
    train, held_out, fake = _checked(train, held_out, fake)
    reference = checked(reference, "reference", 1)
    same_size(train.shape[1], reference.shape[1])
    pairs = [(nearest(side, reference, 1).distance, nearest(side, fake, 1).distance) for side in (train, held_out)]
    return Scores(*[(to_reference - to_fake)[:, 0] for to_reference, to_fake in pairs])


class Caught(NamedTuple):
    """The share of members that is found, and what chance finds."""

    rate: Interval
    null: float


def caught(scores: Scores, false_positives: float) -> Caught:
    """The true positive rate at a false positive rate (Carlini et al., arXiv 2112.03570), with its exact interval.

    The threshold is the lowest with at most that share of held-out images above it.
    """
    allowed = int(false_positives * len(scores.others) + 1e-9)
    if not allowed:
        raise InputError(
            f"A false positive rate of {false_positives:g} takes {round(1 / false_positives)} held-out images, not "
            f"{len(scores.others)}."
        )
    threshold = np.sort(scores.others)[-allowed - 1]
    hits = int(np.sum(scores.members > threshold))
    return Caught(clopper_pearson(hits, len(scores.members)), (allowed + 1) / (len(scores.others) + 1))


class Threshold(NamedTuple):
    """Below which calibrated distance an image is flagged, and how often that is a false alarm."""

    ratio: float
    false_alarms: float  # a share


def threshold(held_out: Float64[np.ndarray, "held_out"], rate: float = 1e-3) -> Threshold:
    """The quantile of the calibrated distances of held-out images (`calibrated_neighbours`) that are none of copies.

    Of n of them the k-th smallest is above a fresh image's distance with probability k / (n + 1); k is the largest
    with at most `rate`, and 1 at least.
    """
    k = max(int(rate * (len(held_out) + 1) + 1e-9), 1)
    ratio = float(np.sort(held_out)[k - 1])
    alike = int(np.sum(held_out <= ratio))  # more than k, where the held-out images have copies among the training ones
    return Threshold(ratio, alike / (len(held_out) + 1))


def _checked(train: Features, held_out: Features, fake: Features) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    train, held_out, fake = checked(train, "training"), checked(held_out, "held-out"), checked(fake, "fake", 1)
    same_size(train.shape[1], held_out.shape[1])
    same_size(train.shape[1], fake.shape[1])
    return train, held_out, fake
