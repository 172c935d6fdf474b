"""From images to features, once: those of a reference are kept by what is in it, not by where it lies."""

import hashlib
import json
import logging
import os
import tempfile
import zipfile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from gan_jax.metrics.features.base import Features
from gan_jax.metrics.image_sets import ImageSet

log = logging.getLogger(__name__)


class Extracted(NamedTuple):
    """What a network says of a set."""

    features: Float[np.ndarray, "number size"]
    logits: Float[np.ndarray, "number classes"] | None
    labels: np.ndarray | None


def extract(images: ImageSet, features: Features, *, progress: bool = False) -> Extracted:
    """Runs the network over the whole set."""
    parts: dict[str, list[np.ndarray]] = {}
    with tqdm(total=images.count, desc=f"{features.name} of {images.name}", unit="image", disable=not progress) as bar:
        for block in images.blocks():
            for name, values in features.outputs(block).items():
                parts.setdefault(name, []).append(values)
            bar.update(len(block))
    outputs = {name: np.concatenate(values) for name, values in parts.items()}
    return Extracted(outputs["features"], outputs.get("logits"), images.labels)


def extract_cached(images: ImageSet, features: Features, *, progress: bool = False) -> Extracted:
    """`extract`, or what it gave for the same pixels and the same network before."""
    identity = json.dumps([images.content(), features.identity], sort_keys=True)
    file = folder() / f"{hashlib.sha256(identity.encode()).hexdigest()}.npz"
    found = _read(file)
    if found is None:
        outputs = extract(images, features, progress=progress)
        found = {"features": outputs.features} | ({} if outputs.logits is None else {"logits": outputs.logits})
        _write(file, found)
    return Extracted(found["features"], found.get("logits"), images.labels)


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
        with np.load(file, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
        if str(arrays.pop("checksum")) == _checksum(arrays):
            return arrays
        reason = "its checksum is wrong"
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
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
