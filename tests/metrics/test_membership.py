"""Copies that are planted among samples of a 16-d Gaussian, and narrow sets without any."""

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from gan_jax.errors import InputError
from gan_jax.metrics.feature_likelihood import likelihood_gap
from gan_jax.metrics.intervals import area_under_curve
from gan_jax.metrics.membership import Scores, caught, membership_scores, threshold, train_share
from gan_jax.metrics.memorization import authenticity, calibrated_neighbours, copying_score, relative_scale


@pytest.fixture(autouse=True)
def one_thread():
    """Small k-means loses seconds in OpenMP barriers when other processes share the cores."""
    with threadpool_limits(1):
        yield


def normal(count: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((count, 16))


TRAIN, HELD_OUT, REFERENCE, FRESH = (normal(2000, seed) for seed in range(4))


def copies(share: float) -> np.ndarray:
    count = round(share * len(FRESH))
    return np.concatenate([TRAIN[:count] + 1e-3 * normal(count, 4), FRESH[count:]])


def found(fake: np.ndarray) -> tuple[float, float, float]:
    """z of the train share, the area under the curve of membership, and its true positive rate at 1 %."""
    scores = membership_scores(TRAIN, HELD_OUT, fake, REFERENCE)
    z = train_share(TRAIN, HELD_OUT, fake).z
    return z, area_under_curve(scores.members, scores.others).value, caught(scores, 0.01).rate.value


@pytest.mark.parametrize(
    "fake", [FRESH, 1.3 * FRESH, 0.7 * FRESH, 0.1 * FRESH], ids=["fresh", "wide", "narrow", "one mode"]
)
def test_where_nothing_is_copied_nothing_is_found(fake):
    z, area, rate = found(fake)
    assert abs(z) < 2.5
    assert abs(area - 0.5) < 3 * np.sqrt(4001 / 12 / 2000**2)
    assert rate < 0.025


def test_copies_are_found():
    few, half, all_ = found(copies(0.1)), found(copies(0.5)), found(copies(1.0))
    assert few[0] > 2 and 0.52 < few[1] < 0.6 and few[2] == pytest.approx(0.11, abs=0.03)
    assert half[0] > 10 and half[1] == pytest.approx(0.77, abs=0.04) and half[2] == pytest.approx(0.51, abs=0.03)
    assert all_[1:] == (1, 1)


def test_the_share_of_a_collapsed_generator_is_no_binomial():
    """Under the null the grouped z is standard at most, where the plain one is not by far."""
    rng = np.random.default_rng(0)
    grouped, plain = [], []
    for _ in range(40):
        train, held_out = rng.standard_normal((2, 200, 8))
        one = train_share(train, held_out, 0.1 * rng.standard_normal((200, 8)))
        grouped.append(one.z)
        plain.append((one.share - 0.5) / np.sqrt(0.25 / 200))
    assert np.std(grouped) < 1.25 and np.std(plain) > 3
    assert abs(np.mean(grouped)) < 0.5


def test_images_that_stand_in_both_sets_count_for_neither():
    both = normal(500, 5)
    assert abs(train_share(both, both, both).z) < 3


def test_the_narrow_set_that_other_audits_take_for_copies():
    narrow = 0.7 * FRESH
    assert copying_score(TRAIN, HELD_OUT, narrow).value < -10 and authenticity(TRAIN, narrow).value < 50
    assert relative_scale(HELD_OUT, narrow) < 0.85
    for fake in (FRESH, copies(0.5)):
        assert relative_scale(HELD_OUT, fake) == pytest.approx(1, abs=0.05)


def test_the_rate_of_a_threshold_by_hand():
    others = np.arange(100.0)
    members = np.array([97.5, 98.5, 99.5, 0.0])
    rate, null = caught(Scores(members, others), 0.02)  # two of a hundred may be above: the threshold is 97
    assert rate.value == 0.75 and null == pytest.approx(3 / 101)
    with pytest.raises(InputError, match="takes 1000 held-out images, not 100"):
        caught(Scores(members, others), 0.001)


def test_few_copies_are_flagged_one_by_one():
    fresh, held_out = normal(5000, 6), calibrated_neighbours(TRAIN, normal(3000, 7)).ratio
    limit = threshold(held_out)
    assert limit.false_alarms == pytest.approx(3 / 3001)
    assert np.mean(calibrated_neighbours(TRAIN, fresh).ratio <= limit.ratio) < 0.004
    assert np.all(calibrated_neighbours(TRAIN, TRAIN[:50] + 0.05 * normal(50, 8)).ratio <= limit.ratio)


def test_of_few_held_out_images_the_smallest_is_the_threshold():
    assert threshold(np.array([0.5, 0.3, 0.9])) == (0.3, 0.25)
    assert threshold(np.array([0.0, 0.0, 0.9])) == (0.0, 0.5)  # two copies of training images


def test_the_likelihood_gap_of_copies():
    train, held_out = TRAIN[:400], HELD_OUT[:400]
    for fake, copied in ((FRESH[:400], False), (0.7 * FRESH[:400], False), (copies(1.0)[:400], True)):
        gap, null = likelihood_gap(train, held_out, fake), likelihood_gap(held_out, train, fake)
        assert (gap - null > 30) == copied


def test_sets_that_cannot_be_compared_are_refused():
    with pytest.raises(InputError, match="2000 training and 1999 held-out samples"):
        train_share(TRAIN, HELD_OUT[:1999], FRESH)
    with pytest.raises(InputError, match="16 dimensions and fake ones 15"):
        membership_scores(TRAIN, HELD_OUT, FRESH[:, :15], REFERENCE)
