import numpy as np
import pytest

from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.frechet_distance import frechet_distance
from gan_jax.metrics.per_class import per_class

LABELS = np.arange(300) % 3
CENTRES = np.array([[0.0, 0.0], [20.0, 0.0], [0.0, 20.0]])


def classes(labels: np.ndarray, seed: int) -> np.ndarray:
    return CENTRES[labels] + np.random.default_rng(seed).standard_normal((len(labels), 2))


def assert_finds_confused_classes(scores) -> None:
    """Classes 1 and 2 are drawn for one another: nothing over all classes, all of it within."""
    real, fake = classes(LABELS, 0), classes(np.array([0, 2, 1])[LABELS], 1)
    values = [score.value for score in scores(real, fake, LABELS, LABELS)]
    assert values[0] < 1
    assert values[1:] == pytest.approx([800, 800], rel=0.05)


def test_a_model_that_confuses_classes():
    assert_finds_confused_classes(
        lambda real, fake, *labels: [entry.value for entry in per_class(frechet_distance, real, fake, *labels)]
    )


def test_one_score_for_all_classes_is_caught():
    with pytest.raises(AssertionError):
        assert_finds_confused_classes(lambda real, fake, *labels: [frechet_distance(real, fake)] * 3)


def test_a_missing_class_has_no_value_but_a_count():
    fake_labels = np.arange(200) % 2
    entries = per_class(density_coverage, classes(LABELS, 0), classes(fake_labels, 1), LABELS, fake_labels, at_least=6)
    assert [(entry.label, entry.real, entry.fake) for entry in entries] == [(0, 100, 100), (1, 100, 100), (2, 100, 0)]
    assert entries[2].value is None
    assert entries[1].value.coverage.value > 0.9
