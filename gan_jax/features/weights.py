"""Weights of frozen networks: read without pickle, known by their SHA-256."""

import hashlib
import json
import os
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from flax import traverse_util
from jaxtyping import PyTree

from gan_jax.data.arrays import read_npz
from gan_jax.errors import InputError


class Published(NamedTuple):
    """A file as its authors published it; `sha256` is the beginning of the hash where they gave no more."""

    url: str
    sha256: str


PUBLISHED = {
    "inception": Published(
        "https://github.com/mseitzer/pytorch-fid/releases/download/fid_weights/pt_inception-2015-12-05-6726825d.pth",
        "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
    ),
    "squeezenet": Published("https://download.pytorch.org/models/squeezenet1_1-b8a52dc0.pth", "b8a52dc0"),
    "dinov2_vits14": Published(
        "https://dl.fbaipublicfiles.com/dinov2/dinov2_vits14/dinov2_vits14_pretrain.pth",
        "b938bf1bc15cd2ec0feacfe3a1bb553fe8ea9ca46a7e1d8d00217f29aef60cd9",
    ),
    "dinov2_vitl14": Published(
        "https://dl.fbaipublicfiles.com/dinov2/dinov2_vitl14/dinov2_vitl14_pretrain.pth",
        "d5383ea8f4877b2472eb973e0fd72d557c7da5d3611bd527ceeb1d7162cbf428",
    ),
}


class Weights(NamedTuple):
    """The arrays of a file, float32 under PyTorch's names and in its layout."""

    arrays: dict[str, np.ndarray]
    source_sha256: str  # of the published file that they were converted from; empty where the file does not say
    path: pathlib.Path
    about: dict[str, Any] = {}  # noqa: RUF012  what else the writer put down: input size, accuracy, ...


def file_sha256(file: pathlib.Path) -> str:
    """SHA-256 of a file's bytes."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def fingerprint(arrays: Mapping[str, np.ndarray]) -> str:
    """SHA-256 of names, types, shapes and values: the same in any order and any container."""
    digest = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
        digest.update(array.tobytes())
    return digest.hexdigest()


def folder() -> pathlib.Path:
    """Where weights are kept by name: $GAN_JAX_WEIGHTS, or a folder in the user's cache."""
    return pathlib.Path(os.path.expanduser(os.environ.get("GAN_JAX_WEIGHTS") or "~/.cache/gan_jax/weights"))


def load(name: str, path: str = "") -> Weights:
    """Reads `path`, or the file called `name` in the weights folder when no path is given."""
    file = pathlib.Path(os.path.expanduser(path)) if path else folder() / f"{name}.npz"
    if os.path.isfile(file):
        return read(file)
    message = f"{name}: there are no weights at {file}."
    if name == "classifier":
        train = f"gan-jax classifier --out={file} --config.data..."
        message += f" Train one on labels of your own: {train}"
    if name == "tower":
        message += f" Train one on captioned pictures: gan-jax tower --out={file} --config=..."
    if name in PUBLISHED:
        message += (
            f" `gan-jax weights fetch {name}` downloads and converts {PUBLISHED[name].url};"
            f" or download it elsewhere and run `gan-jax weights convert FILE {file}`."
        )
    raise InputError(message)


def read(file: pathlib.Path) -> Weights:
    """Reads an npz or safetensors file; one that this module wrote is checked against the hash that it carries."""
    file = pathlib.Path(os.path.expanduser(file))
    if not os.path.isfile(file):  # of a pipe or a device one would wait for ever
        raise InputError(f"{file}: there is no such file")
    try:
        return _read(file)
    except InputError:
        raise
    except Exception as error:  # what is wrong with a header is told with half a dozen types
        reason = str(error) or type(error).__name__
        raise InputError(f"{file}: not a readable npz or safetensors file of weights ({reason})") from error


def _read(file: pathlib.Path) -> Weights:
    arrays, notes = (_read_safetensors if file.suffix == ".safetensors" else _read_npz)(file)
    arrays = {
        name: array.astype(np.float32)
        for name, array in arrays.items()
        if array.dtype.kind == "f" or array.dtype == BF16
    }
    found = fingerprint(arrays)
    if notes.get("sha256", found) != found:
        raise InputError(f"{file}: its arrays have SHA-256 {found}, but it was written with {notes['sha256']}")
    about = json.loads(notes.get("about", "{}"))
    if not isinstance(about, dict):
        raise ValueError("what it says of itself is no dict")
    return Weights(arrays, notes.get("source_sha256", ""), file, about)


