"""Our metrics against torch-fidelity and prdc on the same random features: prints both values and their difference.

    python benchmarks/parity/feature_metrics.py

Needs torch, torch-fidelity and prdc beside the package. The peers' values, to 9 digits, are the golden numbers of
tests/metrics/test_golden.py, which needs none of them.
"""

import io
import sys
from contextlib import redirect_stdout

import numpy as np
import torch
from prdc import compute_prdc
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.frechet_distance import frechet_distance
from gan_jax.metrics.inception_score import inception_score
from gan_jax.metrics.kernel_distance import kernel_distance
from gan_jax.metrics.precision_recall import precision_recall

TOLERANCE = 1e-6


def features() -> tuple[np.ndarray, np.ndarray]:
    """Two skewed sets, 700 and 600 samples of 64 dimensions, that neither coincide nor part."""
    random = np.random.RandomState(0)
    real = random.standard_normal((700, 64)) ** 2 * np.linspace(0.2, 1, 64)
    fake = random.standard_normal((600, 64)) ** 2 * np.linspace(0.3, 0.9, 64) + 0.05
    return real, fake


def peers(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    tensors = torch.from_numpy(real), torch.from_numpy(fake)
    with redirect_stdout(io.StringIO()):
        fid = fid_statistics_to_metric(*(fid_features_to_statistics(side) for side in tensors), verbose=False)
        isc = isc_features_to_metric(tensors[0])
        kid = kid_features_to_metric(*tensors, kid_subsets=10, kid_subset_size=300, rng_seed=2020, verbose=False)
        prc = prc_features_to_metric(*tensors[::-1], prc_neighborhood=3, prc_batch_size=10000, verbose=False)
        prdc = compute_prdc(real, fake, nearest_k=5)
    return {
        "frechet_distance": fid["frechet_inception_distance"],
        "inception_score": isc["inception_score_mean"],
        "inception_score sd": isc["inception_score_std"],
        "kernel_distance": kid["kernel_inception_distance_mean"],
        "kernel_distance sd": kid["kernel_inception_distance_std"],
        "precision k=3 closed": prc["precision"],
        "recall k=3 closed": prc["recall"],
        **{f"{name} k=5 open": float(value) for name, value in prdc.items()},
    }


def ours(real: np.ndarray, fake: np.ndarray) -> dict[str, float]:
    isc, kid = inception_score(real), kernel_distance(real, fake, subsets=10, subset_size=300)
    closed, opened = precision_recall(real, fake), precision_recall(real, fake, k=5, closed=False)
    density, coverage = density_coverage(real, fake)
    return {
        "frechet_distance": frechet_distance(real, fake).value,
        "inception_score": isc.value,
        "inception_score sd": isc.sd,
        "kernel_distance": kid.value,
        "kernel_distance sd": kid.sd,
        "precision k=3 closed": closed.precision.value,
        "recall k=3 closed": closed.recall.value,
        "precision k=5 open": opened.precision.value,
        "recall k=5 open": opened.recall.value,
        "density k=5 open": density.value,
        "coverage k=5 open": coverage.value,
    }


def main() -> int:
    real, fake = features()
    theirs, mine = peers(real, fake), ours(real, fake)
    worst = 0.0
    for name, value in theirs.items():
        difference = abs(mine[name] - value) / abs(value)
        worst = max(worst, difference)
        print(f"{name:24} peer {value:.9g}  ours {mine[name]:.9g}  relative difference {difference:.1e}")
    print("agree" if worst < TOLERANCE else f"DISAGREE by {worst:.1e}")
    return int(worst >= TOLERANCE)


if __name__ == "__main__":
    sys.exit(main())
