from functools import partial

import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.metrics.cmmd import cmmd
from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.frechet_distance import frechet_distance, frechet_distance_infinite
from gan_jax.metrics.inception_score import inception_score
from gan_jax.metrics.kernel_distance import kernel_distance
from gan_jax.metrics.memorization import authenticity, calibrated_neighbours, copying_score, planted_copies
from gan_jax.metrics.mind import mind
from gan_jax.metrics.moments import measure
from gan_jax.metrics.per_class import per_class
from gan_jax.metrics.precision_recall import precision_recall

GOOD = np.random.default_rng(0).standard_normal((60, 4))
METRICS = [
    authenticity,
    cmmd,
    density_coverage,
    frechet_distance,
    frechet_distance_infinite,
    partial(calibrated_neighbours, k=10),
    partial(kernel_distance, subset_size=20, subsets=3),
    mind,
    precision_recall,
    partial(copying_score, GOOD),
]


def _name(metric):
    return getattr(metric, "func", metric).__name__


@pytest.mark.parametrize("metric", METRICS, ids=_name)
def test_features_that_are_not_finite(metric):
    bad = GOOD.copy()
    bad[7, 2] = np.nan
    with pytest.raises(InputError, match=r"1 of 60 rows of the fake features are not finite .first: row 7"):
        metric(GOOD, bad)


@pytest.mark.parametrize("metric", METRICS, ids=_name)
def test_features_of_two_networks(metric):
    with pytest.raises(InputError, match="4 dimensions and fake ones 3"):
        metric(GOOD, GOOD[:, :3])


@pytest.mark.parametrize("metric", METRICS, ids=_name)
def test_one_sample(metric):
    with pytest.raises(InputError, match=r"too few|more than the"):
        metric(GOOD, GOOD[:1])


def test_messages_say_what_to_do():
    with pytest.raises(InputError, match="3 real samples are too few: this metric needs at least 4"):
        precision_recall(GOOD[:3], GOOD)
    with pytest.raises(InputError, match="5 fake samples are too few: this metric needs at least 6"):
        density_coverage(GOOD, GOOD[:5])
    with pytest.raises(InputError, match=r"subset_size=1000 is more than .* make it smaller"):
        kernel_distance(GOOD, GOOD)
    with pytest.raises(InputError, match="splits=61 of 60 samples: give between 1 and 60"):
        inception_score(GOOD, splits=61)
    with pytest.raises(InputError, match="Row 0 of the fake features is all zero"):
        cmmd(GOOD, np.zeros((5, 4)))
    with pytest.raises(InputError, match="60 fake samples have 59 labels; give one each"):
        per_class(frechet_distance, GOOD, GOOD, np.zeros(60, int), np.zeros(59, int))
    with pytest.raises(InputError, match="cannot be planted from 10 training samples"):
        planted_copies(GOOD[:10], GOOD, 0.5)
    with pytest.raises(InputError, match="more than 20 of the 60 fake samples"):
        copying_score(GOOD, GOOD, GOOD, cells=20)


def test_half_precision_features_are_taken():
    assert measure(GOOD.astype(np.float16)).mean.dtype == np.float64
