"""Are the quickstart's digits real digits?    python benchmarks/quickstart_quality.py runs/quickstart [MORE RUNS]

The features are the pixels. A run is held against the training split, which knows the law of the data as well as 1,437
examples can: it and the first 1,437 samples are both compared with the 360 held-out digits.
"""

import argparse
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int
from sklearn.svm import SVC

from gan_jax import load
from gan_jax.data import dataset
from gan_jax.data.sources import tfds
from gan_jax.metrics.density_coverage import density_coverage
from gan_jax.metrics.distances import nearest
from gan_jax.metrics.precision_recall import precision_recall

SAMPLES = 2000  # seeds 0 to 1999, labels balanced


class Digits(NamedTuple):
    """Images as rows of 64 pixels in [0, 1]."""

    pixels: Float[np.ndarray, "n 64"]
    labels: Int[np.ndarray, "n"]


def real(split: str) -> Digits:
    arrays = dataset.make(tfds.make("digits", split=split)).arrays()
    return Digits(rows(arrays["image"]), arrays["label"])


def rows(images: np.ndarray) -> np.ndarray:
    """Box-averages images of 8x8, 16x16, ... pixels to 8x8."""
    count, height, width, _ = images.shape
    boxes = images.reshape(count, 8, height // 8, 8, width // 8).astype(np.float64)
    return boxes.mean(axis=(2, 4)).reshape(count, 64) / 255


def diversity(train: Digits, test: Digits, pixels: np.ndarray) -> dict[str, float]:
    """What can be asked of the training split as well as of samples."""
    return {
        "precision": precision_recall(train.pixels, pixels).precision.value,
        "recall": precision_recall(test.pixels, pixels).recall.value,
        "density": density_coverage(test.pixels, pixels).density.value,
        "coverage": density_coverage(test.pixels, pixels).coverage.value,
    }


def copies(train: Digits, pixels: np.ndarray) -> dict[str, float]:
    """Distances to the nearest training example; copies would make them small."""
    distance = nearest(pixels, train.pixels, 1).distance[:, 0]
    return {"nearest median": float(np.median(distance)), "nearest 1st decile": float(np.quantile(distance, 0.1))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("workdirs", nargs="+", type=Path)
    train, test = real("train"), real("test")
    reader = SVC(gamma=0.256, C=10.0).fit(train.pixels, train.labels)

    # Training examples lie in their own balls, so for precision the test split is what samples can be held against.
    table = {
        "train split": diversity(train, test, train.pixels) | {"precision": float("nan")},
        "test split": {
            "accuracy": reader.score(test.pixels, test.labels),
            "precision": precision_recall(train.pixels, test.pixels).precision.value,
        }
        | copies(train, test.pixels),
    }
    runs = []
    for workdir in parser.parse_args().workdirs:
        sampler = load(workdir)
        samples = Digits(rows(sampler(range(SAMPLES))), np.arange(SAMPLES) % 10)
        found = diversity(train, test, samples.pixels[: len(train.pixels)]) | copies(train, samples.pixels)
        found["accuracy"] = reader.score(samples.pixels, samples.labels)
        for name in ("coverage", "recall"):
            found[f"{name} / train's"] = found[name] / table["train split"][name]
        table[sampler.name] = found
        runs.append(found)
    columns = list(runs[0])
    width = max(map(len, table)) + 2
    print(" " * width + "  ".join(columns))
    for name, values in table.items():
        print(name.ljust(width) + "  ".join(f"{values.get(c, float('nan')):{len(c)}.3f}" for c in columns))


if __name__ == "__main__":
    main()
