"""A run's folder: whether one can be kept there, that it is one process's alone, and that it is the same run."""

import errno
import fcntl
import logging
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gan_jax.config import files, schema
from gan_jax.data import identity
from gan_jax.errors import InputError
from gan_jax.runs import kept
from gan_jax.runs.checkpoint import Checkpoints

log = logging.getLogger(__name__)

PATTERNS = "*?[]\\"  # which the library that writes checkpoints takes for patterns


def check_place(workdir: Path) -> None:
    """Refuses a folder that cannot hold a run, before anything is made."""
    path = workdir.absolute()
    odd = [character for character in PATTERNS if character in str(path)]
    if odd:
        raise InputError(
            f"--workdir={workdir}: checkpoints cannot be kept below a folder with {' '.join(odd)} in its path."
        )
    for file in (path, path / "checkpoints", path / "samples", path / "frozen"):
        if file.exists() and not file.is_dir():
            raise InputError(f"--workdir={workdir}: {file} is a file, where a run has a folder.")
    standing = next(folder for folder in (path, *path.parents) if folder.exists())
    if not standing.is_dir():
        raise InputError(f"--workdir={workdir}: {standing} is a file.")
    if not os.access(standing, os.W_OK | os.X_OK):
        raise InputError(f"--workdir={workdir}: nothing may be written in {standing}.")


def check_same_run(workdir: Path, config: dict[str, Any], facts: dict[str, Any]) -> None:
    """Refuses to go on with a run under another config or on other data, but for what does not change what it computes.

    A run counts from its first checkpoint on.
    """
    old = _known(workdir)
    if old is None:
        return
    changed = files.changes(old["config"], config)
    refused = {key: values for key, values in changed.items() if not _is_harmless(key)}
    if refused:
        listing = (f"  {key}: {old!r} -> {new!r}" for key, (old, new) in refused.items())
        raise InputError(
            f"{workdir} holds a run with another config:", *listing, "Undo this, or give another --workdir."
        )
    other = identity.differences(old["facts"], facts) if old["facts"] else []
    if other:
        listing = (f"  {line}" for line in other)
        raise InputError(
            f"{workdir} holds a run on other data:", *listing, "Bring them back, or give another --workdir."
        )
    for key, (before, now) in changed.items():
        log.info("Changed since the run began: %s: %r -> %r", key, before, now)
    kept.check_present(workdir, config["frozen"])


def _is_harmless(key: str) -> bool:
    """Whether a setting may change: of a source's path it is looked at what is found there."""
    return key.startswith(schema.HARMLESS) or (key.startswith("data.source.") and key.endswith(("path", "data_dir")))


def _known(workdir: Path) -> dict[str, Any] | None:
    """Config and facts of the run so far, as its newest readable checkpoint has them, else its config.json."""
    if not any((workdir / "checkpoints").glob("[0-9]*")):
        return None
    with Checkpoints(workdir, read_only=True) as checkpoints:
        for step in reversed(checkpoints.steps):
            try:
                return files.tuples(checkpoints.describe(step))
            except Exception as error:  # whatever Orbax and JSON say of damaged files
                log.debug("Checkpoint %d says nothing: %s", step, error)
    return {"config": files.read(workdir / "config.json"), "facts": None}


@contextmanager
def held(workdir: Path) -> Iterator[None]:
    """Keeps other runs out of the folder; the lock goes with the process, however it ends."""
    with (workdir / "lock").open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno not in (errno.EAGAIN, errno.EACCES):
                log.warning("%s cannot be locked (%s): see that no other run uses it.", workdir, error)
                yield
                return
            file.seek(0)
            raise InputError(f"{workdir} is in use by {file.read().strip() or 'another run'}.") from error
        file.truncate(0)
        file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
        file.flush()
        yield
