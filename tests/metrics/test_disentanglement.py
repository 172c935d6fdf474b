"""The golden cases of disentanglement_lib, and closed forms."""

import numpy as np
import pytest

from gan_jax.data.factors import Factor
from gan_jax.errors import InputError
from gan_jax.metrics import disentanglement
from gan_jax.metrics.disentanglement import (
    completeness,
    dci,
    factor_vae_score,
    mutual_information_gap,
    separated_attribute_predictability,
)

RANDOM = np.random.default_rng(0)
VALUES = RANDOM.uniform(size=(1000, 3))
NUMBERS = [Factor(name, "number", column) for name, column in zip("abc", VALUES.T, strict=True)]
CLASSES = [
    Factor(name, "class", (4 * column).astype(int).astype(float)) for name, column in zip("ab", VALUES.T, strict=False)
]
ZEROS, NOISE, TWICE = np.zeros((1000, 3)), RANDOM.normal(size=(1000, 3)), np.tile(VALUES, (1, 2))


@pytest.fixture(autouse=True)
def few_votes(monkeypatch):
    monkeypatch.setattr(disentanglement, "VOTES", 600)
    monkeypatch.setattr(disentanglement, "JUDGED", 300)


@pytest.mark.parametrize("score", [mutual_information_gap, separated_attribute_predictability, factor_vae_score])
def test_each_factor_in_a_number_of_its_own_scores_one(score):
    assert score(VALUES * [1, -2, 3] + 5, NUMBERS) > 0.9
    assert score(ZEROS, NUMBERS) == 0
    assert score(NOISE, NUMBERS) < (0.5 if score is factor_vae_score else 0.1)


def test_a_factor_in_two_numbers_leaves_no_gap():
    assert mutual_information_gap(TWICE, NUMBERS) < 0.1 and separated_attribute_predictability(TWICE, NUMBERS) < 0.1
    assert factor_vae_score(TWICE, NUMBERS) > 0.9  # which does not mind


def test_the_gap_of_a_code_that_knows_half_of_a_class():
    """Of four equal values one number tells which pair: log 2 of log 4; another tells nothing."""
    label = np.arange(1000) % 4
    factors = [Factor(name, "class", label.astype(float)) for name in "ab"]
    codes = np.stack([label // 2, np.zeros(1000)], axis=1)
    assert mutual_information_gap(codes, factors) == pytest.approx(0.5)


def test_classes_are_told_apart_by_a_line():
    two = [Factor(name, "class", (column > 0.5).astype(float)) for name, column in zip("ab", VALUES.T, strict=False)]
    assert separated_attribute_predictability(VALUES[:, :2], two) == pytest.approx(0.5, abs=0.06)  # 1 less guessing


def test_a_turn_is_predicted_by_its_cosine_and_sine_together():
    turns = [Factor(name, "turn", column) for name, column in zip("ab", VALUES.T, strict=False)]
    codes = np.cos(2 * np.pi * (VALUES[:, :2] + 0.1))
    assert separated_attribute_predictability(codes, turns) > 0.98
    both = np.concatenate([codes, np.sin(2 * np.pi * VALUES[:, :2])], axis=1)
    assert separated_attribute_predictability(both, turns) < 0.1


def test_trees_find_what_is_of_what():
    mixed = [NUMBERS[0], CLASSES[1], Factor("t", "turn", VALUES[:, 2])]
    found = dci(VALUES, mixed)
    assert min(found) > 0.95
    assert max(dci(NOISE, mixed)[:2]) < 0.2
    assert dci(ZEROS, mixed)[:2] == pytest.approx((0, 0), abs=1e-9)


ONE_EACH = np.diag(np.full(5, 5.0))


@pytest.mark.parametrize(
    ("importance", "of_numbers", "of_factors"),
    [
        (ONE_EACH, 1, 1),
        (np.array([[1.0, 0], [0, 1], [0, 0]]), 1, 1),
        (np.zeros((10, 10)), 0, 0),
        (np.vstack([ONE_EACH, ONE_EACH]), 1, 1 - np.log(2) / np.log(10)),
        (np.hstack([ONE_EACH, ONE_EACH]), 1 - np.log(2) / np.log(10), 1),
        (ONE_EACH[:2], 1, 1),
        (np.array([[3.0, 0], [0.5, 0.5]]), 0.75, 1 - (3.5 * 0.5916727785823275 + 0) / 4),  # weighted by importance
    ],
)
def test_importance_is_weighed_as_published(importance, of_numbers, of_factors):
    assert disentanglement.disentanglement(importance) == pytest.approx(of_numbers, abs=1e-7)
    assert completeness(importance) == pytest.approx(of_factors, abs=1e-7)


def test_numbers_that_fell_back_to_the_prior_do_not_vote():
    still = np.concatenate([VALUES[:, 1:], 1e-3 * VALUES[:, :1]], axis=1)
    assert 0.6 < factor_vae_score(still, NUMBERS) < 0.8  # one of three factors has no number


def test_bad_input_is_told():
    with pytest.raises(InputError, match="not 1 in 3"):
        dci(VALUES, NUMBERS[:1])
    with pytest.raises(InputError, match="not 3 in 1"):
        dci(VALUES[:, :1], NUMBERS)
    with pytest.raises(InputError, match="not finite"):
        mutual_information_gap(VALUES * np.nan, NUMBERS)
    with pytest.raises(InputError, match="'a' is alike in all"):
        mutual_information_gap(VALUES, [NUMBERS[0]._replace(values=ZEROS[:, 0]), NUMBERS[1]])
