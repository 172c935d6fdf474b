"""Seconds of the metrics on features beside torch-fidelity's and prdc's, alternating in one run; minima over rounds.

    python benchmarks/metrics.py [--number 10000] [--size 2048] [--subsets 100] [--rounds 3] [--only frechet,kernel]

Features are float32, as networks give them, and the values of both sides are printed so that one sees the same thing
timed. On a machine shared with others, processor seconds on one thread (OPENBLAS_NUM_THREADS=1) are steadier.
Needs torch, torch-fidelity and prdc beside the package; without them it times ours alone.
"""

import argparse
import io
import time
from collections.abc import Callable
from contextlib import redirect_stdout

import jax
import numpy as np

from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.frechet_distance import frechet_distance
from gan_jax.metrics.kernel_distance import kernel_distance
from gan_jax.metrics.moments import measure
from gan_jax.metrics.precision_recall import precision_recall

Scores = dict[str, float]


def ours(real: np.ndarray, fake: np.ndarray, subsets: int) -> dict[str, Callable[[], Scores]]:
    def prdc() -> Scores:
        (precision, recall), (density, coverage) = (
            precision_recall(real, fake, k=5, closed=False),
            density_coverage(real, fake),
        )
        return {"P": precision.value, "R": recall.value, "D": density.value, "C": coverage.value}

    def closed() -> Scores:
        precision, recall = precision_recall(real, fake)
        return {"P": precision.value, "R": recall.value}

    return {
        "frechet": lambda: {"FD": frechet_distance(measure(real), measure(fake)).value},
        "kernel": lambda: {"KD": kernel_distance(real, fake, subsets=subsets, subset_size=min(1000, len(real))).value},
        "prdc": prdc,
        "precision_recall": closed,
    }


def peers(real: np.ndarray, fake: np.ndarray, subsets: int) -> dict[str, Callable[[], Scores]]:
    try:
        import torch
        from prdc import compute_prdc
        from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
        from torch_fidelity.metric_kid import kid_features_to_metric
        from torch_fidelity.metric_prc import prc_features_to_metric
    except ImportError as error:
        print(f"no peers: {error}")
        return {}
    tensors = torch.from_numpy(real), torch.from_numpy(fake)

    def frechet() -> Scores:
        statistics = [fid_features_to_statistics(side) for side in tensors]
        return {"FD": fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]}

    def kernel() -> Scores:
        size = min(1000, len(real))
        scores = kid_features_to_metric(
            *tensors, kid_subsets=subsets, kid_subset_size=size, rng_seed=2020, verbose=False
        )
        return {"KD": scores["kernel_inception_distance_mean"]}

    def prdc() -> Scores:
        with redirect_stdout(io.StringIO()):
            scores = compute_prdc(real, fake, nearest_k=5)
        return {name[0].upper(): float(value) for name, value in scores.items()}

    def closed() -> Scores:
        scores = prc_features_to_metric(*tensors[::-1], prc_neighborhood=3, prc_batch_size=10000, verbose=False)
        return {"P": scores["precision"], "R": scores["recall"]}

    return {"frechet": frechet, "kernel": kernel, "prdc": prdc, "precision_recall": closed}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--number", type=int, default=10_000)
    parser.add_argument("--size", type=int, default=2048)
    parser.add_argument("--subsets", type=int, default=100, help="of the kernel distance")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="frechet,kernel,prdc,precision_recall")
    flags = parser.parse_args()
    rng = np.random.default_rng(0)
    # As correlated as the features of a network: variances fall off, and values are not negative.
    spread = np.geomspace(1, 1e-2, flags.size)
    real, fake = (np.abs(rng.standard_normal((flags.number, flags.size)) * spread).astype(np.float32) for _ in range(2))
    print(f"{flags.number} x {flags.size} float32, {jax.devices()[0].device_kind}, minima of {flags.rounds} rounds")
    sides = {"ours": ours(real, fake, flags.subsets), "peer": peers(real, fake, flags.subsets)}
    for name in flags.only.split(","):
        best, scores = {}, {}
        for _ in range(flags.rounds):
            for side, functions in sides.items():
                if name in functions:
                    start = np.array([time.perf_counter(), time.process_time()])
                    scores[side] = functions[name]()
                    spent = np.array([time.perf_counter(), time.process_time()]) - start
                    best[side] = np.minimum(best.get(side, np.inf), spent)
        ratio = "  ours/peer {:.2f}, processor {:.2f}".format(*best["ours"] / best["peer"]) if "peer" in best else ""
        seconds = "  ".join(f"{side} {wall:.2f} s" for side, (wall, _) in best.items())
        values = "  ".join(
            f"{side} " + " ".join(f"{k}={v:.7g}" for k, v in found.items()) for side, found in scores.items()
        )
        print(f"{name:17} {seconds}{ratio}   {values}", flush=True)


if __name__ == "__main__":
    main()
