"""Image files of one's own, and beside each what an autoencoder makes of it."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from jaxtyping import Integer, UInt8

from gan_jax.data import dataset as datasets
from gan_jax.data.dataset import Dataset
from gan_jax.data.sources import images
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler


def open_files(sampler: Sampler, path: Path, *, labelled: bool) -> Dataset:
    """The images of a folder or zip, cropped and resized to what the model takes; with their classes if `labelled`."""
    height, width, channels = sampler.facts["image_shape"]
    source = images.make(str(path), class_depth=int(labelled))
    return datasets.make(source, resolution=(height, width), channels=channels)


def own_labels(sampler: Sampler, data: Dataset) -> Integer[np.ndarray, "n"]:
    """The model's number of each image's class, found by the name of the class."""
    if not data.num_classes:
        raise InputError("This model is conditional and the images are in no sub-folders of classes: give --labels.")
    known = list(sampler.facts["classes"])
    unknown = [name for name in data.classes if name not in known]
    if unknown:
        raise InputError(f"The images are of the class {unknown[0]!r}, which is none of the model's: {known}.")
    return np.array([known.index(name) for name in data.classes])[data.source.labels]


def pairs(
    sampler: Sampler, data: Dataset, labels: Integer[np.ndarray, "n"] | None, batch_size: int
) -> Iterator[UInt8[np.ndarray, "n height twice_width channels"]]:
    """Each image with its reconstruction to the right of it, in parts of `batch_size`."""
    for start in range(0, len(data), batch_size):
        rows = slice(start, start + batch_size)
        real = np.stack([data.example(i)["image"] for i in range(len(data))[rows]])
        rebuilt = sampler.reconstruct(real, None if labels is None else labels[rows])
        yield np.concatenate([real, rebuilt], axis=2)
