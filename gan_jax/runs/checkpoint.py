"""Checkpoints that are verified: Orbax writes them, a digest of our own says whether they came back whole."""

import hashlib
import json
import logging
import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import orbax.checkpoint as ocp
from jax.experimental import multihost_utils
from jaxtyping import PyTree
from orbax.checkpoint import checkpoint_managers as preservation

from gan_jax import paths
from gan_jax.errors import InputError
from gan_jax.types import TrainState, Variables

log = logging.getLogger(__name__)


class Restored(NamedTuple):
    """A checkpoint read back and found whole; frozen networks are kept beside the checkpoints, not in them."""

    step: int
    state: TrainState
    description: dict[str, Any]


class Checkpoints:
    """The checkpoints of a run, in `workdir/checkpoints`: items `train`, `ema` and `config`.

    The newest `keep` stay, and so does the best by `best`: a metric's name, `-name` where higher is better.
    Writing is asynchronous; `close` (or leaving the `with` block) waits for it.
    """

    def __init__(self, workdir: Path, keep: int = 3, best: str = "", read_only: bool = False) -> None:
        self.directory = workdir.resolve() / "checkpoints"
        self._best = best
        policies: list[Any] = [preservation.LatestN(keep)]
        if best:
            policies.append(
                preservation.BestN(
                    get_metric_fn=lambda m: m["score"], reverse=True, n=1, keep_checkpoints_without_metrics=False
                )
            )
        self._manager = ocp.CheckpointManager(
            self.directory,
            options=ocp.CheckpointManagerOptions(
                preservation_policy=preservation.AnyPreservationPolicy(policies),
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

    def __exit__(self, *error: object) -> None:
        self.close()

    def close(self) -> None:
        """Waits until everything is on disk."""
        self._manager.close()

    @property
    def steps(self) -> list[int]:
        """The steps that there are complete checkpoints of, oldest first."""
        return sorted(self._manager.all_steps())

    def save(self, state: TrainState, description: dict[str, Any], metrics: dict[str, float]) -> None:
        """Starts writing a checkpoint of `state.step`; `description` (JSON) is kept with it."""
        step = int(state.step)
        if step in self._manager.all_steps():
            return
        train, ema = _items(state)
        description = {**description, "metrics": metrics}
        description["digest"] = {"train": digest(train), "ema": digest(ema), "config": _digest_of_text(description)}
        arguments = ocp.args.Composite(
            train=ocp.args.StandardSave(train), ema=ocp.args.StandardSave(ema), config=ocp.args.JsonSave(description)
        )
        score = self._score(metrics)
        evaluation = self._best.removeprefix("-").partition("/")[0]
        near = [name for name in metrics if name.startswith(f"{evaluation}/")]
        if near and score is None:
            log.warning("checkpoint.best = %r is no finite number; this eval gives %s.", self._best, ", ".join(near))
        self._manager.save(step, args=arguments, metrics=None if score is None else {"score": score}, force=True)

    def _score(self, metrics: dict[str, float]) -> float | None:
        name = self._best.removeprefix("-")
        if not math.isfinite(metrics.get(name, math.nan)):
            return None
        return -metrics[name] if self._best.startswith("-") else metrics[name]

    def describe(self, step: int) -> dict[str, Any]:
        """What was written beside the arrays of a checkpoint: the config, facts of the data, metrics, digests."""
        restored = self._manager.restore(step, args=ocp.args.Composite(config=ocp.args.JsonRestore()))
        description = restored["config"]
        text = {name: value for name, value in description.items() if name != "digest"}
        if _digest_of_text(text) != description["digest"].get("config"):
            raise ValueError("config: it is not what was saved")
        return description

    def best_step(self) -> int:
        """The step with the best value of the metric."""
        scores: dict[int, float] = {}
        for step in self.steps:
            try:
                score = self._score(self.describe(step)["metrics"])
            except Exception as error:  # whatever tensorstore, Orbax and JSON say of damaged files
                log.warning("Checkpoint %d cannot be read: %s.", step, _reason(error))
            else:
                scores |= {} if score is None else {step: score}
        if not scores:
            raise InputError(f"{self.directory}: no checkpoint has a value of checkpoint.best = {self._best!r}.")
        return min(scores, key=scores.__getitem__)

    def restore(self, step: int, template: TrainState) -> Restored:
        """Reads a whole state into the shapes and shardings of the template, and verifies it."""
        description = self.describe(step)
        items = dict(zip(("train", "ema"), _items(template), strict=True))
        train, ema = (self._restore_item(step, name, item, description) for name, item in items.items())
        key = jax.random.wrap_key_data(train["key"])
        return Restored(step, TrainState(**{**train, "key": key}, ema=ema, frozen={}), description)

    def restore_ema(self, step: int, template: dict[str, Variables]) -> dict[str, Variables]:
        """Reads the averaged players' variables alone, and verifies them."""
        return self._restore_item(step, "ema", template, self.describe(step))

    def _restore_item(self, step: int, name: str, template: PyTree, description: dict[str, Any]) -> PyTree:
        arguments = ocp.args.Composite(**{name: ocp.args.StandardRestore(template)})
        item = self._manager.restore(step, args=arguments)[name]
        if digest(item) != description["digest"][name]:
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
        multihost_utils.sync_global_devices("damaged checkpoints are set aside")
        self._manager.reload()


def _reason(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def _items(state: TrainState) -> tuple[dict[str, PyTree], dict[str, Variables]]:
    train = {name: getattr(state, name) for name in ("step", "players", "carry", "skipped")}
    return {**train, "key": _key_data(state.key)}, state.ema


def _key_data(key: jax.Array | jax.ShapeDtypeStruct) -> jax.Array | jax.ShapeDtypeStruct:
    if not isinstance(key, jax.ShapeDtypeStruct):
        return jax.random.key_data(key)
    data = jax.eval_shape(jax.random.key_data, key)
    return jax.ShapeDtypeStruct(data.shape, data.dtype, sharding=key.sharding)


def digest(tree: PyTree) -> str:
    """A checksum of all bits of a tree's arrays and of their places in it, computed where they are."""
    leaves = jax.tree_util.tree_leaves_with_path(tree)
    sums = jax.device_get(_checksums([leaf for _, leaf in leaves]))
    named = [(paths.name(path), pair.tolist()) for (path, _), pair in zip(leaves, sums, strict=True)]
    return hashlib.sha256(repr(sorted(named)).encode()).hexdigest()


def _digest_of_text(description: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(description, sort_keys=True).encode()).hexdigest()


@jax.jit
def _checksums(leaves: list[jax.Array]) -> list[jax.Array]:
    return [_checksum(leaf) for leaf in leaves]


def _checksum(leaf: jax.Array) -> jax.Array:
    """Two 32-bit sums over the words of an array, each word hashed together with its place."""
    kind = {1: jnp.uint8, 2: jnp.uint16, 4: jnp.uint32}[leaf.dtype.itemsize]
    bits = leaf.astype(jnp.uint8) if leaf.dtype == jnp.bool_ else jax.lax.bitcast_convert_type(leaf, kind)
    words = bits.reshape(-1).astype(jnp.uint32)
    place = jnp.arange(words.size, dtype=jnp.uint32)
    hashes = [_mix(words ^ _mix(place + jnp.uint32(salt))) for salt in (0x9E3779B9, 0x7F4A7C15)]
    return jnp.stack([h.sum(dtype=jnp.uint32) for h in hashes])


def _mix(x: jax.Array) -> jax.Array:
    """Every bit of the result depends on every bit of x (MurmurHash3's finaliser, Appleby 2011)."""
    x = (x ^ (x >> 16)) * jnp.uint32(0x85EBCA6B)
    x = (x ^ (x >> 13)) * jnp.uint32(0xC2B2AE35)
    return x ^ (x >> 16)
