"""Checkpoints that are verified: Orbax writes them, a digest of our own says whether they came back whole."""

import errno
import logging
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import orbax.checkpoint as ocp
from jaxtyping import PyTree
from orbax.checkpoint import checkpoint_managers as preservation

from gan_jax import rng
from gan_jax.errors import InputError
from gan_jax.hosts import joined
from gan_jax.runs import digests
from gan_jax.runs.scores import Scores
from gan_jax.types import TrainState, Variables

log = logging.getLogger(__name__)
logging.getLogger("absl").addFilter(lambda record: not str(record.msg).startswith("Given directory is read only"))

_OF_DISKS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EMFILE, errno.ENFILE, errno.EIO)
GRACE = 20.0  # seconds that schedulers leave, at least, between a warning and the end, with some to spare


class Restored(NamedTuple):
    """A checkpoint read back and found whole; frozen networks are kept beside the checkpoints, not in them."""

    step: int
    state: TrainState
    description: dict[str, Any]


class Checkpoints:
    """The checkpoints of a run, in `workdir/checkpoints`: items `train`, `ema` and `config`.

    The newest `keep` stay, and so does the best by `best`: a metric's name, `-name` where higher is better. Writing is
    asynchronous; `close` (or leaving the `with` block) waits for it. Everything written is read back and compared: the
    first checkpoint at once, each other before the next is begun.
    """

    def __init__(self, workdir: Path, keep: int = 3, best: str = "", read_only: bool = False) -> None:
        self.directory = workdir.resolve() / "checkpoints"
        self.scores = Scores(workdir)
        self._best = best
        self._unverified: tuple[int, dict[str, PyTree]] | None = (
            None  # the newest: its step and the shapes of its items
        )
        self._first = True
        self._manager = ocp.CheckpointManager(
            self.directory,
            options=ocp.CheckpointManagerOptions(
                preservation_policy=preservation.AnyPreservationPolicy([preservation.LatestN(keep), _TheBest(self)]),
                read_only=read_only,
                create=not read_only,
                save_interval_steps=0 if read_only else 1,
            ),
            item_handlers={
                "train": ocp.StandardCheckpointHandler(),
                "ema": ocp.StandardCheckpointHandler(),
                "config": ocp.JsonCheckpointHandler(),
            },
        )

    def __enter__(self) -> "Checkpoints":
        return self

    def __exit__(self, kind: type | None, *error: object) -> None:
        if kind is None:
            self.verify()
        self.close()

    def close(self) -> None:
        """Waits until everything is on disk."""
        with self._told():
            self._manager.close()

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Tells in a line why nothing can be written, in place of the stacks of the libraries that tried."""
        try:
            yield
        except Exception as error:  # whatever tensorstore and Orbax say of disks
            whole = f"the newest is of step {self.steps[-1]}" if self.steps else "there is none yet"
            message = f"{self.directory}: a checkpoint cannot be written: {_reason(error)}; {whole}."
            raise InputError(message) from error

    @property
    def steps(self) -> list[int]:
        """The steps that there are complete checkpoints of, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, state: TrainState, description: dict[str, Any]) -> None:
        """Starts writing a checkpoint of `state.step`; `description` (JSON) is kept with it."""
        step = int(state.step)
        if step in self._manager.all_steps():
            return
        joined.meet(f"checkpoint after step {step}")
        self.verify()
        items = dict(zip(("train", "ema"), _items(state), strict=True))
        digest = {name: digests.of_arrays(item) for name, item in items.items()}
        description = {**description, "digest": digest | {"config": digests.of_text(description)}}
        arguments = {name: ocp.args.StandardSave(item) for name, item in items.items()}
        arguments["config"] = ocp.args.JsonSave(description)
        began = time.monotonic()
        with self._told():
            self._manager.save(step, args=ocp.args.Composite(**arguments), force=True)
        self._unverified = step, {name: jax.eval_shape(lambda tree: tree, item) for name, item in items.items()}
        if self._first:
            self._first = False
            self.verify()
            _tell_duration(time.monotonic() - began)

    def verify(self) -> None:
        """Waits until the newest checkpoint is on disk, reads it back, and raises if it is not what was saved."""
        if self._unverified is None:
            return
        with self._told():
            self._manager.wait_until_finished()
        (step, items), self._unverified = self._unverified, None
        folder = self.directory / str(step)
        try:
            known = self.describe(step)["digest"]
            for name, shapes in items.items():
                if digests.of_arrays(_read_to_host(folder / name, shapes)) != known[name]:
                    raise ValueError(f"{name}: the values are not those that were saved")
        except Exception as error:  # whatever tensorstore, Orbax and JSON say of what they have written
            raise InputError(f"{folder} was written and cannot be read back: {_reason(error)}.") from error

    def describe(self, step: int) -> dict[str, Any]:
        """What was written beside the arrays of a checkpoint: the config, facts of the data, digests."""
        restored = self._manager.restore(step, args=ocp.args.Composite(config=ocp.args.JsonRestore()))
        description = restored["config"]
        text = {name: value for name, value in description.items() if name != "digest"}
        if digests.of_text(text) != description["digest"].get("config"):
            raise ValueError("config: it is not what was saved")
        return description

    def best_step(self, steps: Iterable[int] | None = None) -> int:
        """The step, of those that there are, with the best value of the metric."""
        name = self._best.removeprefix("-")
        sign = -1 if self._best.startswith("-") else 1
        values = {step: self.scores.value(step, name) for step in (self.steps if steps is None else steps)}
        scores = {step: sign * value for step, value in values.items() if value is not None}
        if not scores:
            raise InputError(f"{self.directory}: no checkpoint has a value of checkpoint.best = {self._best!r}.")
        return min(scores, key=scores.__getitem__)

    def restore(self, step: int, template: TrainState) -> Restored:
        """Reads a whole state into the shapes and shardings of the template, and verifies it."""
        description = self.describe(step)
        items = dict(zip(("train", "ema"), _items(template), strict=True))
        train, ema = (self._restore_item(step, name, item, description) for name, item in items.items())
        key = rng.wrapped(train["key"])
        return Restored(step, TrainState(**{**train, "key": key}, ema=ema, frozen={}), description)

    def restore_ema(self, step: int, template: dict[str, Variables]) -> dict[str, Variables]:
        """Reads the averaged players' variables alone, and verifies them."""
        return self._restore_item(step, "ema", template, self.describe(step))

    def restore_players(self, step: int) -> dict[str, Variables]:
        """Reads all players' variables as NumPy arrays, whatever their optimizers are, and verifies them."""
        folder = self.directory / str(step) / "train"
        item = _read_to_host(folder, self._manager.item_metadata(step)["train"].tree)
        if digests.of_arrays(item) != self.describe(step)["digest"]["train"]:
            raise ValueError("train: the values are not those that were saved")
        found = {name: player["variables"] for name, player in item["players"].items()}
        return {name: Variables(values.get("params", {}), values.get("state", {})) for name, values in found.items()}

    def _restore_item(self, step: int, name: str, template: PyTree, description: dict[str, Any]) -> PyTree:
        arguments = ocp.args.Composite(**{name: ocp.args.StandardRestore(template)})
        item = self._manager.restore(step, args=arguments)[name]
        if digests.of_arrays(item) != description["digest"][name]:
            raise ValueError(f"{name}: the values are not those that were saved")
        return item

    def restore_latest(self, template: TrainState) -> Restored | None:
        """The newest checkpoint that is whole, or None without any; damaged ones are reported and set aside."""
        damaged: dict[int, str] = {}
        for step in reversed(self.steps):
            try:
                restored = self.restore(step, template)
            except Exception as error:  # whatever tensorstore, Orbax and JSON say of damaged files
                damaged[step] = _reason(error)
                log.warning("Checkpoint %d cannot be restored: %s.", step, damaged[step])
            else:
                self._set_aside(damaged)
                return restored
        if damaged:
            raise InputError(f"{self.directory}: none of the checkpoints {sorted(damaged)} can be restored.")
        return None

    def _set_aside(self, damaged: Iterable[int]) -> None:
        if not damaged:
            return
        if jax.process_index() == 0:
            for step in damaged:
                folder = self.directory.parent / "damaged"
                folder.mkdir(exist_ok=True)
                aside = folder / f"{step}-{len(list(folder.iterdir()))}"
                (self.directory / str(step)).rename(aside)
                log.warning("Checkpoint %d was moved to %s.", step, aside)
        joined.meet("damaged checkpoints are set aside")
        self._manager.reload()


