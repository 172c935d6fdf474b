import numpy as np
import pytest

from gan_jax.metrics.inception_score import inception_score

SORTED = 30.0 * np.repeat(np.eye(10), 50, axis=0)  # 500 certain images, sorted by class


def test_uniform_probabilities_score_one():
    estimate = inception_score(np.full((50, 10), 3.0))
    assert estimate.value == pytest.approx(1) and estimate.sd == pytest.approx(0)


def test_certain_and_balanced_images_score_the_number_of_classes():
    assert inception_score(SORTED, splits=1).value == pytest.approx(10, rel=1e-6)


def assert_shuffled(score) -> None:
    """A tenth of 500 shuffled images still has nearly all classes; a tenth of the sorted ones has one."""
    assert 8.5 < score(SORTED) < 10


def test_images_are_shuffled_before_they_are_split():
    assert_shuffled(lambda logits: inception_score(logits).value)


def test_sorted_splits_are_caught():
    def faulty(logits):
        return np.mean([inception_score(part, splits=1).value for part in np.split(logits, 10)])

    with pytest.raises(AssertionError):
        assert_shuffled(faulty)


def assert_definition(score) -> None:
    logits = np.random.default_rng(0).normal(0, 3, (40, 6))
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    kl = np.sum(p * np.log(p / p.mean(axis=0)), axis=1)
    assert score(logits) == pytest.approx(np.exp(kl.mean()), rel=1e-12)


def test_the_definition():
    assert_definition(lambda logits: inception_score(logits, splits=1).value)


def test_probabilities_taken_for_logits_are_caught():
    def faulty(logits):
        return inception_score(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), splits=1).value

    with pytest.raises(AssertionError):
        assert_definition(faulty)


def test_large_logits_stay_finite():
    assert inception_score(1e4 * SORTED).value > 8
