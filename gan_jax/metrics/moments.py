"""Mean and scatter of features in float64, streamed over batches and merged exactly over batches, devices and hosts."""

from functools import reduce
from typing import NamedTuple

import numpy as np
from jax.experimental import multihost_utils
from jaxtyping import Float64

from gan_jax.errors import InputError
from gan_jax.metrics.samples import Features, checked, same_size

_ROWS = 8192  # of a float64 copy at a time


class Moments(NamedTuple):
    """All that a Fréchet distance needs of a set of features."""

    count: int
    mean: Float64[np.ndarray, "size"]
    scatter: Float64[np.ndarray, "size size"]  # the sum over samples of (x - mean)(x - mean)ᵀ

    @property
    def covariance(self) -> Float64[np.ndarray, "size size"]:
        """Unbiased: divided by count - 1, as in TTUR, pytorch-fid and torch-fidelity (StyleGAN divides by count)."""
        if self.count < 2:
            raise InputError(f"A covariance needs at least 2 samples, not {self.count}.")
        return self.scatter / (self.count - 1)


def measure(features: Features) -> Moments:
    """The moments of a set of one sample or more."""
    features = checked(features, "given", at_least=1)
    return reduce(merge, (_measure(features[start : start + _ROWS]) for start in range(0, len(features), _ROWS)))


def _measure(features: np.ndarray) -> Moments:
    mean = features.mean(axis=0, dtype=np.float64)
    centred = features - mean
    return Moments(len(features), mean, centred.T @ centred)


def merge(first: Moments, second: Moments) -> Moments:
    """The moments of both sets together (Chan, Golub and LeVeque, 1983).

    Equal to one pass over all samples, in any order and grouping, to float64 rounding.
    """
    same_size(len(first.mean), len(second.mean))
    count = first.count + second.count
    shift = second.mean - first.mean
    mean = first.mean + shift * (second.count / count)
    scatter = np.outer(shift * (first.count * second.count / count), shift)
    scatter += first.scatter
    scatter += second.scatter
    return Moments(count, mean, scatter)


def update(moments: Moments | None, batch: Features) -> Moments:
    """Takes one more batch of any size in; `None` is the moments of nothing.

    A call costs size² beside the batch's own product: with 2048 features, feed it some hundred rows at a time.
    """
    return measure(batch) if moments is None else merge(moments, measure(batch))


def merge_hosts(moments: Moments) -> Moments:
    """The moments of the samples of all hosts together, the same bits on each; every host must call it."""
    # JAX would round float64 to float32 on the way, so the bits travel as uint32.
    gathered = multihost_utils.process_allgather(
        tuple(np.atleast_1d(np.asarray(leaf, np.float64)).view(np.uint32) for leaf in moments), tiled=False
    )
    counts, means, scatters = (np.ascontiguousarray(leaf).view(np.float64) for leaf in gathered)
    size = len(moments.mean)
    hosts = zip(counts.reshape(-1), means.reshape(-1, size), scatters.reshape(-1, size, size), strict=True)
    return reduce(merge, (Moments(int(count), mean, scatter) for count, mean, scatter in hosts))