BF16 = np.dtype(ml_dtypes.bfloat16)
_FLOATS = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": BF16}  # the types that weights have


_NOTES = ("sha256", "source_sha256", "about")


def _read_npz(file: pathlib.Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    arrays = read_npz(file, "weights")
    notes = {name: str(arrays.pop(f"__{name}__")) for name in _NOTES if f"__{name}__" in arrays}
    return arrays, notes


def _read_safetensors(file: pathlib.Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """https://github.com/huggingface/safetensors: the header's length, a JSON header, the values."""
    data = file.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    notes = dict(header.pop("__metadata__", {}))
    arrays = {
        name: _tensor(memoryview(data)[start:], entry) for name, entry in header.items() if entry["dtype"] in _FLOATS
    }
    return arrays, notes


def _tensor(values: memoryview, entry: dict[str, Any]) -> np.ndarray:
    (first, last), shape = entry["data_offsets"], entry["shape"]
    if not 0 <= first <= last <= len(values):
        raise ValueError(f"an array is said to be at {first} to {last}, and there are {len(values)} bytes")
    if min(shape, default=0) < 0:
        raise ValueError(f"an array is said to have the shape {shape}")
    return np.frombuffer(values[first:last], _FLOATS[entry["dtype"]]).reshape(shape)


def write(file: pathlib.Path, arrays: Mapping[str, np.ndarray], source_sha256: str = "", **about: Any) -> str:
    """Writes an npz with its hash and what there is to say `about` it inside, all or nothing; returns the hash."""
    arrays = {name: np.ascontiguousarray(array, np.float32) for name, array in arrays.items()}
    sha256 = fingerprint(arrays)
    file.parent.mkdir(parents=True, exist_ok=True)
    notes = dict(__sha256__=sha256, __source_sha256__=source_sha256, __about__=json.dumps(about))
    partial = file.with_name(f"{file.name}.{os.getpid()}.partial")
    try:
        with partial.open("wb") as stream:
            np.savez(stream, **arrays, **notes)
        partial.replace(file)
    finally:
        partial.unlink(missing_ok=True)
    return sha256


_TORCH_NAMES = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}


def to_flax(weights: Weights, shapes: PyTree) -> tuple[PyTree, str]:
    """Fills the variables of a Flax network whose modules bear PyTorch's names; returns them and their hash.

    `shapes` is what `jax.eval_shape` says of the network's `init`.
    """
    filled, used = {}, {}
    for path, (name, shape) in torch_names(shapes).items():
        if name not in weights.arrays:
            raise InputError(f"{_origin(weights)}: it has no {name}; these are the weights of another network")
        array = used[name] = weights.arrays[name]
        if array.shape != shape:
            raise InputError(f"{_origin(weights)}: {name} has shape {array.shape}, the network needs {shape}")
        filled[path] = np.moveaxis(array, (0, 1), (-1, -2)) if path[-1] == "kernel" else array
    return traverse_util.unflatten_dict(filled), fingerprint(used)


def _origin(weights: Weights) -> str:
    return f"{weights.path} (SHA-256 {fingerprint(weights.arrays)})"


def from_flax(variables: PyTree) -> dict[str, np.ndarray]:
    """A Flax network's variables under PyTorch's names and in its layout: the inverse of `to_flax`."""
    leaves = traverse_util.flatten_dict(variables)
    return {
        name: np.moveaxis(leaves[path], (-1, -2), (0, 1)) if path[-1] == "kernel" else np.asarray(leaves[path])
        for path, (name, _) in torch_names(variables).items()
    }


def torch_names(shapes: PyTree) -> dict[tuple[str, ...], tuple[str, tuple[int, ...]]]:
    """What PyTorch calls each variable, and the shape that it has there (kernels OIHW or OI, not HWIO or IO)."""
    names = {}
    for path, leaf in traverse_util.flatten_dict(shapes).items():
        name = ".".join((*path[1:-1], _TORCH_NAMES.get(path[-1], path[-1])))
        shape = (*leaf.shape[:-3:-1], *leaf.shape[:-2]) if path[-1] == "kernel" else leaf.shape
        names[path] = name, shape
    return names
