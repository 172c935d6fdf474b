"""The Inception score: classes that are certain for each image and many over all images."""

from itertools import pairwise

import numpy as np
from scipy.special import log_softmax, logsumexp

from gan_jax.errors import InputError
from gan_jax.metrics.samples import Estimate, Features, checked


def inception_score(logits: Features, *, splits: int = 10, seed: int = 2020) -> Estimate:
    """exp(mean KL(p(class | image) ‖ p(class))) of each split; mean and deviation over splits (arXiv 1606.03498).

    Float64 from logits, shuffled and split as in torch-fidelity. Between 1 and the number of classes; comparable with
    published values for the bias-free logits of the 2015-12-05 Inception network only. It looks at no real image.
    """
    logits = checked(logits, "class logit", at_least=1).astype(np.float64)
    if not 1 <= splits <= len(logits):
        raise InputError(f"splits={splits} of {len(logits)} samples: give between 1 and {len(logits)} splits.")
    order = np.random.RandomState(seed).permutation(len(logits))
    conditional = log_softmax(logits[order], axis=1)
    bounds = np.arange(splits + 1) * len(logits) // splits
    scores = [_score(conditional[start:stop]) for start, stop in pairwise(bounds)]
    return Estimate(float(np.mean(scores)), float(np.std(scores)))


def _score(conditional: np.ndarray) -> float:
    marginal = logsumexp(conditional, axis=0) - np.log(len(conditional))
    return float(np.exp(np.mean(np.sum(np.exp(conditional) * (conditional - marginal), axis=1))))
