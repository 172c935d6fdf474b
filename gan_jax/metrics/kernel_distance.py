"""The kernel distance: an unbiased squared maximum mean discrepancy with a cubic kernel."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float64
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.metrics.samples import Estimate, Features, checked_pair


def kernel_distance(
    real: Features, fake: Features, *, subsets: int = 100, subset_size: int = 1000, seed: int = 2020
) -> Estimate:
    """The mean of `squared_mmd` over random subsets, and its standard deviation over them (KID, arXiv 1801.01401).

    Unbiased at any sample size, so it can be below 0. Subsets are drawn without replacement and in the order of
    torch-fidelity, whose value it reproduces; the deviation is that of one subset, not of the mean.
    """
    real, fake = checked_pair(real, fake)
    if min(len(real), len(fake)) < subset_size:
        raise InputError(
            f"subset_size={subset_size} is more than the {len(real)} real or {len(fake)} fake samples; make it smaller."
        )
    if subset_size < 2 or subsets < 1:
        raise InputError(f"subsets={subsets} of subset_size={subset_size}: give 1 subset or more of 2 samples or more.")
    random = np.random.RandomState(seed)  # a frozen stream, and that of the published values
    values = []
    for _ in tqdm(range(subsets), "kernel distance", leave=False, disable=None):
        chosen = [random.choice(len(side), subset_size, replace=False) for side in (real, fake)]
        values.append(squared_mmd(real[chosen[0]], fake[chosen[1]]))
    return Estimate(float(np.mean(values)), float(np.std(values)))


def squared_mmd(real: Features, fake: Features) -> float:
    """Unbiased MMD² under k(x, y) = (x·y/size + 1)³ (Gretton et al., 2012, lemma 6; Bińkowski et al., 2018).

    Float32 features are multiplied as such, but centred; all else is float64. The error is about 1e-10.
    """
    real, fake = checked_pair(real, fake)
    centre = real.mean(axis=0)
    real, fake = _Centred.of(real, centre), _Centred.of(fake, centre)
    return float(_mean_of_others(real) + _mean_of_others(fake) - 2 * np.mean(_cubic(real, fake)))


class _Centred(NamedTuple):
    """Rows less a centre c, and the x·c + c·c/2 of each, so that a pair's product is x·y and the two of these."""

    rows: Float[np.ndarray, "number size"]
    shift: Float64[np.ndarray, "number"]

    @classmethod
    def of(cls, features: np.ndarray, centre: np.ndarray) -> "_Centred":
        rows, centre64 = features - centre, centre.astype(np.float64)
        return cls(rows, rows @ centre64 + centre64 @ centre64 / 2)


def _mean_of_others(samples: _Centred) -> float:
    """The mean kernel over pairs of different samples: the diagonal is what makes the plain mean biased."""
    kernel, count = _cubic(samples, samples), len(samples.rows)
    return (kernel.sum() - np.trace(kernel)) / (count * (count - 1))


def _cubic(first: _Centred, second: _Centred) -> Float64[np.ndarray, "first second"]:
    product = (first.rows @ second.rows.T).astype(np.float64)
    product += first.shift[:, None]
    product += second.shift
    product /= first.rows.shape[1]
    product += 1
    return product * product * product
