"""Copies of frozen networks in a run's folder: made once when it begins, and known by their SHA-256."""

import json
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
from flax import traverse_util
from jaxtyping import PyTree

from gan_jax.data.arrays import read_npz
from gan_jax.errors import InputError
from gan_jax.features.weights import fingerprint
from gan_jax.hosts import joined
from gan_jax.types import Frozen


class Kept(NamedTuple):
    """What was kept of a frozen network."""

    variables: PyTree  # a nested dict of arrays
    identity: dict[str, Any]  # sha256, and what its maker put down to find its function again


def identity(frozen: Frozen) -> dict[str, Any]:
    """The network's identity with the SHA-256 of its variables."""
    return {**frozen.identity, "sha256": fingerprint(_flat(frozen.variables))}


def save(workdir: Path, name: str, frozen: Frozen) -> Kept:
    """Writes `frozen/NAME.npz`, whole or not at all; gives what `read` will find."""
    file = _file(workdir, name)
    file.parent.mkdir(parents=True, exist_ok=True)
    temporary = file.with_suffix(f".{os.getpid()}.tmp")
    arrays, known = _flat(frozen.variables), identity(frozen)
    unknown = [key for key, array in arrays.items() if array.dtype.kind not in "biuf"]
    if unknown:
        raise InputError(f"frozen.{name}: {unknown[0]} is {arrays[unknown[0]].dtype}, which is not kept: use float32.")
    try:
        with temporary.open("wb") as stream:
            np.savez(stream, __identity__=json.dumps(known), **arrays)
        os.replace(temporary, file)
    finally:
        temporary.unlink(missing_ok=True)
    return Kept(traverse_util.unflatten_dict(arrays, sep="/"), known)


def read(workdir: Path, name: str) -> Kept | None:
    """The copy, verified; None where there is none."""
    file = _file(workdir, name)
    if not file.is_file():
        return None
    arrays = read_npz(file, f"frozen.{name}")
    try:
        known = json.loads(str(arrays.pop("__identity__")))
        sha256 = known["sha256"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(f"{file} does not say what it is a copy of, as copies do that a run has made.") from error
    if fingerprint(arrays) != sha256:
        raise InputError(f"{file}: its arrays are not those that were kept when the run began.")
    return Kept(traverse_util.unflatten_dict(arrays, sep="/"), known)


def read_all(workdir: Path, names: Mapping[str, Any] | list[str]) -> dict[str, Kept]:
    """The copies of several networks, as far as there are any."""
    found = {name: read(workdir, name) for name in names}
    return {name: kept for name, kept in found.items() if kept is not None}


def keep(workdir: Path, frozen: dict[str, Frozen]) -> dict[str, Frozen]:
    """The networks with the identities of their copies in the workdir, which are made where there are none."""
    if jax.process_index() == 0:
        for name, network in frozen.items():
            if read(workdir, name) is None:
                save(workdir, name, network)
    if frozen:
        joined.meet("frozen networks are kept")
    copies = read_all(workdir, list(frozen))
    return {name: network._replace(**copies[name]._asdict()) for name, network in frozen.items()}


def check_present(workdir: Path, names: Iterable[str]) -> None:
    """Refuses a run that has lost a copy: its source may have changed since."""
    for name in names:
        if not _file(workdir, name).is_file():
            raise InputError(f"{workdir}/frozen: the copy of the frozen network {name!r} is missing.")


def check_same(workdir: Path, found: Mapping[str, str], trained_with: Mapping[str, str]) -> None:
    """Refuses copies that are whole but of another network; both are SHA-256 by name."""
    for name, sha256 in trained_with.items():
        if found[name] != sha256:
            raise InputError(f"{workdir}/frozen: {name} is not the network that the checkpoint was trained with.")


def _file(workdir: Path, name: str) -> Path:
    return workdir / "frozen" / f"{name}.npz"


def _flat(variables: PyTree) -> dict[str, np.ndarray]:
    flat = traverse_util.flatten_dict(variables, sep="/")
    return {key: np.asarray(jax.device_get(value)) for key, value in flat.items()}
