"""What the metrics say of real images, and of the same images spoiled in known ways.

    python benchmarks/real_sets.py --data FOLDER [--count 2000] [--few 1000] [--out rows.json]

FOLDER holds fashion_mnist_train.npz, cifar10_train_jpeg.npz (npz files as the source `npz` reads them; a missing one is
left out) and weights_squeezenet1_1_lpips.npz. A set is cut by a fixed shuffle into a training part, a held-out part, a
fresh part that stands for what a perfect generator would give, and 10,000 other images that train the classifier.
"""

import io
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter
from tables import parser, publish

from gan_jax.data import dataset
from gan_jax.data.sources import npz
from gan_jax.evaluation import train_classifier as classifier
from gan_jax.evaluation.comparison import Compared, compare
from gan_jax.evaluation.extraction import Extracted
from gan_jax.features import Features, random, squeezenet
from gan_jax.features.classifier import from_weights
from gan_jax.metrics.kernel_distance import kernel_distance

SETS = {"Fashion-MNIST": "fashion_mnist_train.npz", "CIFAR-10 (JPEG)": "cifar10_train_jpeg.npz"}
METRICS = ("fd", "fd_infinite", "precision_recall", "density_coverage", "mind", "authenticity", "copying_score")
TO_LEARN = 10_000  # images that the classifier is trained on


def spoiled(train: np.ndarray, fresh: np.ndarray, half: np.ndarray) -> dict[str, np.ndarray]:
    """The sets that are held against the training part."""
    count = len(fresh)
    noise = np.random.default_rng(0).normal(0, 10, fresh.shape)
    return {
        "fresh": fresh,
        "JPEG 75": np.stack([jpeg(image) for image in fresh]),
        "blurred, 0.7 px": np.round(gaussian_filter(fresh.astype(float), (0, 0.7, 0.7, 0))).astype(np.uint8),
        "noisy, 10 levels": np.clip(np.round(fresh + noise), 0, 255).astype(np.uint8),
        "5 of 10 classes": half,
        "half copied": np.concatenate([fresh[: count // 2], train[: count - count // 2]]),
        "copied twice": train[np.arange(count) % (count // 2)],
    }


def jpeg(image: np.ndarray) -> np.ndarray:
    stream = io.BytesIO()
    Image.fromarray(image.squeeze()).save(stream, "jpeg", quality=75)
    return np.asarray(Image.open(stream)).reshape(image.shape)


def measure(name: str, file: Path, network: Features | None, count: int) -> Iterator[dict[str, Any]]:
    """A row for each spoiled set; without a network, with that of a classifier trained here."""
    arrays = dataset.make(npz.make(str(file), split=f"[:{5 * count + TO_LEARN}]")).arrays()
    images, labels = arrays["image"], arrays["label"]
    order = np.random.default_rng(0).permutation(len(images))
    train, held_out, fresh, rest, learn = np.split(order, np.cumsum([count, count, count, 2 * count]))
    half = rest[labels[rest] < 5][:count]
    if network is None:
        tests = dict(test_images=images[held_out], test_labels=labels[held_out])
        network = from_weights(classifier.train(images[learn], labels[learn], **tests, progress=False))
    began = time.monotonic()
    real, other = (Extracted(network(images[part]), None, None) for part in (train, held_out))
    for kind, fake in spoiled(images[train], images[fresh], images[half]).items():
        compared = Compared(real, Extracted(network(fake), None, None), other, network, images.shape[1:])
        found = {result.metric: result.value for result in compare(compared, METRICS)}
        kernel = kernel_distance(real.features, compared.fake.features, subsets=10, subset_size=count // 2)
        yield {
            "data": name,
            "features": f"{network.name} {network.identity['weights_sha256'][:8]}",
            "n": count,
            "set": kind,
            "FD": found[network.frechet_name],
            "FD∞": found[f"{network.frechet_name}_infinite"],
            "KD x 1000": 1000 * kernel.value,
            **{metric: found[metric] for metric in ("precision", "recall", "density", "coverage", "mind")},
            "AuthPct": found["authenticity"],
            "C_T": found["copying_score"],
            "s": time.monotonic() - began,
        }
        began = time.monotonic()


def main() -> None:
    arguments = parser(__doc__)
    arguments.add_argument("--data", type=Path, required=True, help="the folder of the sets")
    arguments.add_argument("--count", type=int, default=2000, help="images of each part")
    arguments.add_argument("--few", type=int, default=1000, help="the same for squeezenet, which sees 224 pixels")
    flags = arguments.parse_args()
    networks = [(random.make(), flags.count), (None, flags.count)]
    weights = flags.data / "weights_squeezenet1_1_lpips.npz"
    if weights.is_file():
        networks.append((squeezenet.make(str(weights)), flags.few))
    files = {name: flags.data / file for name, file in SETS.items() if (flags.data / file).is_file()}
    rows = []
    for network, count in networks:
        for name, file in files.items():
            rows += measure(name, file, network, count)
            publish(rows, flags.out)


if __name__ == "__main__":
    main()
