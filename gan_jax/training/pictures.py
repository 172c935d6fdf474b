"""Which images a run shows: the same seeds each time, one row per class where there are classes."""

from typing import NamedTuple

import numpy as np
from jaxtyping import UInt8

from gan_jax.data import order
from gan_jax.data.dataset import Dataset
from gan_jax.sampling.sampler import Sampler


class Picture(NamedTuple):
    """Images to be laid out row by row."""

    images: UInt8[np.ndarray, "n height width channels"]
    columns: int


def generated(sampler: Sampler, count: int) -> Picture:
    """About `count` generated images; a column has the same seed for every class."""
    if sampler.num_classes:
        columns = _columns(count, sampler.num_classes)
        labels = np.repeat(np.arange(sampler.num_classes), columns)
        return Picture(sampler(np.tile(np.arange(columns), sampler.num_classes), labels), columns)
    return Picture(sampler(range(count)), _columns(count, 0))


def real(data: Dataset, num_classes: int, count: int, seed: int) -> Picture:
    """About `count` images of the data in the order of training, laid out like the generated ones."""
    columns = _columns(count, num_classes)
    rows: dict[int, list[np.ndarray]] = {label: [] for label in range(max(num_classes, 1))}
    room = columns if num_classes else count
    for i in order.indices(seed, 0, min(len(data), 20 * count), len(data)):
        example = data.example(int(i), (seed, int(i)))
        row = rows[int(example["label"]) if num_classes else 0]
        if len(row) < room:
            row.append(example["image"])
        if all(len(row) == room for row in rows.values()):
            break
    blank = np.zeros(data.image_shape, np.uint8)
    return Picture(
        np.stack([image for row in rows.values() for image in [*row, *[blank] * (room - len(row))]]), columns
    )


def _columns(count: int, num_classes: int) -> int:
    return max(1, count // num_classes) if num_classes else int(np.ceil(np.sqrt(count)))
