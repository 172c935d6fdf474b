"""scikit-learn's handwritten digits as a TFDS builder: 1,797 grey images of 8x8, with no download."""

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image

from gan_jax.data import order

TEST_EXAMPLES = 360  # of 1,797, by a fixed shuffle


class Digits(tfds.core.GeneratorBasedBuilder):
    """Optical recognition of handwritten digits (Alpaydin & Kaynak, 1998), pixels scaled from 0..16 to 0..255."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self) -> tfds.core.DatasetInfo:
        features = {"image": tfds.features.Image(shape=(8, 8, 1)), "label": tfds.features.ClassLabel(num_classes=10)}
        return tfds.core.DatasetInfo(builder=self, features=tfds.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        shuffled = order.permutation(1797)
        return {
            "train": self._generate_examples(shuffled[TEST_EXAMPLES:]),
            "test": self._generate_examples(shuffled[:TEST_EXAMPLES]),
        }

    def _generate_examples(self, chosen: np.ndarray):
        from sklearn.datasets import load_digits

        digits = load_digits()
        pixels = np.rint(digits.images * (255 / 16)).astype(np.uint8)
        for i in chosen.tolist():
            yield i, {"image": Image.fromarray(pixels[i]), "label": int(digits.target[i])}
