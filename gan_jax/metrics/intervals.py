"""Intervals of shares, and tests of many at once: what an audit says beside every number."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from scipy.stats import binomtest, rankdata, t, ttest_1samp

from gan_jax.errors import InputError

Z = 1.959963984540054  # of 95 % of a normal law, two-sided


class Interval(NamedTuple):
    """A value between the ends of its 95 % interval."""

    value: float
    low: float
    high: float


def wilson(hits: int, count: int) -> Interval:
    """A share with Wilson's score interval (1927), which holds for rare and for common things."""
    found = binomtest(hits, count).proportion_ci(method="wilson")
    return Interval(hits / count, float(found.low), float(found.high))


def mean(values: Float[np.ndarray, "n"]) -> Interval:
    """A mean with Student's interval: of repetitions, or of paired differences."""
    if len(values) < 2:
        raise InputError(f"An interval of {len(values)} repetition is none: give two at least.")
    half = t.ppf(0.975, len(values) - 1) * values.std(ddof=1) / np.sqrt(len(values))
    return Interval(float(values.mean()), float(values.mean() - half), float(values.mean() + half))


def p_of_mean(values: Float[np.ndarray, "n"]) -> float:
    """How often a mean is as far from 0 by chance, two-sided: of paired differences the paired t-test."""
    if not np.ptp(values):  # no spread to compare with
        return float(values[0] == 0)
    return float(ttest_1samp(values, 0).pvalue)


def clopper_pearson(hits: int, count: int) -> Interval:
    """A share with the exact interval (Clopper & Pearson 1934), which never covers too seldom."""
    found = binomtest(hits, count).proportion_ci(method="exact")
    return Interval(hits / count, float(found.low), float(found.high))


def holm(p_values: Float[np.ndarray, "tests"]) -> Float[np.ndarray, "tests"]:
    """P-values of many tests, so that one below 0.05 is a false alarm in at most 5 % of audits (Holm 1979)."""
    order = np.argsort(p_values, kind="stable")
    times = np.arange(len(p_values), 0, -1)
    adjusted = np.minimum(np.maximum.accumulate(p_values[order] * times), 1)
    found = np.empty_like(adjusted)
    found[order] = adjusted
    return found


def area_under_curve(positive: Float[np.ndarray, "n"], negative: Float[np.ndarray, "m"]) -> Interval:
    """How often a positive's score is above a negative's (ROC AUC), ties half, by DeLong et al. (1988)."""
    n, m = len(positive), len(negative)
    if min(n, m) < 2:
        raise InputError(f"A ROC curve of {n} positive and {m} negative scores is none: give two of each at least.")
    ranks = rankdata(np.concatenate([positive, negative]))
    above = (ranks[:n] - rankdata(positive)) / m  # for each positive, the share of negatives below it
    below = 1 - (ranks[n:] - rankdata(negative)) / n
    value, deviation = above.mean(), np.sqrt(above.var(ddof=1) / n + below.var(ddof=1) / m)
    return Interval(float(value), float(max(value - Z * deviation, 0)), float(min(value + Z * deviation, 1)))
