"""The kernel distance: an unbiased squared maximum mean discrepancy with a cubic kernel."""

import numpy as np
from jaxtyping import Float64
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

    Float32 features are multiplied as such, but centred; all else is float64. The error is about 1e-11.
    """
    real, fake = checked_pair(real, fake)
    centre = np.concatenate([real, fake]).mean(axis=0, dtype=np.float64).astype(np.result_type(real, fake))
    real, fake = real - centre, fake - centre
    within = _mean_of_others(real, centre) + _mean_of_others(fake, centre)
    return float(within - 2 * np.mean(_cubic(real, fake, centre)))


def _mean_of_others(samples: np.ndarray, centre: np.ndarray) -> float:
    """The mean kernel over pairs of different samples: the diagonal is what makes the plain mean biased."""
    kernel = _cubic(samples, samples, centre)
    return (kernel.sum() - np.trace(kernel)) / (len(samples) * (len(samples) - 1))


def _cubic(first: np.ndarray, second: np.ndarray, centre: np.ndarray) -> Float64[np.ndarray, "first second"]:
    """The kernel of rows that were centred, from (x + c)·(y + c) = x·y + x·c + y·c + c·c."""
    centre = centre.astype(np.float64)
    product = (first @ second.T).astype(np.float64)
    product += (first @ centre)[:, None] + (second @ centre + centre @ centre)
    product /= len(centre)
    product += 1
    return product * product * product
