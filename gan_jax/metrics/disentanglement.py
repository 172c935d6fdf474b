"""How nearly each factor of the data is one number of the code: MIG, SAP, DCI and the score of FactorVAE.

Definitions and settings are those of disentanglement_lib (Locatello et al. 2019, https://arxiv.org/abs/1811.12359). All
are of codes and factors of the same examples. Where values have to be counted, those of a factor that is no class are,
in 20 equal intervals.
"""

import warnings
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from scipy.stats import entropy
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.metrics import mutual_info_score
from sklearn.svm import LinearSVC

from gan_jax.data.factors import BINS, Factor
from gan_jax.errors import InputError
from gan_jax.metrics.samples import checked

TEST = 1 / 3  # of the examples, which classifiers and regressors do not see
STILL = 1e-12  # variance of a number that does not move
COLLAPSED = 0.05  # standard deviation of one that has fallen back to the prior, for the score of FactorVAE
VOTES, JUDGED, BATCH = 10_000, 5_000, 64  # of that score: votes to learn from, votes to judge by, examples for each

Codes = Float[np.ndarray, "n latents"]


def checked_codes(codes: Codes, factors: Sequence[Factor]) -> Codes:
    """Codes that can be measured, as float64; an `InputError` says what is wrong."""
    found = checked(codes, "code", at_least=3).astype(np.float64)
    if found.shape[1] < 2 or len(factors) < 2:
        raise InputError(
            f"disentanglement is of several factors in several numbers of a code, not {len(factors)} in "
            f"{found.shape[1]}: the data's column `factors` should have two or more."
        )
    wrong = next((factor for factor in factors if np.ptp(factor.values) == 0), None)
    if wrong is not None:
        raise InputError(f"disentanglement: the factor {wrong.name!r} is alike in all examples.")
    return found


def mutual_information_gap(codes: Codes, factors: Sequence[Factor]) -> float:
    """MIG (Chen et al. 2018): the mean over factors of (I₁ - I₂) / H, in [0, 1].

    I₁ and I₂ are the largest and the second information that one number of the code, in 20 intervals, has of the
    factor, and H is the factor's entropy.
    """
    codes = checked_codes(codes, factors)
    counted = [np.digitize(column, np.histogram(column, BINS)[1][:-1]) for column in codes.T]
    gaps = []
    for factor in factors:
        values = factor.counted()
        second, first = np.sort([mutual_info_score(values, column) for column in counted])[-2:]
        gaps.append((first - second) / mutual_info_score(values, values))
    return float(np.mean(gaps))


def separated_attribute_predictability(codes: Codes, factors: Sequence[Factor]) -> float:
    """SAP (Kumar et al. 2018): the mean over factors of how much better the best number predicts it than the second.

    A class is predicted by a linear support vector machine (C = 0.01, classes weighted alike), whose accuracy counts on
    a third of the examples that it has not seen; of anything else R² counts, of a turn that of its cosine and sine.
    """
    codes = checked_codes(codes, factors)
    gaps = []
    for factor in factors:
        second, first = np.sort([_predictability(column, factor) for column in codes.T])[-2:]
        gaps.append(first - second)
    return float(np.mean(gaps))


def _predictability(column: Float[np.ndarray, "n"], factor: Factor) -> float:
    if factor.kind == "class":
        seen = _seen(len(column))
        machine = LinearSVC(C=0.01, class_weight="balanced", random_state=0)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what has not converged is far from predicting
            machine.fit(column[seen, None], factor.counted()[seen])
        return float(np.mean(machine.predict(column[~seen, None]) == factor.counted()[~seen]))
    variance = column.var()
    if variance < STILL:
        return 0.0
    causes = np.stack([values for _, values in factor.attributes()] + [np.ones(len(column))], axis=1)
    left = column - causes @ np.linalg.lstsq(causes, column, rcond=None)[0]
    return float(1 - np.mean(left**2) / variance)


def _seen(count: int) -> np.ndarray:
    """Which of some examples are fitted: always the same ones, spread over all."""
    return np.random.default_rng(0).permutation(count) >= count * TEST


