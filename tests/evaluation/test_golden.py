"""The values of torch-fidelity 0.4.0 and prdc 0.2 on the features of benchmarks/parity/feature_metrics.py."""

import numpy as np
import pytest

from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.frechet_distance import frechet_distance
from gan_jax.metrics.inception_score import inception_score
from gan_jax.metrics.kernel_distance import kernel_distance
from gan_jax.metrics.precision_recall import precision_recall


@pytest.fixture(scope="module")
def features() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.RandomState(0)
    real = random.standard_normal((700, 64)) ** 2 * np.linspace(0.2, 1, 64)
    fake = random.standard_normal((600, 64)) ** 2 * np.linspace(0.3, 0.9, 64) + 0.05
    return real, fake


def test_frechet_distance(features):
    assert frechet_distance(*features).value == pytest.approx(3.41013083, rel=1e-8)


def test_inception_score(features):
    assert inception_score(features[0]) == pytest.approx((3.72786044, 0.381867083), rel=1e-8)


def test_kernel_distance(features):
    estimate = kernel_distance(*features, subsets=10, subset_size=300)
    assert estimate == pytest.approx((0.0364978903, 0.00702686642), rel=1e-8)


def test_precision_recall(features):
    closed, opened = precision_recall(*features), precision_recall(*features, k=5, closed=False)
    assert [score.value for score in closed] == pytest.approx([0.688333333, 0.692857143], rel=1e-8)
    assert [score.value for score in opened] == pytest.approx([0.77, 0.787142857], rel=1e-8)


def test_density_coverage(features):
    assert [score.value for score in density_coverage(*features)] == pytest.approx([1.016, 0.958571429], rel=1e-8)


def test_the_example_of_prdcs_readme():
    """Two sets of 10,000 from N(0, I) of 1,000 dimensions; the values are those of other draws."""
    random = np.random.default_rng(0)
    real, fake = (random.standard_normal((10_000, 1000), np.float32) for _ in range(2))
    scores = [*precision_recall(real, fake, k=5, closed=False), *density_coverage(real, fake)]
    assert [score.value for score in scores] == pytest.approx([0.4772, 0.4705, 1.0555, 0.9735], abs=0.02)