class _TheBest(preservation.PreservationPolicy):
    """Keeps the best of the checkpoints that were evaluated."""

    def __init__(self, checkpoints: Checkpoints) -> None:
        self._checkpoints = checkpoints

    def should_preserve(self, checkpoints: Sequence[Any], *, context: Any) -> list[bool]:
        steps = [checkpoint.step for checkpoint in checkpoints]
        try:
            best = self._checkpoints.best_step(steps)
        except InputError:  # none was evaluated yet
            best = None
        return [step == best for step in steps]


def _tell_duration(seconds: float) -> None:
    log.info("Saving takes %.1f s.", seconds)
    if seconds > GRACE:
        log.warning("A run that is told to stop has to save: give it more than the %.0f s that are usual.", GRACE)


def _read_to_host(folder: Path, shapes: PyTree) -> PyTree:
    """An item as NumPy arrays: a check must not take the device's memory."""
    with ocp.PyTreeCheckpointer() as reader:
        wanted = jax.tree.map(lambda _: ocp.RestoreArgs(restore_type=np.ndarray), shapes)
        return reader.restore(folder, args=ocp.args.PyTreeRestore(item=shapes, restore_args=wanted))


def _reason(error: Exception) -> str:
    """What the system says, where it is found in the error; else the error's first line."""
    said = f"{error}"
    system = next((text for text in map(os.strerror, _OF_DISKS) if text.lower() in said.lower()), "")
    return system or (said.splitlines() or [type(error).__name__])[0]


def _items(state: TrainState) -> tuple[dict[str, PyTree], dict[str, Variables]]:
    train = {name: getattr(state, name) for name in ("step", "players", "carry", "skipped")}
    return {**train, "key": _key_data(state.key)}, state.ema


def _key_data(key: jax.Array | jax.ShapeDtypeStruct) -> jax.Array | jax.ShapeDtypeStruct:
    if not isinstance(key, jax.ShapeDtypeStruct):
        return jax.random.key_data(key)
    data = jax.eval_shape(jax.random.key_data, key)
    return jax.ShapeDtypeStruct(data.shape, data.dtype, sharding=key.sharding)
