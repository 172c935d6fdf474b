"""A training step beside PyTorch's: updates of the discriminator and of the generator, Adam, moving average.

    python benchmarks/training_step.py --torch_python PATH [--networks dcgan,resnet] [--cores 1,2] [--rounds 5]

DCGAN, and the residual networks of SNGAN for CIFAR-10, on 32x32 RGB images, float32. The two sides take turns, each in
a process of its own on the same cores; --cores=0 is all. Without --torch_python ours runs alone.
"""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np
import tables
import turns

from gan_jax import command
from gan_jax.config import experiment, schema
from gan_jax.training import assembly, parallel
from gan_jax.training import step as steps
from gan_jax.types import TrainState

LOSSES = {"dcgan": "nonsaturating", "resnet": "hinge"}


def config(network: str, batch_size: int) -> dict[str, Any]:
    shared = dict(
        optimizer=dict(name="adam", learning_rate=2e-4, b1=0.5),
        losses=dict(adversarial=dict(name=LOSSES[network])),
    )
    return dict(
        batch_size=batch_size,
        data=dict(source=dict(name="sprites", count=batch_size, resolution=(32, 32))),
        objective=dict(name="gan", latent_size=128),
        generator=dict(network=dict(name=f"{network}.Generator"), **shared),
        discriminator=dict(network=dict(name=f"{network}.Discriminator"), **shared),
        ema=dict(half_life=50_000.0),
    )


class Trainer(NamedTuple):
    """Our side, compiled as train.py does."""

    state: TrainState
    devices: parallel.Devices
    call: Callable  # (state, batches, resident) -> (state, report)


def make(network: str, batch_size: int, mode: parallel.Mode = "jit") -> Trainer:
    command.use_compilation_cache()
    settings = schema.resolve_config(config(network, batch_size))
    facts = {"image_shape": (32, 32, 3), "num_classes": 0, "classes": (), "columns": {}}
    devices = parallel.make_devices(mode)
    init = partial(steps.init, experiment.make_objective(settings, facts), assembly.make_turns(settings))
    state = devices.once(init, jax.random.key(0), experiment.example_batch(facts, batch_size))
    step = assembly.make_step(settings, facts, devices.axis_name)
    return Trainer(
        state, devices, devices.compile(parallel.make_run(step), jax.eval_shape(init, jax.random.key(0), batch))
    )


def serve(network: str, batch_size: int, mode: parallel.Mode = "jit") -> None:
    """Trains on the same batch again and again, when told to."""
    state, devices, call = make(network, batch_size, mode)
    image = np.random.default_rng(0).integers(0, 256, (batch_size, 32, 32, 3), np.uint8)
    batches = devices.put_batches([{"image": image, "position": np.arange(batch_size, dtype=np.int32)}])

    def run(count: int) -> None:
        nonlocal state
        for _ in range(count):
            state, report = call(state, batches, {})
        jax.block_until_ready((state, report))

    players = (state.players[name].variables.params for name in ("generator", "discriminator"))
    parameters = [sum(leaf.size for leaf in jax.tree.leaves(params)) for params in players]
    turns.serve({"parameters": parameters, "version": f"jax {jax.__version__}"}, run)


def compare(network: str, cores: int, flags: argparse.Namespace) -> tables.Row:
    shared = ["--network", network, "--batch_size", str(flags.batch_size)]
    sides = {"jax": [sys.executable, __file__, "--serve", *shared]}
    if flags.torch_python:
        sides["torch"] = [flags.torch_python, str(Path(__file__).with_name("torch_training_step.py")), *shared]
    with ExitStack() as stack:
        environment = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false"}  # the sides share a GPU, where there is one
        rivals = {name: stack.enter_context(turns.Rival(side, cores, environment)) for name, side in sides.items()}
        parameters = {name: rival.facts["parameters"] for name, rival in rivals.items()}
        assert len(set(map(tuple, parameters.values()))) == 1, f"not the same networks: {parameters} parameters"
        seconds = turns.race(rivals, flags.rounds, steps=4 if network == "dcgan" else 1)
        versions = ", ".join(rival.facts["version"] for rival in rivals.values())
    milliseconds = {f"{name}, ms": 1e3 * value for name, value in seconds.items()}
    ratio = {"jax / torch": seconds["jax"] / seconds["torch"]} if "torch" in seconds else {}
    return {"step": network, "cores": cores or "all", **milliseconds, **ratio, "versions": versions}


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--torch_python", help="the python of an environment with torch")
    parser.add_argument("--networks", default="dcgan,resnet")
    parser.add_argument("--cores", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch_size", type=int, default=64)
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--network", help=argparse.SUPPRESS)
    flags = parser.parse_args()
    if flags.serve:
        return serve(flags.network, flags.batch_size)
    cases = [(network, int(cores)) for network in flags.networks.split(",") for cores in flags.cores.split(",")]
    tables.publish([compare(*case, flags) for case in cases], flags.out)


if __name__ == "__main__":
    main()
