"""From images to features, once: those of a reference are kept by what is in it, not by where it lies."""

import hashlib
import json
import logging
import os
import tempfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from tqdm import tqdm

from gan_jax.data.arrays import read_npz
from gan_jax.errors import InputError
from gan_jax.evaluation.image_sets import ImageSet
from gan_jax.features.base import Features

log = logging.getLogger(__name__)


class Extracted(NamedTuple):
    """What a network says of a set, and the set's labels where it has classes."""

    features: Float[np.ndarray, "number size"]
    logits: Float[np.ndarray, "number classes"] | None
    labels: Integer[np.ndarray, "number"] | None


def extract(images: ImageSet, features: Features, *, progress: bool = False) -> Extracted:
    """Runs the network over the whole set."""
    parts: dict[str, list[np.ndarray]] = {}
    with tqdm(total=images.count, desc=f"{features.name} of {images.name}", unit="image", disable=not progress) as bar:
        for pixels, labels in images.blocks():
            outputs = features.outputs(pixels) | ({} if labels is None else {"labels": labels})
            for name, values in outputs.items():
                parts.setdefault(name, []).append(values)
            bar.update(len(pixels))
    return _extracted({name: np.concatenate(values) for name, values in parts.items()})


def _extracted(arrays: dict[str, np.ndarray]) -> Extracted:
    return Extracted(**{name: arrays.get(name) for name in Extracted._fields})


def extract_cached(images: ImageSet, features: Features, *, progress: bool = False) -> Extracted:
    """`extract`, or what it gave for the same pixels, labels and network before."""
    identity = json.dumps([images.content(progress=progress), features.identity], sort_keys=True)
    file = folder() / f"{hashlib.sha256(identity.encode()).hexdigest()}.npz"
    arrays = _read(file)
    if arrays is not None:
        return _extracted(arrays)
    extracted = extract(images, features, progress=progress)
    _write(file, {name: values for name, values in extracted._asdict().items() if values is not None})
    return extracted


def folder() -> Path:
    """Where features are kept: $GAN_JAX_CACHE, or a folder in the user's cache."""
    return Path(os.environ.get("GAN_JAX_CACHE") or Path.home() / ".cache/gan_jax") / "features"


def _checksum(arrays: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256()
    for name in sorted(arrays):
        digest.update(f"{name} {arrays[name].dtype} {arrays[name].shape}".encode())
        digest.update(np.ascontiguousarray(arrays[name]).tobytes())
    return digest.hexdigest()


def _read(file: Path) -> dict[str, np.ndarray] | None:
    if not file.is_file():
        return None
    try:
        arrays = read_npz(file, "features")
        if str(arrays.pop("checksum")) == _checksum(arrays):
            return arrays
        reason = "its checksum is wrong"
    except (InputError, KeyError) as error:
        reason = str(error)
    log.warning("The cached features %s are damaged (%s); they are computed anew.", file, reason)
    return None


def _write(file: Path, arrays: dict[str, np.ndarray]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=file.parent, suffix=".tmp")
    try:
        with os.fdopen(descriptor, "wb") as stream:
            np.savez(stream, checksum=_checksum(arrays), **arrays)
        os.replace(temporary, file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
