"""Weights of frozen networks: read without pickle, known by their SHA-256, converted from what was published.

python -m gan_jax.metrics.weights convert FILE [FILE ...] [OUT.npz]
python -m gan_jax.metrics.weights fetch NAME
"""

import argparse
import hashlib
import json
import os
import pathlib
import sys
import tempfile
import urllib.request
import zipfile
from collections.abc import Mapping
from typing import Any, NamedTuple

import ml_dtypes
import numpy as np
from flax import traverse_util
from jaxtyping import PyTree
from tqdm import tqdm

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
    return pathlib.Path(os.environ.get("GAN_JAX_WEIGHTS") or pathlib.Path.home() / ".cache/gan_jax/weights")


def load(name: str, path: str = "") -> Weights:
    """Reads `path`, or the file called `name` in the weights folder when no path is given."""
    file = pathlib.Path(path) if path else folder() / f"{name}.npz"
    if file.is_file():
        return read(file)
    message = f"{name}: there are no weights at {file}."
    if name == "classifier":
        message += (
            f" Train one on labels of your own: python -m gan_jax.metrics.classifier --out={file} --config.data..."
        )
    if name in PUBLISHED:
        message += (
            f" `python -m gan_jax.metrics.weights fetch {name}` downloads and converts {PUBLISHED[name].url};"
            f" or download it elsewhere and run `python -m gan_jax.metrics.weights convert FILE {file}`."
        )
    raise InputError(message)


def read(file: pathlib.Path) -> Weights:
    """Reads an npz or safetensors file; one that this module wrote is checked against the hash that it carries."""
    try:
        arrays, notes = (_read_safetensors if file.suffix == ".safetensors" else _read_npz)(file)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{file}: not a readable npz or safetensors file of weights ({error})") from None
    arrays = {
        name: array.astype(np.float32)
        for name, array in arrays.items()
        if array.dtype.kind == "f" or array.dtype == BF16
    }
    found = fingerprint(arrays)
    if notes.get("sha256", found) != found:
        raise InputError(f"{file}: its arrays have SHA-256 {found}, but it was written with {notes['sha256']}")
    return Weights(arrays, notes.get("source_sha256", ""), file, json.loads(notes.get("about", "{}")))


BF16 = np.dtype(ml_dtypes.bfloat16)
_SAFETENSORS_TYPES = {"F64": np.float64, "F32": np.float32, "F16": np.float16, "BF16": BF16, "I64": np.int64}


_NOTES = ("sha256", "source_sha256", "about")


def _read_npz(file: pathlib.Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    with np.load(file, allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    notes = {name: str(arrays.pop(f"__{name}__")) for name in _NOTES if f"__{name}__" in arrays}
    return arrays, notes


def _read_safetensors(file: pathlib.Path) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    """https://github.com/huggingface/safetensors: the header's length, a JSON header, the values."""
    data = file.read_bytes()
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:start])
    notes = header.pop("__metadata__", {})
    arrays = {
        name: np.frombuffer(
            data[start + entry["data_offsets"][0] : start + entry["data_offsets"][1]],
            _SAFETENSORS_TYPES[entry["dtype"]],
        ).reshape(entry["shape"])
        for name, entry in header.items()
    }
    return arrays, notes


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


def convert(sources: list[pathlib.Path], out: pathlib.Path | None = None) -> str:
    """Converts PyTorch files (.pth), a frozen GraphDef (.pb) or safetensors to one npz; returns a line that says so.

    Without `out` it goes into the weights folder, under the name of the published weights or else the file's own.
    """
    from gan_jax.metrics import published_formats

    if out is not None and out.suffix != ".npz":
        raise InputError(f"{out}: the output's name must end in .npz")
    arrays, hashes = {}, []
    for source in sources:
        if not source.is_file():
            raise InputError(f"{source}: there is no such file")
        hashes.append(_file_sha256(source))
        arrays |= published_formats.read(source)
    source_sha256 = hashes[0] if len(hashes) == 1 else " ".join(hashes)
    known = next((name for name, file in PUBLISHED.items() if hashes[0].startswith(file.sha256)), None)
    out = out or folder() / f"{known or sources[0].stem}.npz"
    sha256 = write(out, arrays, source_sha256)
    origin = f"the published {known} weights" if known else "not a published file that is known here"
    return f"{out}: {len(arrays)} arrays, SHA-256 {sha256}; source SHA-256 {source_sha256}: {origin}"


def fetch(name: str) -> str:
    """Downloads published weights from their official address, checks their SHA-256 and converts them."""
    if name not in PUBLISHED:
        raise InputError(f"weights {name!r} are none of {', '.join(PUBLISHED)}")
    url, expected = PUBLISHED[name]
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder()) as temporary:
        file = pathlib.Path(temporary) / pathlib.PurePosixPath(url).name
        try:
            with urllib.request.urlopen(url, timeout=30) as response, file.open("wb") as sink:
                total = int(response.headers.get("Content-Length") or 0) or None
                with tqdm(total=total, desc=name, unit="B", unit_scale=True) as bar:
                    while chunk := response.read(1 << 20):
                        sink.write(chunk)
                        bar.update(len(chunk))
        except OSError as error:
            raise InputError(
                f"{name}: {url} cannot be reached ({error}); fetch it elsewhere and use `convert`"
            ) from None
        found = _file_sha256(file)
        if not found.startswith(expected):
            raise InputError(f"{name}: {url} has SHA-256 {found}, not {expected}; nothing was kept")
        return convert([file], folder() / f"{name}.npz")


def _file_sha256(file: pathlib.Path) -> str:
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def main(arguments: list[str] | None = None) -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m gan_jax.metrics.weights", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    converter = commands.add_parser("convert", help="convert published files into one npz")
    files = "published files, and last the .npz to write (default: into the weights folder)"
    converter.add_argument("files", nargs="+", type=pathlib.Path, metavar="FILE", help=files)
    fetcher = commands.add_parser("fetch", help="download and convert published weights")
    fetcher.add_argument("name", choices=sorted(PUBLISHED))
    options = parser.parse_args(arguments)
    try:
        if options.command == "fetch":
            print(fetch(options.name))
        else:
            named = len(options.files) > 1 and options.files[-1].suffix == ".npz"
            print(convert(options.files[:-1], options.files[-1]) if named else convert(options.files))
    except InputError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
