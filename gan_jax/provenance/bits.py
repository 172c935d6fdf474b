"""Whether a picture carries a message: the exact binomial test, and whether it may be used.

Of a picture without a message each bit is taken to be a fair coin. Readers that have learned are no fair coins by
themselves, and then the binomial threshold promises what it does not hold (Fernandez et al. 2023, Stable Signature).
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import stats

ENOUGH = 10_000  # unmarked pictures, from which on a deviation as below is no accident
DEVIATION = 0.02  # of a bit's mean from a half, at most
SPREAD = 0.1  # of the variance of the count from the binomial one, at most, as a share of it


class Coins(NamedTuple):
    """How far the bits of unmarked pictures are from coins that are fair and know nothing of each other."""

    number: int  # of pictures
    lowest: float  # mean of a bit
    highest: float
    variance: float  # of the number of bits that agree with the message, over that of the binomial distribution

    @property
    def fair(self) -> bool:
        """Whether the binomial threshold holds, as far as so many pictures can show it."""
        centred = self.lowest >= 0.5 - DEVIATION and self.highest <= 0.5 + DEVIATION
        return self.number >= ENOUGH and centred and abs(self.variance - 1) <= SPREAD


def middle(unmarked: Float[np.ndarray, "n bits"]) -> Float[np.ndarray, "bits"]:
    """The logit of each bit that half of the unmarked pictures exceed, from which those of any picture are counted."""
    return np.median(unmarked, axis=0)


def agreeing(logits: Float[np.ndarray, "n bits"], signs: Float[np.ndarray, "bits"]) -> Int[np.ndarray, "n"]:
    """How many bits of each picture are those of the message."""
    return ((logits > 0) == (signs > 0)).sum(axis=1)


def coins(logits: Float[np.ndarray, "n bits"], signs: Float[np.ndarray, "bits"]) -> Coins:
    """What the bits of unmarked pictures are like."""
    read: Bool[np.ndarray, "n bits"] = logits > 0
    means = read.mean(axis=0)
    variance = agreeing(logits, signs).var() / (len(signs) / 4)
    return Coins(len(read), float(means.min()), float(means.max()), float(variance))


def chance(agreeing: Int[np.ndarray, "n"], bits: int) -> Float[np.ndarray, "n"]:
    """The probability that so many fair coins or more agree with a message: P(Bin(bits, 1/2) >= agreeing)."""
    return stats.binom.sf(agreeing - 1, bits, 0.5)


def threshold(bits: int, rate: float) -> int | None:
    """The fewest bits that have to agree, so that of unmarked pictures at most that rate passes; None: not even all.

    Who compares with N messages takes the rate through N.
    """
    enough = np.flatnonzero(chance(np.arange(bits + 1), bits) <= rate)
    return int(enough[0]) if len(enough) else None


def calibrated(unmarked: Int[np.ndarray, "n"], bits: int, rate: float) -> int | None:
    """The same by what unmarked pictures do, whose bits are no fair coins: the k with (1 + passing) / (1 + n) <= rate.

    That many of n + 1 alike pass by chance, so that n pictures promise no rate below 1 / (n + 1).
    """
    passing = (unmarked[:, None] >= np.arange(bits + 1)).sum(axis=0)
    enough = np.flatnonzero((1 + passing) / (1 + len(unmarked)) <= rate)
    return int(enough[0]) if len(enough) else None
