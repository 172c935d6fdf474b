"""When a picture counts as marked: known thresholds, and what holds of pictures without a message."""

import numpy as np
import pytest

from gan_jax.provenance import bits

# Published tables of the binomial tail: at rates 1e-2, 1e-3, 1e-4, 1e-6, 1e-9.
RATES = (1e-2, 1e-3, 1e-4, 1e-6, 1e-9)
TABLE = {
    16: (14, 15, 16, None, None),
    24: (19, 20, 22, 24, None),
    32: (24, 26, 27, 30, 32),
    48: (33, 36, 38, 41, 44),
    64: (42, 45, 48, 51, 56),
    100: (63, 66, 69, 74, 80),
    256: (148, 154, 159, 167, 176),
}


@pytest.mark.parametrize("size", TABLE)
def test_thresholds(size):
    assert tuple(bits.threshold(size, rate) for rate in RATES) == TABLE[size]


def test_one_of_many_messages():
    assert bits.threshold(48, 1e-6 / 1000) == 44 and bits.threshold(48, 1e-6 / 1_000_000) == 47


def test_the_chance_of_all_and_of_none():
    np.testing.assert_allclose(bits.chance(np.array([0, 1, 4]), 4), [1, 15 / 16, 1 / 16])


def test_flipped_bits_decide():
    signs = np.where(np.arange(64) % 3, 1.0, -1.0)
    logits = np.stack([np.where(np.arange(64) < flipped, -signs, signs) for flipped in (0, 13, 14)])
    assert bits.agreeing(logits, signs).tolist() == [64, 51, 50]
    assert (bits.agreeing(logits, signs) >= bits.threshold(64, 1e-6)).tolist() == [True, True, False]


RANDOM = np.random.default_rng(0)
FAIR = RANDOM.normal(size=(12_000, 64))
SIGNS = np.where(RANDOM.random(64) < 0.5, 1.0, -1.0)


def test_fair_coins_are_found_fair_and_pass_as_often_as_is_said():
    found = bits.coins(FAIR, SIGNS)
    assert found.fair and abs(found.variance - 1) < 0.05
    passing = (bits.agreeing(FAIR, SIGNS) >= bits.threshold(64, 1e-2)).sum()
    assert 40 < passing < 140  # 0.0084 of 12,000 are 101, with a standard deviation of 10


@pytest.mark.parametrize(
    "read",
    [
        FAIR + 0.1 * (np.arange(64) == 5),  # one bit leans
        FAIR + RANDOM.normal(size=(12_000, 1)) * SIGNS,  # all lean together, to this message or from it
        FAIR[:9000],  # too few to say
    ],
)
def test_coins_that_are_not_fair(read):
    assert not bits.coins(read, SIGNS).fair


def test_bits_that_lean_are_counted_from_the_middle_and_those_that_know_of_each_other_are_no_coins_for_it():
    leaning = FAIR + np.linspace(-1, 1, 64)
    assert not bits.coins(leaning, SIGNS).fair
    assert bits.coins(leaning - bits.middle(leaning), SIGNS).fair
    alike = leaning + RANDOM.normal(size=(12_000, 1)) * SIGNS
    assert not bits.coins(alike - bits.middle(alike), SIGNS).fair


def test_the_threshold_of_unfair_coins_holds_what_it_promises():
    leaning = FAIR + 0.5 * RANDOM.normal(size=(12_000, 1)) * SIGNS
    counts = bits.agreeing(leaning, SIGNS)
    least = bits.calibrated(counts[:6000], 64, 1e-2)
    assert least > bits.threshold(64, 1e-2) + 5
    assert 20 < (counts[6000:] >= least).sum() < 110  # of 60
    assert (counts[6000:] >= bits.threshold(64, 1e-2)).sum() > 600  # what the binomial one lets pass


def test_few_pictures_promise_no_small_rate():
    counts = np.array([3, 5, 4])
    assert bits.calibrated(counts, 8, 0.25) == 6 and bits.calibrated(counts, 8, 0.2) is None
