"""Classifiers of real and generated images, each of one kind of evidence, and the files that they are kept in."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from jaxtyping import Float, UInt8
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from gan_jax.errors import InputError
from gan_jax.evaluation.small_classifiers import FAMILIES, Labelled, Trained, fit
from gan_jax.features import random
from gan_jax.features import weights as weight_files
from gan_jax.metrics.spectrum import profile, traces

STEPS = 300  # of the small network
Images = UInt8[np.ndarray, "n height width channels"]


def _random(images: Images) -> Float[np.ndarray, "n features"]:
    return random.make(size=32, batch_size=64)(images)


# What a linear detector looks at.
EVIDENCE: dict[str, Callable[[Images], Float[np.ndarray, "n features"]]] = {
    "spectral": profile,
    "residual": traces,
    "random": _random,
}
KINDS = (*EVIDENCE, "convolutional")


class Detector(NamedTuple):
    """Says of images how much they look generated: higher is more."""

    kind: str
    image_shape: tuple[int, ...]
    arrays: dict[str, np.ndarray]
    threshold: float = 0.0  # above which 5 % of real images are

    def __call__(self, images: Images) -> Float[np.ndarray, "n"]:
        """The log odds by its training, where half were generated."""
        if images.shape[1:] != self.image_shape:
            raise InputError(
                f"The detector was trained on images {list(self.image_shape)}, and these are {list(images.shape[1:])}: "
                "set --resolution and --channels."
            )
        if self.kind in EVIDENCE:
            return _evidence(self.kind, images) @ self.arrays["weight"] + self.arrays["bias"][0]
        file = weight_files.Weights(self.arrays, "", Path(), {})
        shapes = jax.eval_shape(FAMILIES[self.kind](2).init, jax.random.key(0), np.zeros((1, *self.image_shape)))
        logits = Trained(self.kind, 2, weight_files.to_flax(file, shapes)[0])(images)
        return logits[:, 1] - logits[:, 0]


def train(kind: str, real: Images, fake: Images, seed: int = 0) -> Detector:
    """A detector of real images from generated ones."""
    images, labels = np.concatenate([real, fake]), np.repeat([0, 1], [len(real), len(fake)])
    if kind in EVIDENCE:
        return Detector(kind, images.shape[1:], _linear(_evidence(kind, images), labels))
    if kind not in FAMILIES:
        raise InputError(f"There is no detector {kind!r}: there are {', '.join(KINDS)}.")
    trained = fit(kind, [Labelled(images, labels)], 2, steps=STEPS, seed=seed)
    return Detector(kind, images.shape[1:], weight_files.from_flax(jax.device_get(trained.variables)))


def calibrated(detector: Detector, real: Images, rate: float = 0.05) -> Detector:
    """With the threshold that a share of these real images, which it was not trained on, is above."""
    return detector._replace(threshold=float(np.quantile(detector(real), 1 - rate, method="higher")))


def _evidence(kind: str, images: Images) -> Float[np.ndarray, "n features"]:
    return EVIDENCE[kind](images).astype(np.float64)


def _linear(features: Float[np.ndarray, "n features"], labels: np.ndarray) -> dict[str, np.ndarray]:
    """Logistic regression on standardised features, as one linear map of the features themselves."""
    scaler = StandardScaler().fit(features)
    found = LogisticRegression(C=0.1, max_iter=2000, class_weight="balanced").fit(scaler.transform(features), labels)
    weight = found.coef_[0] / scaler.scale_
    return {"weight": weight, "bias": found.intercept_ - weight @ scaler.mean_}


def write(detector: Detector, out: Path, **about: Any) -> str:
    """Keeps a detector and what there is to say of it; returns the SHA-256 of its arrays."""
    more = {"kind": detector.kind, "image_shape": list(detector.image_shape), "threshold": detector.threshold}
    return weight_files.write(out, detector.arrays, **more, **about)


def read(file: Path) -> Detector:
    """A detector that was kept."""
    kept = weight_files.load("detector", str(file))
    missing = {"kind", "image_shape", "threshold"} - kept.about.keys()
    if missing:
        raise InputError(f"{file}: it does not say its {min(missing)}, as the files of `gan-jax detect train` do.")
    return Detector(kept.about["kind"], tuple(kept.about["image_shape"]), kept.arrays, kept.about["threshold"])
