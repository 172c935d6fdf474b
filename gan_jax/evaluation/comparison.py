"""The metrics by name: each compares the features of a reference with those of another set of images."""

import functools
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np

from gan_jax.errors import InputError
from gan_jax.evaluation.extraction import Extracted
from gan_jax.features.base import Features
from gan_jax.metrics.adaptation import intra_cluster_distance
from gan_jax.metrics.cmmd import cmmd
from gan_jax.metrics.conditional_accuracy import conditional_accuracy
from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.frechet_distance import frechet_distance, frechet_distance_infinite, small_sample_warning
from gan_jax.metrics.inception_score import inception_score
from gan_jax.metrics.intervals import area_under_curve
from gan_jax.metrics.kernel_distance import kernel_distance
from gan_jax.metrics.membership import caught, membership_scores, train_share
from gan_jax.metrics.memorization import authenticity, calibrated_neighbours, copying_score
from gan_jax.metrics.mind import mind
from gan_jax.metrics.per_class import per_class
from gan_jax.metrics.precision_recall import precision_recall
from gan_jax.metrics.samples import Estimate

log = logging.getLogger(__name__)

POINTS = 15  # sample sizes in the regression of FD∞


class Compared(NamedTuple):
    """Two sets in the features of one network."""

    real: Extracted
    fake: Extracted
    held_out: Extracted | None
    features: Features
    image_shape: tuple[int, int, int]  # height, width, channels: what the features were computed from


class Value(NamedTuple):
    """One number, with the settings that belong to its meaning."""

    name: str
    estimate: Estimate
    settings: dict[str, Any] = {}  # noqa: RUF012  # never changed


def _frechet(compared: Compared) -> Iterator[Value]:
    """The Fréchet distance (Heusel et al. 2017), and where images are few the infinite one beside it."""
    name = compared.features.frechet_name
    yield Value(name, frechet_distance(compared.real.features, compared.fake.features))
    count, size = compared.fake.features.shape
    if few(min(count, len(compared.real.features)), size) and count >= 2 * POINTS:
        yield from _frechet_infinite(compared)


@functools.cache  # a run would say it at every evaluation
def few(count: int, size: int) -> bool:
    """Whether samples are too few for a Fréchet distance, which is said once."""
    warning = small_sample_warning(count, size)
    if warning:
        log.warning("%s", warning)
    return bool(warning)


def _frechet_infinite(compared: Compared) -> Iterator[Value]:
    """The Fréchet distance to infinitely many generated images (Chong and Forsyth 2020)."""
    distance = frechet_distance_infinite(compared.real.features, compared.fake.features, points=POINTS)
    yield Value(f"{compared.features.frechet_name}_infinite", distance, {"points": POINTS})


