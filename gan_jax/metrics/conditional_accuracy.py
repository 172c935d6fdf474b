"""Whether a classifier reads in an image the class that it was made for."""

import numpy as np

from gan_jax.errors import InputError
from gan_jax.metrics.samples import Estimate, proportion


def conditional_accuracy(logits: np.ndarray, labels: np.ndarray) -> Estimate:
    """The share of images [N, classes] whose largest logit is their label's, with its binomial standard error.

    The classifier was trained on real images. It says nothing of variety: one good image per class scores 1 (Ravuri &
    Vinyals 2019, https://arxiv.org/abs/1905.10887, train on generated images and test on real ones for that).
    """
    if len(logits) != len(labels) or len(labels) == 0:
        raise InputError(f"conditional_accuracy: {len(logits)} images have {len(labels)} labels")
    if labels.max() >= logits.shape[1]:
        raise InputError(
            f"conditional_accuracy: label {labels.max()} is none of the classifier's {logits.shape[1]} classes; "
            "it was trained on another set"
        )
    return proportion(np.argmax(logits, axis=1) == labels)
