"""Sets of images to be compared: folders, zips, npz files, data sources and trained runs, in one form."""

import ast
import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import UInt8

from gan_jax import config as configs
from gan_jax import experiment, sampling
from gan_jax.build import PACKAGES, build, resolve
from gan_jax.data import dataset as datasets
from gan_jax.data.dataset import Dataset
from gan_jax.errors import InputError
from gan_jax.sampling import Sampler

BLOCK = 1024  # images in memory at a time


class ImageSet(NamedTuple):
    """Images of one shape that can be read again and again, block by block."""

    name: str
    count: int
    image_shape: tuple[int, int, int]
    blocks: Callable[[], Iterator[UInt8[np.ndarray, "block height width channels"]]]
    labels: np.ndarray | None  # [count], None without classes
    split: str  # which part of a larger set, "generated" for a model's
    seeds: str  # of generated images
    lossy: bool  # whether there are JPEG files in it

    def content(self) -> str:
        """SHA-256 of all pixels and labels in their order: what a cache of the set's features is keyed by."""
        digest = hashlib.sha256(repr((self.count, self.image_shape)).encode())
        for block in self.blocks():
            digest.update(np.ascontiguousarray(block).tobytes())
        if self.labels is not None:
            digest.update(np.asarray(self.labels, np.int64).tobytes())
        return digest.hexdigest()


def parse(spec: str, resolution: tuple[int, int] | None = None, channels: int = 0, count: int = 0) -> ImageSet:
    """The set that a command-line argument means.

    `run:DIR` is a run's newest checkpoint, `run:DIR@STEP` or `run:DIR@best` another of its; a path is a folder, zip or
    npz file; anything else is a data source with its settings, `tfds(dataset="digits", split="test")`.
    `count` limits the images, of a run it is how many are drawn (default 10,000).
    """
    if spec.startswith("run:"):
        workdir, _, step = spec.removeprefix("run:").partition("@")
        number = None if step in ("", "best") else _whole_number(step, spec)
        sampler = sampling.load(workdir, step=number, best=step == "best")
        return of_sampler(sampler, count or 10_000)
    return of_data(datasets.make(_source(spec), resolution=resolution, channels=channels), spec, count)


def _whole_number(text: str, spec: str) -> int:
    if not text.isdigit():
        raise InputError(f"{spec}: what follows @ should be a step or 'best'.")
    return int(text)


def _source(spec: str) -> Any:
    path = Path(spec).expanduser()
    if path.exists():
        section = {"name": "npz" if path.suffix == ".npz" else "images", "path": str(path)}
    else:
        section = _parse_call(spec)
    section = resolve(section, "source", PACKAGES["source"])
    return build(section, "source", PACKAGES["source"], {})


def _parse_call(spec: str) -> dict[str, Any]:
    try:
        call = ast.parse(spec, mode="eval").body
        name = ast.unparse(call.func) if isinstance(call, ast.Call) else ast.unparse(call)
        keywords = call.keywords if isinstance(call, ast.Call) else []
        return {"name": name, **{keyword.arg: ast.literal_eval(keyword.value) for keyword in keywords}}
    except (SyntaxError, ValueError):
        raise InputError(
            f"{spec!r} is neither a file or folder, nor run:DIR, nor a data source such as "
            'tfds(dataset="digits", split="test").'
        ) from None


def data_of_run(spec: str, source: dict[str, Any] | None = None) -> ImageSet:
    """The data that a run was trained on, or another source made ready in the same way."""
    config = configs.from_json((Path(spec.removeprefix("run:").partition("@")[0]) / "config.json").read_text())
    if source:
        config["data"]["source"] = source
    section = config["data"]["source"]
    return of_data(experiment.make_data(config), f"{section['name']}, {section.get('split', 'all')}")


def held_out_data_of_run(spec: str) -> ImageSet | None:
    """What a run's data source holds beside the split that it was trained on, if it can be told."""
    config = configs.from_json((Path(spec.removeprefix("run:").partition("@")[0]) / "config.json").read_text())
    source = config["data"]["source"]
    split = held_out_split(source.get("split", "all"))
    return data_of_run(spec, {**source, "split": split}) if split else None


def held_out_split(split: str) -> str:
    """`test` for `train`, `[80%:]` for `[:80%]`; an empty string where nothing is known to be held out."""
    if split == "train":
        return "test"
    part = re.fullmatch(r"(?:all)?\[:(\d+%?)\]", split)
    return f"[{part.group(1)}:]" if part else ""


def of_data(data: Dataset, name: str, count: int = 0) -> ImageSet:
    """The first `count` images of a data set, 0: all; of a sorted set take a `split` instead."""
    count = min(count, len(data)) if count else len(data)
    first = data.example(0)
    labelled = "label" in first and data.num_classes > 0
    labels = np.array([data.source[i]["label"] for i in range(count)]) if labelled else None

    def blocks() -> Iterator[np.ndarray]:
        for start in range(0, count, BLOCK):
            yield np.stack([data.example(i)["image"] for i in range(start, min(start + BLOCK, count))])

    return ImageSet(
        name=name,
        count=count,
        image_shape=data.image_shape,
        blocks=blocks,
        labels=labels,
        split=getattr(data.source, "split", "all"),
        seeds="",
        lossy=any(str(file).lower().endswith((".jpg", ".jpeg")) for file in getattr(data.source, "names", ())),
    )


def of_sampler(sampler: Sampler, count: int) -> ImageSet:
    """The images of seeds 0 to count - 1, their classes balanced."""
    return ImageSet(
        name=f"run: {sampler.name}",
        count=count,
        image_shape=tuple(sampler.facts["image_shape"]),
        blocks=lambda: sampler.stream(range(count), batch_size=BLOCK),
        labels=sampler.labels(None, range(count)),
        split="generated",
        seeds=f"0-{count - 1}",
        lossy=False,
    )
