"""A training step beside PyTorch's: an update of each player by Adam, and the moving average.

    python benchmarks/training_step.py --torch_python PATH [--steps dcgan-32,stylegan2-64+r1] [--cores 1,2] [--rounds 5]

The steps that `families.py` knows, on RGB images, float32. The two sides take turns, each in a process of its own on
the same cores; --cores=0 is all. Without --torch_python ours runs alone. Ours compiles first, cold, which is timed too.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import families
import jax
import numpy as np
import tables
import turns

from gan_jax.config import experiment, schema
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps
from gan_jax.types import Batch, TrainState

DEFAULT = (
    *("dcgan-32", "resnet-32", "stylegan2-32", "stylegan2-32+r1", "r3gan-32", "r3gan_patches-32", "progan-32"),
    *("biggan-32", "vit-32", "dcgan-64", "stylegan2-64", "stylegan2-64+r1", "r3gan-64", "vit-64"),
    *("vae-32", "vdvae-32", "vqvae-32", "pix2pix-64", "cyclegan-64", "srvgg-64", "srresnet-48"),
)
SHORTEST = 0.5  # seconds of a turn


class Trainer(NamedTuple):
    """Our side, compiled as train.py does."""

    state: TrainState
    devices: parallel.Devices
    call: Callable  # (state, batches, resident) -> (state, report)


def facts_of(config: dict[str, Any]) -> dict[str, Any]:
    """What would be known of a set of labelled images, and of pictures beside them."""
    shapes = families.pictures(config)
    columns: dict[str, tuple] = {name: (shape, "uint8", "image") for name, shape in shapes.items()}
    columns["label"] = ((), "int32", "label", families.CLASSES)
    return {
        "image_shape": shapes["image"],
        "num_classes": families.CLASSES,
        "classes": tuple(map(str, range(families.CLASSES))),
        "num_examples": config["batch_size"],
        "columns": columns,
    }


def make(step: str, mode: parallel.Mode = "jit") -> Trainer:
    settings = schema.resolve_config(families.config(step))
    facts = facts_of(settings)
    devices = parallel.make_devices(mode)
    batch = experiment.example_batch(facts, settings["batch_size"])
    init = partial(steps.init, experiment.make_objective(settings, facts), assembly.make_turns(settings))
    state = devices.once(init, jax.random.key(0), batch)
    one = assembly.make_step(settings, facts, devices.axis_name)
    call = devices.compile(
        parallel.make_run(one, (), devices.axis_name), jax.eval_shape(init, jax.random.key(0), batch)
    )
    return Trainer(state, devices, call)


def batches_for(trainer: Trainer, step: str) -> Batch:
    """One batch of noise, put where a step wants it."""
    settings, random = families.config(step), np.random.default_rng(0)
    size, shapes = settings["batch_size"], families.pictures(settings)
    batch = {name: random.integers(0, 256, (size, *shape), np.uint8) for name, shape in shapes.items()}
    batch["label"] = random.integers(0, families.CLASSES, size, np.int32)
    return trainer.devices.put_batches([batch | {"position": np.arange(size, dtype=np.int32)}])


def serve(step: str, mode: parallel.Mode = "jit") -> None:
    """Trains on the same batch again and again, when told to."""
    jax.config.update("jax_enable_compilation_cache", False)  # that of the step is timed
    trainer = make(step, mode)
    state, batches, call = trainer.state, batches_for(trainer, step), trainer.call
    facts: dict[str, Any] = {"version": f"jax {jax.__version__}"}
    players = (state.players[name].variables.params for name in families.players(families.config(step)))
    facts["parameters"] = [sum(leaf.size for leaf in jax.tree.leaves(params)) for params in players]
    if mode != "pmap":
        start = time.perf_counter()
        call = call.lower(state, batches, {}).compile()
        facts["compile"] = time.perf_counter() - start

    def run(count: int) -> None:
        nonlocal state
        for _ in range(count):
            state, report = call(state, batches, {})
        jax.block_until_ready((state, report))

    turns.serve(facts, run)


def python_path() -> str:
    """Where either side finds its modules."""
    here = Path(__file__).resolve().parent
    return os.pathsep.join([str(here), os.environ.get("PYTHONPATH") or str(here.parent)])


def compare(step: str, cores: int, flags: argparse.Namespace) -> tables.Row:
    """One line of the table."""
    sides = {"jax": [sys.executable, __file__, f"--serve={step}"]}
    if flags.torch_python:
        sides["torch"] = [flags.torch_python, "-m", "in_pytorch.training_step", json.dumps(families.config(step))]
    with ExitStack() as stack:
        environment = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # the sides share a GPU, where there is one
        environment["PYTHONPATH"] = python_path()
        rivals = {name: stack.enter_context(turns.Rival(side, cores, environment)) for name, side in sides.items()}
        parameters = {name: rival.facts["parameters"] for name, rival in rivals.items()}
        assert len(set(map(tuple, parameters.values()))) == 1, f"not the same networks: {parameters} parameters"
        seconds = turns.race(rivals, flags.rounds, turns.enough(rivals["jax"], SHORTEST))
        versions = ", ".join(rival.facts["version"] for rival in rivals.values())
        compiled = rivals["jax"].facts["compile"]
    milliseconds = {f"{name}, ms": 1e3 * value for name, value in seconds.items()}
    ratio = {"jax / torch": seconds["jax"] / seconds["torch"]} if "torch" in seconds else {}
    return {
        "step": step,
        "parameters": " + ".join(f"{count:,}" for count in parameters["jax"]),
        "cores": cores or "all",
        **milliseconds,
        **ratio,
        "compile, s": compiled,
        "versions": versions,
    }


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--torch_python", help="the python of an environment with torch")
    parser.add_argument("--steps", default=",".join(DEFAULT))
    parser.add_argument("--cores", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.serve:
        return serve(flags.serve)
    cases = [(step, int(cores)) for step in flags.steps.split(",") for cores in flags.cores.split(",")]
    tables.publish([compare(*case, flags) for case in cases], flags.out)


if __name__ == "__main__":
    main()