def _kernel(compared: Compared) -> Iterator[Value]:
    """The kernel distance (KID; Bińkowski et al. 2018)."""
    subset = min(1000, min(len(compared.real.features), len(compared.fake.features)) // 2)  # or all would be alike
    distance = kernel_distance(compared.real.features, compared.fake.features, subset_size=subset)
    name = "kid" if compared.features.published else f"kd_{compared.features.name}"
    yield Value(name, distance, {"subsets": 100, "subset_size": subset})


def _inception_score(compared: Compared) -> Iterator[Value]:
    """The inception score (Salimans et al. 2016) of the generated images, by the features' logits."""
    if compared.fake.logits is None:
        raise InputError(f"inception_score needs a classifier's logits; {compared.features.name} has none.")
    name = "inception_score" if compared.features.published else f"classifier_score_{compared.features.name}"
    yield Value(name, inception_score(compared.fake.logits), {"splits": 10})


def _precision_recall(compared: Compared) -> Iterator[Value]:
    """Improved precision and recall (Kynkäänniemi et al. 2019), k = 3."""
    found = precision_recall(compared.real.features, compared.fake.features, k=3)
    for name in ("precision", "recall"):
        yield Value(name, getattr(found, name), {"k": 3, "within": "<="})


def _density_coverage(compared: Compared) -> Iterator[Value]:
    """Density and coverage (Naeem et al. 2020), k = 5."""
    found = density_coverage(compared.real.features, compared.fake.features, k=5)
    for name in ("density", "coverage"):
        yield Value(name, getattr(found, name), {"k": 5, "within": "<"})


def _mind(compared: Compared) -> Iterator[Value]:
    """The Monge Inception distance (MIND, arXiv 2605.06797), a sliced Wasserstein distance."""
    yield Value("mind", mind(compared.real.features, compared.fake.features), {"directions": 1000})


def _cmmd(compared: Compared) -> Iterator[Value]:
    """The squared MMD under a Gaussian kernel: CMMD (Jayasumana et al. 2024) in CLIP's features."""
    name = f"maximum_mean_discrepancy_{compared.features.name}"  # CMMD in CLIP's features alone
    yield Value(name, cmmd(compared.real.features, compared.fake.features), {"sigma": 10})


def _of_equal_size(compared: Compared, what: str) -> tuple[np.ndarray, np.ndarray] | None:
    """Training and as many held-out features; None where the held-out ones are what is compared with."""
    if compared.held_out is None:
        raise InputError(f"{what} compares with images that were not trained on: name them by held_out.")
    if compared.held_out is compared.real:
        return None
    rng = np.random.default_rng(0)
    real, held_out = compared.real.features, compared.held_out.features
    size = min(len(real), len(held_out))
    return real[rng.permutation(len(real))[:size]], held_out[rng.permutation(len(held_out))[:size]]


def _train_share(compared: Compared) -> Iterator[Value]:
    """The grouped train-share test, whose z is that of a standard normal at most where nothing is memorised."""
    sides = _of_equal_size(compared, "train_share")
    if sides is not None:
        found = train_share(*sides, compared.fake.features)
        yield Value("train_share", Estimate(found.share, found.deviation), {"of_each": len(sides[0])})
        yield Value("train_share_z", Estimate(found.z, 1.0), {"of_each": len(sides[0])})


def _membership(compared: Compared) -> Iterator[Value]:
    """How often a training image looks more trained on than a held-out one (AUC), and 1 % of these (GAN-Leaks)."""
    sides = _of_equal_size(compared, "membership")
    if sides is not None:
        members, others = sides
        half = len(others) // 2
        scores = membership_scores(members[:half], others[:half], compared.fake.features, others[half:])
        deviation = float(np.sqrt((2 * half + 1) / (12 * half**2)))
        yield Value("membership_auc", Estimate(area_under_curve(*scores).value, deviation), {"of_each": half})
        if half >= 100:
            rate = caught(scores, 0.01).rate.value
            spread = float(np.sqrt(rate * (1 - rate) / half))
            yield Value("membership_tpr", Estimate(rate, spread), {"of_each": half, "fpr": 0.01})


def _intra_cluster(compared: Compared) -> Iterator[Value]:
    """How far apart images are that are nearest to one and the same training image (Ojha et al. 2021)."""
    if compared.real is not compared.held_out:
        distance = intra_cluster_distance(compared.real.features, compared.fake.features)
        yield Value(f"intra_{compared.features.name}", distance, {"squared": True})


def _authenticity(compared: Compared) -> Iterator[Value]:
    """The share, in percent, of generated images that are no noisy copies (Alaa et al. 2022)."""
    yield Value("authenticity", authenticity(compared.real.features, compared.fake.features))


def _copying_score(compared: Compared) -> Iterator[Value]:
    """C_T (Meehan et al. 2020), which needs held-out images: below -3 for copies."""
    if compared.held_out is None:
        raise InputError("copying_score compares with images that were not trained on: name them by held_out.")
    if compared.held_out is compared.real:  # they are at a distance of 0 from themselves
        return
    score = copying_score(compared.real.features, compared.held_out.features, compared.fake.features)
    yield Value("copying_score", score, {"cells": 3})


def _calibrated_neighbours(compared: Compared) -> Iterator[Value]:
    """The median distance to a training image, by how dense these lie there (Stein et al. 2023)."""
    k = min(50, len(compared.real.features) - 1)
    ratio = calibrated_neighbours(compared.real.features, compared.fake.features, k=k).ratio
    yield Value("calibrated_neighbours_median", Estimate(float(np.median(ratio))), {"k": k})


def _accuracy(compared: Compared) -> Iterator[Value]:
    """The share of generated images in which a classifier finds the class that was asked for."""
    if compared.fake.logits is None or compared.fake.labels is None:
        raise InputError("accuracy needs features with logits (classifier) and images with labels.")
    yield Value("accuracy", conditional_accuracy(compared.fake.logits, compared.fake.labels))


def _per_class(compared: Compared) -> Iterator[Value]:
    """The Fréchet distance (Heusel et al. 2017) of each class by itself."""
    if compared.real.labels is None or compared.fake.labels is None:
        raise InputError("fd_per_class needs labels on both sides.")
    results = per_class(
        frechet_distance,
        compared.real.features,
        compared.fake.features,
        compared.real.labels,
        compared.fake.labels,
    )
    for result in results:
        if result.value is not None:
            counts = {"real": result.real, "fake": result.fake}
            yield Value(f"{compared.features.frechet_name}_class_{result.label}", result.value, counts)


METRICS: dict[str, Callable[[Compared], Iterator[Value]]] = {
    "accuracy": _accuracy,
    "authenticity": _authenticity,
    "calibrated_neighbours": _calibrated_neighbours,
    "cmmd": _cmmd,
    "copying_score": _copying_score,
    "density_coverage": _density_coverage,
    "fd": _frechet,
    "fd_infinite": _frechet_infinite,
    "fd_per_class": _per_class,
    "inception_score": _inception_score,
    "intra_cluster": _intra_cluster,
    "kid": _kernel,
    "membership": _membership,
    "mind": _mind,
    "precision_recall": _precision_recall,
    "train_share": _train_share,
}


class Result(NamedTuple):
    """A value and all that it depends on, beside the images."""

    key: str  # changes whenever the metric, its settings or the features do
    metric: str
    value: float
    sd: float | None
    settings: dict[str, Any]
    features: dict[str, Any]
    seconds: float


def compare(compared: Compared, metrics: Iterable[str]) -> Iterator[Result]:
    """Each metric's results as it has them."""
    for name in metrics:
        if name not in METRICS:
            raise InputError(f"metrics: there is no {name!r}. Valid: {', '.join(METRICS)}.")
        identity = {**compared.features.identity, "image_shape": list(compared.image_shape)}
        yield from results(METRICS[name](compared), identity)


def results(values: Iterable[Value], features: dict[str, Any]) -> Iterator[Result]:
    """Values with all that they depend on, and the seconds until each was there."""
    began = time.monotonic()
    for value in values:
        identity = json.dumps([value.name, value.settings, features], sort_keys=True)
        yield Result(
            key=f"{value.name}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}",
            metric=value.name,
            value=value.estimate.value,
            sd=value.estimate.sd,
            settings=value.settings,
            features=features,
            seconds=round(time.monotonic() - began, 3),
        )
