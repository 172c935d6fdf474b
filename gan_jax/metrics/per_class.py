"""Metrics of a conditional model, class by class: a good overall score can hide classes that are bad or missing."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Int

from gan_jax.errors import InputError
from gan_jax.metrics.samples import Features, checked_pair


class ClassResult(NamedTuple):
    """What a metric returned within one class, and of how many samples; no value where they were too few."""

    label: int
    value: Any
    real: int
    fake: int


def per_class(
    metric: Callable[[np.ndarray, np.ndarray], Any],
    real: Features,
    fake: Features,
    real_labels: Int[np.ndarray, "_"],
    fake_labels: Int[np.ndarray, "_"],
    *,
    at_least: int = 2,
) -> list[ClassResult]:
    """Applies `metric(real, fake)` within each class that either set has (intra-class FID: Miyato and Koyama, 2018).

    Classes with fewer than `at_least` samples on a side get no value but stand in the list with their counts.
    """
    real, fake = checked_pair(real, fake, at_least=1)
    for name, features, labels in (("real", real, real_labels), ("fake", fake, fake_labels)):
        if len(labels) != len(features):
            raise InputError(f"{len(features)} {name} samples have {len(labels)} labels; give one each.")
    results = []
    for label in np.union1d(real_labels, fake_labels):
        pair = real[real_labels == label], fake[fake_labels == label]
        counts = len(pair[0]), len(pair[1])
        results.append(ClassResult(int(label), metric(*pair) if min(counts) >= at_least else None, *counts))
    return results
