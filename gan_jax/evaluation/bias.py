"""Shares of attributes in generated images against those in the training data, and how well each group is made."""

import itertools
import logging
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from scipy.stats import fisher_exact

from gan_jax.errors import InputError
from gan_jax.evaluation.attributes import Attribute
from gan_jax.evaluation.findings import Finding
from gan_jax.metrics.distances import count_in_balls, radii
from gan_jax.metrics.intervals import holm, wilson
from gan_jax.metrics.shares import Shares, amplification, corrected, discrepancy, known_shares

log = logging.getLogger(__name__)

FEW = 30  # images in a cell of which no share is told
SURE = 0.05  # of a p-value
RECALL, COVERAGE = 3, 5  # neighbours
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Read(NamedTuple):
    """What is read of one attribute on both sides."""

    attribute: Attribute
    training: Integer[np.ndarray, "real"]  # as read
    generated: Integer[np.ndarray, "fake"]


def shares_of(one: Read) -> tuple[Shares, Shares]:
    """Of training and of generated images. What is known of training images is not read from them."""
    attribute, key = one.attribute, f"--attribute {one.attribute.name}"
    generated = corrected(one.generated, attribute.confusion, key)
    if attribute.true is None:
        return corrected(one.training, attribute.confusion, key), generated
    return known_shares(attribute.true, len(attribute.classes)), generated


def shares(one: Read, settings: Mapping[str, Any] = NOTHING) -> Iterator[Finding]:
    """The share of each class, whose null is that of the training data, and its log odds against that one."""
    training, generated = shares_of(one)
    attribute = one.attribute
    impossible = (generated.high <= 0) | (generated.low >= 1)  # no share would be read so often, or so rarely
    if impossible.any():
        log.warning(
            "--attribute %s: no shares explain how often its classes are read in generated images: these are misread "
            "otherwise than the images by which mistakes were counted. Look at them; mistakes of a classifier may be "
            "counted on generated ones, by --labelled.",
            attribute.name,
        )
    odd = {"misread": "otherwise"} if impossible.any() else {}
    for number, word in enumerate(attribute.classes):
        ends = (None, None) if odd else (float(generated.low[number]), float(generated.high[number]))
        null = float(training.corrected[number])
        how = "read" if attribute.true is None else "known"
        told = {"counted": float(generated.counted[number]), "training": how, **odd, **settings}
        yield Finding(f"share/{word}", float(generated.solved[number]), *ends, null, generated.count, told)
    for word, found in zip(attribute.classes, amplification(generated, training), strict=True):
        ends = (None, None) if odd else found[1:]
        yield Finding(f"amplification/{word}", found.value, *ends, 0.0, generated.count, {**odd, **settings})
    distance, chance = discrepancy(generated, training)
    yield Finding(f"discrepancy/{attribute.name}", distance, None, None, chance, generated.count, {**odd, **settings})


def cells(reads: Sequence[Read]) -> Iterator[Finding]:
    """All combinations of classes: shares as they are read, against those read in the training data.

    Each is tested by Fisher's exact test, which asks no more than that both sides are read alike; `p` is Holm's over
    all cells that have 30 images on one side at least. Of the others no share is told.
    """
    sizes = [len(one.attribute.classes) for one in reads]
    flat = [np.ravel_multi_index([getattr(one, side) for one in reads], sizes) for side in ("training", "generated")]
    real, fake = (np.bincount(cell, minlength=np.prod(sizes)) for cell in flat)
    words = ["&".join(names) for names in itertools.product(*(one.attribute.classes for one in reads))]
    many = np.maximum(real, fake) >= FEW
    p = np.ones(len(words))
    tables = [[pair, (real.sum() - pair[0], fake.sum() - pair[1])] for pair in zip(real, fake, strict=True)]
    p[many] = holm(np.array([fisher_exact(table).pvalue for table, told in zip(tables, many, strict=True) if told]))
    for number, word in enumerate(words):
        count, null = int(fake[number]), float(real[number] / real.sum())
        counts = {"images": count, "training": int(real[number])}
        if many[number]:
            verdict = {"p": float(p[number])} | ({"differs": True} if p[number] < SURE else {})
            yield Finding(f"cell/{word}", *wilson(count, int(fake.sum())), null, int(fake.sum()), counts | verdict)
        else:
            yield Finding(f"cell/{word}", None, None, None, None, int(fake.sum()), counts | {"n": "too small"})


def quality(
    one: Read, real: Float[np.ndarray, "real size"], fake: Float[np.ndarray, "fake size"], seed: int = 0
) -> Iterator[Finding]:
    """Recall and coverage (k = 3 and 5) of the training images of each class, by half of them.

    The null is what the other half of the training images scores in the place of as many generated ones.
    """
    half = len(real) // 2
    if min(half, len(fake)) <= COVERAGE:
        raise InputError(f"Quality by group takes more than {2 * COVERAGE} training images and {COVERAGE} others.")
    order = np.random.default_rng(seed).permutation(len(real))
    groups = one.training if one.attribute.true is None else one.attribute.true
    generated = np.random.default_rng(seed).permutation(len(fake))[:half]
    first, second = order[:half], order[half : half + len(generated)]
    made, ideal = _held(real[first], fake[generated]), _held(real[first], real[second])
    for number, word in enumerate(one.attribute.classes):
        inside = groups[first] == number
        n = int(inside.sum())
        for metric in made:
            if n >= FEW:
                found = wilson(int(made[metric][inside].sum()), n)
                null = float(ideal[metric][inside].mean())
                yield Finding(f"{metric}/{word}", *found, null, n)


def _held(real: Float[np.ndarray, "half size"], fake: Float[np.ndarray, "fake size"]) -> dict[str, np.ndarray]:
    """Of each real image whether it lies in a ball of generated ones, and whether its own holds one of them."""
    return {
        "recall": count_in_balls(fake, radii(fake, RECALL), real, closed=True).balls_of_point > 0,
        "coverage": count_in_balls(real, radii(real, COVERAGE), fake, closed=False).points_of_ball > 0,
    }
