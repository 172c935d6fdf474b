"""What commands share that train a network for metrics on data of one's own."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Bool

from gan_jax import command
from gan_jax.config.calls import resolve_arguments
from gan_jax.config.experiment import make_data
from gan_jax.data import dataset as datasets
from gan_jax.data.dataset import Dataset
from gan_jax.errors import InputError
from gan_jax.features import weights

LEAST = 20  # examples, of which a tenth is held out


def parser(name: str, description: str) -> argparse.ArgumentParser:
    """With the data, the file to write and the seed."""
    made = command.parser(name, description, free="--config.")
    made.add_argument("--config", default="", metavar="NAME|FILE[:ARG]", help="a config whose data section to use")
    made.add_argument("--out", type=command.path, default=weights.folder() / f"{name}.npz", help="the file to write")
    made.add_argument("--seed", type=int, default=0, help="of the beginning, the order and what is held out")
    command.add_plugins(made)
    return made


def parse(asked: argparse.ArgumentParser, arguments: Sequence[str]) -> tuple[argparse.Namespace, dict[str, Any]]:
    """The flags, and a config that has a section `data`."""
    flags, overrides = asked.parse_known_args(arguments)
    if not 0 <= flags.seed < 2**32:
        raise InputError(f"--seed={flags.seed} should be from 0 to {2**32 - 1}.")
    command.check_file(flags.out)
    command.trust_plugins(flags)
    config = command.read_config(flags.config, overrides)
    if "data" not in config:
        raise InputError("Say what to train on: --config=NAME, or --config.data.source.name=... and its settings.")
    return flags, config


def data(config: dict[str, Any], section: str) -> Dataset:
    """What is trained on, or told of: that of a section that is made as `data` is."""
    return make_data({section: resolve_arguments(config[section], datasets.make, section)}, section)


def held_out(count: int, seed: int) -> Bool[np.ndarray, "count"]:
    """Where a tenth of the examples is, drawn at random, that the network is not trained on.

    Raises:
        InputError: there are fewer than 20 examples, so that not even two would be held out.
    """
    if count < LEAST:
        raise InputError(f"data.source has {count} examples, and a tenth is held out: give {LEAST} at least.")
    return np.random.Generator(np.random.Philox(seed)).permutation(count) % 10 == 0
