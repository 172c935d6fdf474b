"""Sets of images to be compared: folders, zips, npz files, data sources and trained runs, in one form."""

import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Integer, UInt8
from tqdm import tqdm

from gan_jax.config import experiment, schema, trust, words
from gan_jax.config import files as configs
from gan_jax.config.calls import build, resolve
from gan_jax.config.packages import PACKAGES
from gan_jax.data import dataset as datasets
from gan_jax.data.dataset import Dataset
from gan_jax.data.jpegs import has_jpeg
from gan_jax.data.sources import Source
from gan_jax.errors import InputError, printable
from gan_jax.evaluation.examples import Examples, some_of
from gan_jax.sampling.load import load
from gan_jax.sampling.sampler import Sampler

log = logging.getLogger(__name__)

BLOCK = 1024  # images in memory at a time


class Block(NamedTuple):
    """Some images of a set, one after another."""

    images: UInt8[np.ndarray, "block height width channels"]
    labels: Integer[np.ndarray, "block"] | None  # None without classes


class ImageSet(NamedTuple):
    """Images of one shape that can be read again and again, block by block."""

    name: str
    count: int
    image_shape: tuple[int, int, int]
    blocks: Callable[[], Iterator[Block]]
    split: str  # which part of a larger set, "generated" for a model's
    seeds: str  # of generated images
    lossy: bool  # whether there are JPEG files in it
    examples: Examples | None = None  # of data, with all their columns

    def content(self, *, progress: bool = False) -> str:
        """SHA-256 of all pixels and labels in their order: what a cache of the set's features is keyed by."""
        digest = hashlib.sha256(repr((self.count, self.image_shape)).encode())
        with tqdm(total=self.count, desc=f"Reading {self.name}", unit="image", delay=2, disable=not progress) as bar:
            for images, labels in self.blocks():
                digest.update(np.ascontiguousarray(images).tobytes())
                digest.update(b"" if labels is None else labels.astype(np.int64).tobytes())
                bar.update(len(images))
        return digest.hexdigest()

    def whole(self) -> Block:
        """All images in memory at once."""
        blocks = list(self.blocks())
        labels = None if blocks[0].labels is None else np.concatenate([block.labels for block in blocks])
        return Block(np.concatenate([block.images for block in blocks]), labels)


def parse(spec: str, resolution: tuple[int, int] | None = None, channels: int = 0, count: int = 0) -> ImageSet:
    """The set that a command-line argument means.

    `run:DIR` is a run's newest checkpoint, `run:DIR@STEP` or `run:DIR@best` another of its; a path is a folder, zip or
    npz file; anything else is a data source with its settings, `tfds(dataset="digits", split="test")`.
    `count` limits the images, of a run it is how many are drawn (default 10,000).
    """
    if is_run(spec):
        return of_sampler(load_run(spec), count or 10_000)
    section = _section(spec)
    data = datasets.make(_source(section), resolution=resolution, channels=channels)
    return of_data(data, spec, section.get("split", "all"), count)


def labelled(sampler: Sampler, spec: str | None) -> Dataset:
    """The data source that a command-line argument means, at the size of the run's images; None: the run's data."""
    return sampler.data if spec is None else sampler.data.like(_source(_section(spec)))


def is_run(spec: str) -> bool:
    """Whether a command-line argument means a run."""
    return spec.startswith("run:")


def load_run(spec: str) -> Sampler:
    """The model of `run:DIR`, `run:DIR@STEP` or `run:DIR@best`."""
    folder, step = _folder_and_step(spec)
    number = None if step in ("", "best") else _whole_number(step, spec)
    return load(folder, step=number, best=step == "best")


def folder_of_run(spec: str) -> Path:
    """The folder DIR of these."""
    return _folder_and_step(spec)[0]


def _folder_and_step(spec: str) -> tuple[Path, str]:
    """DIR and what follows its last @; a folder's own name may hold an @ too."""
    whole = Path(os.path.expanduser(spec.removeprefix("run:")))
    folder, at, step = str(whole).rpartition("@")
    return (Path(folder), step) if at and "/" not in step and not os.path.isdir(whole) else (whole, "")


def _whole_number(text: str, spec: str) -> int:
    if not re.fullmatch("[0-9]{1,18}", text):
        raise InputError(f"{spec}: what follows @ should be a step or 'best'.")
    return int(text)


