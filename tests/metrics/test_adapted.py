import numpy as np
import pytest
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr

from gan_jax.metrics.adaptation import intra_cluster_distance, rank_correlation

RANDOM = np.random.default_rng(0)


def test_clusters_are_around_the_examples_and_count_alike():
    examples = np.array([[0.0, 0.0], [10.0, 0.0], [0.0, 99.0]])
    few, many = RANDOM.normal(size=(5, 2)), RANDOM.normal(size=(40, 2)) * 2 + examples[1]
    found = intra_cluster_distance(examples, np.concatenate([many, few]))
    expected = [np.mean(pdist(cluster) ** 2) for cluster in (few, many)]
    assert found.value == pytest.approx(np.mean(expected), rel=1e-6)


def test_of_copies_the_distance_within_clusters_is_none():
    examples = RANDOM.normal(size=(4, 3))
    assert intra_cluster_distance(examples, np.repeat(examples, 5, axis=0)).value == pytest.approx(0, abs=1e-12)


def test_the_order_of_pairs_is_compared_by_rank():
    before = RANDOM.normal(size=(30, 4))
    turned = 3 * before @ np.linalg.qr(RANDOM.normal(size=(4, 4)))[0] + 7
    assert rank_correlation(before, turned).value == pytest.approx(1)
    moved = before + RANDOM.normal(size=before.shape)
    expected = spearmanr(pdist(before), pdist(moved)).statistic
    assert rank_correlation(before, moved).value == pytest.approx(expected, abs=1e-6)
    assert abs(rank_correlation(before, RANDOM.permutation(before)).value) < 0.3