class Dci(NamedTuple):
    """What Eastwood and Williams (2018) measure, each best at 1."""

    disentanglement: float  # whether each number of a code is of one factor
    completeness: float  # whether each factor is in one number
    informativeness: float  # how well the factors are predicted: accuracy of classes, R² of all else


def dci(codes: Codes, factors: Sequence[Factor]) -> Dci:
    """DCI (Eastwood & Williams 2018, https://openreview.net/forum?id=By-7dz-AZ) by gradient boosted trees.

    Classes are classified, all else is regressed on, a turn as its cosine and sine; informativeness is of a third of
    the examples that the trees have not seen.
    """
    codes = checked_codes(codes, factors)
    importance, known = zip(*(_importance(codes, factor) for factor in factors), strict=True)
    matrix = np.stack(importance, axis=1)
    return Dci(disentanglement(matrix), completeness(matrix), float(np.mean(known)))


def _importance(codes: Codes, factor: Factor) -> tuple[Float[np.ndarray, "latents"], float]:
    """How much each number helps to predict a factor, and how well that goes."""
    seen = _seen(len(codes))
    is_class = factor.kind == "class"
    trees = GradientBoostingClassifier if is_class else GradientBoostingRegressor
    importance, known = [], []
    for values in [factor.counted()] if is_class else [values for _, values in factor.attributes()]:
        model = trees(random_state=0).fit(codes[seen], values[seen])
        importance.append(model.feature_importances_)
        known.append(model.score(codes[~seen], values[~seen]))
    return np.mean(importance, axis=0), float(np.mean(known))


def disentanglement(importance: Float[np.ndarray, "latents factors"]) -> float:
    """One less the entropy of each number's importance over factors, the mean by how important each number is."""
    return _concentrated(importance)


def completeness(importance: Float[np.ndarray, "latents factors"]) -> float:
    """One less the entropy of each factor's importance over numbers, the mean by how much each factor is predicted."""
    return _concentrated(importance.T)


def _concentrated(rows: Float[np.ndarray, "rows columns"]) -> float:
    each = 1 - entropy(rows.T + 1e-11, base=rows.shape[1])
    total = rows.sum(axis=1)
    return float(each @ (total / total.sum() if total.sum() else np.full(len(rows), 1 / len(rows))))


def factor_vae_score(codes: Codes, factors: Sequence[Factor], seed: int = 0) -> float:
    """The score of FactorVAE (Kim & Mnih 2018): how often the number that varies least tells which factor is held.

    A vote takes 64 examples that have one factor in common, and the number whose variance is the smallest part of its
    variance over all; each number then stands for the factor that most of its 10,000 votes are of, and the score is the
    share of 5,000 others that agree. Numbers with a standard deviation below 0.05 do not vote, and without any the
    score is 0. The examples of a vote are drawn from those that there are, so that of a factor that is no class they
    have one of 20 intervals in common.
    """
    codes = checked_codes(codes, factors)
    deviations = codes.std(axis=0, ddof=1)
    active = deviations >= COLLAPSED
    if not active.any():
        return 0.0
    rng = np.random.default_rng(seed)
    scaled = codes[:, active] / deviations[active]
    alike = [[np.flatnonzero(values == value) for value in range(values.max() + 1)] for values in _counted(factors)]
    votes, judged = (_votes(scaled, _counted(factors), alike, count, rng) for count in (VOTES, JUDGED))
    return float(judged[votes.argmax(axis=0), np.arange(judged.shape[1])].sum() / JUDGED)


def _counted(factors: Sequence[Factor]) -> list[Integer[np.ndarray, "n"]]:
    return [factor.counted() for factor in factors]


def _votes(
    scaled: Codes,
    counted: list[Integer[np.ndarray, "n"]],
    alike: list[list[np.ndarray]],
    count: int,
    rng: np.random.Generator,
) -> Integer[np.ndarray, "factors latents"]:
    """How often each number varied least while each factor was held."""
    votes = np.zeros((len(counted), scaled.shape[1]), int)
    for factor, first in zip(
        rng.integers(len(counted), size=count), rng.integers(len(scaled), size=count), strict=True
    ):
        chosen = rng.choice(alike[factor][counted[factor][first]], BATCH)
        votes[factor, scaled[chosen].var(axis=0).argmin()] += 1
    return votes