def _section(spec: str) -> dict[str, Any]:
    path = Path(os.path.expanduser(spec))
    if os.path.isdir(path / "checkpoints"):
        raise InputError(f"{spec} is the folder of a run: write run:{spec}.")
    if os.path.exists(path):  # False of one that is too long to be a path
        section = {"name": "npz" if path.suffix.lower() in (".npz", ".npy") else "images", "path": str(path)}
    else:
        section = _in_words(spec)
    return resolve(section, "source", PACKAGES["source"])


def _in_words(spec: str) -> dict[str, Any]:
    try:
        return words.section(spec)
    except InputError:
        raise InputError(
            f"{spec!r} is neither a file or folder, nor run:DIR, nor a data source such as "
            'tfds(dataset="digits", split="test").'
        ) from None


def _source(section: dict[str, Any]) -> Source:
    return build(section, "source", PACKAGES["source"], {})


def data_of_run(spec: str, count: int = 0) -> ImageSet:
    """The data that the run `run:DIR` was trained on."""
    return _of_config(_config_of_run(spec), count)


def held_out_data_of_run(spec: str, count: int = 0) -> ImageSet | None:
    """What a run's data source holds beside the split that it was trained on, if it can be told."""
    config = _config_of_run(spec)
    source = config["data"]["source"]
    rest = schema.held_out(source)
    if rest is None:
        return None
    config["data"]["source"] = rest
    try:
        return _of_config(config, count)
    except InputError as error:
        log.info("No held-out images beside the training data: %s", error)
        return None


def _config_of_run(spec: str) -> dict[str, Any]:
    file = folder_of_run(spec) / "config.json"
    if not os.path.isfile(file):
        raise InputError(f"{spec}: there is no run, for there is no file {file}.")
    config = configs.read(file)
    trust.check(config, str(file))
    return config


def _of_config(config: dict[str, Any], count: int) -> ImageSet:
    source = config["data"]["source"]
    split = source.get("split", "all")
    return of_data(experiment.make_data(config), f"{source['name']}, {split}", split, count)


def of_data(data: Dataset, name: str, split: str = "all", count: int = 0) -> ImageSet:
    """A data set, or `count` of its images by a fixed shuffle, so that a sorted set keeps all its classes."""
    examples = some_of(data, count)
    chosen, count = examples.chosen, len(examples.chosen)

    def read(i: np.int64) -> dict[str, np.ndarray]:
        return data.example(int(i), (int(i),))  # of random crops one for each image, always the same

    def blocks() -> Iterator[Block]:
        with ThreadPoolExecutor(os.cpu_count()) as pool:
            for start in range(0, count, BLOCK):
                read_now = list(pool.map(read, chosen[start : start + BLOCK]))
                labels = np.array([example["label"] for example in read_now]) if data.num_classes else None
                yield Block(np.stack([example["image"] for example in read_now]), labels)

    return ImageSet(
        name=printable(name),
        count=count,
        image_shape=data.image_shape,
        blocks=blocks,
        split=split,
        seeds="",
        lossy=has_jpeg(data.source),
        examples=examples,
    )


def of_sampler(
    sampler: Sampler, count: int, labels: Integer[np.ndarray, "count"] | None = None, **options: Any
) -> ImageSet:
    """The images of seeds 0 to count - 1, their classes by default in turn."""
    output = sampler.output()
    if output.kind != "image":
        raise InputError(f"{sampler.name} draws no pictures but {output.dtype} {list(output.shape)}.")

    def blocks() -> Iterator[Block]:
        parts = sampler.stream(range(count), {} if labels is None else {"label": labels}, batch_size=BLOCK, **options)
        in_turn = np.arange(count) % sampler.num_classes if sampler.num_classes else None
        asked = in_turn if labels is None else labels
        for start, images in zip(range(0, count, BLOCK), parts, strict=True):
            yield Block(images, None if asked is None else asked[start : start + len(images)])

    return ImageSet(
        name=printable(f"run: {sampler.name}"),
        count=count,
        image_shape=output.shape,
        blocks=blocks,
        split="generated",
        seeds=f"0-{count - 1}",
        lossy=False,
    )
