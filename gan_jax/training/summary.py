"""What is about to be trained, in numbers: parameters by player and network part, and the arithmetic of a step."""

import math
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import jax
from jaxtyping import PyTree

import gan_jax
from gan_jax.config.experiment import batch_shapes
from gan_jax.data import kinds
from gan_jax.data.dataset import Dataset
from gan_jax.errors import MANY, printable
from gan_jax.training.assembly import Trial, make_step, make_turns
from gan_jax.training.parallel import make_devices
from gan_jax.types import TrainState


def summary(players: Mapping[str, PyTree], step: jax.stages.Compiled | None = None) -> str:
    """A table of the players' parameter trees, and below it the FLOPs of a compiled step.

    XLA counts the body of a loop once, and under a mesh the share of one device.
    """
    rows = [("player", "part", "arrays", "parameters")]
    for player, params in sorted(players.items()):
        parts = sorted(params.items()) if isinstance(params, Mapping) else [("", params)]
        rows += [(player, part, *_count(tree)) for part, tree in parts]
        rows.append((player, "total", *_count(params)))
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}  {row[3]:>{widths[3]}}" for row in rows
    ]
    lines.insert(1, "  ".join("-" * width for width in widths))
    flops = (step.cost_analysis() or {}).get("flops", 0) if step is not None else 0
    if flops > 0:  # not every backend counts
        lines.append(f"One compiled step: {flops / 1e9:,.3f} GFLOP on each device.")
    return "\n".join(lines)


def banner(config: Mapping[str, Any], data: Dataset, workdir: Path, step: int) -> str:
    """Where, with what and on what a run begins or goes on."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("jax", "jaxlib", "flax", "optax"))
    columns = "; ".join(f"{column}: {kinds.words(column_of)}" for column, column_of in data.columns.items())
    place = "on the device" if data.fits_in_memory else "streamed"
    shown = [f"{number} {printable(name)}" for number, name in enumerate(data.classes[:MANY])]
    more = f", and {len(data.classes) - MANY} more" if len(data.classes) > MANY else ""
    classes = [f"classes  {', '.join(shown)}{more}"] if data.num_classes else []
    return "\n".join(
        [
            f"gan_jax {gan_jax.__version__}, {versions}, Python {platform.python_version()}",
            f"devices  {jax.device_count()} x {jax.devices()[0].device_kind}, hosts {jax.process_count()}",
            f"data     {len(data):,} examples, {place}: {columns}",
            *classes,
            f"run      {workdir}, seed {config['seed']}, {_way(step, config['steps'])}",
        ]
    )


def _way(step: int, steps: int) -> str:
    return f"from step {step:,} to {steps:,}" if step < steps else f"done at step {step:,} of {steps:,}"


def describe(
    config: Mapping[str, Any], data: Dataset, facts: Mapping[str, Any], frozen: Mapping[str, Any], trial: Trial
) -> str:
    """What a run would be, as a try on shapes has found it: data, parameters, draws, memory and arithmetic."""
    devices = make_devices(config["parallel"]["mode"], shard=config["parallel"]["shard"])
    memory = bytes_per_device(trial.state, devices.shardings(trial.state))
    columns = [f"  {name:<16}{kinds.words(column)}" for name, column in data.columns.items()]
    draws = [f"  {name:<16}{kinds.words(column)}" for name, column in trial.draws.items()]
    taken = [f"  {name:<16}{count / 2**20:,.2f} MiB" for name, count in memory.items()]
    flops = _flops(config, facts, frozen, trial)
    return "\n".join(
        [
            f"data: {len(data):,} examples",
            *columns,
            summary({name: player.variables.params for name, player in trial.state.players.items()}),
            "draws:",
            *draws,
            f"memory on each device ({jax.device_count()} in all), without gradients and activations:",
            *taken,
            f"metrics of a step: {', '.join(trial.metrics)}",
            *([f"one step: {flops / 1e9:,.3f} GFLOP over all devices"] if flops else []),
            "Nothing was written.",
        ]
    )


def _flops(config: Mapping[str, Any], facts: Mapping[str, Any], frozen: Mapping[str, Any], trial: Trial) -> float:
    """Of a step, as XLA counts them before it optimises; a loop's body counts once."""
    turns = make_turns(config)
    batch = batch_shapes(facts, config["batch_size"] * max(turn.repeats for turn in turns.values()))
    step = make_step(config, facts, frozen=frozen)
    return (jax.jit(step).lower(trial.state, batch).cost_analysis() or {}).get("flops", 0)


def bytes_per_device(state: TrainState, shardings: TrainState) -> dict[str, int]:
    """What a state of these shapes takes of a device's memory, part by part; gradients and activations come on top."""
    players = list(zip(state.players.values(), shardings.players.values(), strict=True))
    return {
        "parameters": sum(_bytes(player.variables, where.variables) for player, where in players),
        "optimizer": sum(_bytes(player.opt_state, where.opt_state) for player, where in players),
        "average": _bytes(state.ema, shardings.ema),
        "frozen": _bytes(state.frozen, shardings.frozen),
    }


def _bytes(tree: PyTree, shardings: PyTree) -> int:
    leaves = zip(jax.tree.leaves(tree), jax.tree.leaves(shardings), strict=True)
    return sum(math.prod(where.shard_shape(leaf.shape)) * leaf.dtype.itemsize for leaf, where in leaves)


def _count(tree: PyTree) -> tuple[str, str]:
    leaves = jax.tree.leaves(tree)
    return str(len(leaves)), f"{sum(leaf.size for leaf in leaves):,}"
