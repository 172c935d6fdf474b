"""From a checked config to the things that it names."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from gan_jax.build import PACKAGES, build
from gan_jax.data import dataset as datasets
from gan_jax.errors import InputError
from gan_jax.losses.combine import Term
from gan_jax.network import from_flax
from gan_jax.schema import Config, TermSettings, roles_of
from gan_jax.training import step as steps
from gan_jax.types import Facts, Network, Objective, Role


class Eval(NamedTuple):
    """A metric that is measured while a run trains."""

    function: Callable  # (sampler, data) -> {name: value}
    every: int  # steps; 0: after the last one alone


def make_facts(data: datasets.Dataset) -> Config:
    """What the data says about a run, as plain values to be kept with the config."""
    columns = {name: (np.shape(value), np.asarray(value).dtype.name) for name, value in data.example(0).items()}
    return {
        "image_shape": tuple(data.image_shape),
        "num_classes": data.num_classes,
        "classes": tuple(data.classes),
        "columns": {name: columns[name] for name in sorted(columns.keys() - {"image", "label"})},
    }


def make_objective(config: Config, facts: Mapping[str, Any], axis_name: str | None = None) -> Objective:
    """Builds the objective and its networks from a resolved config."""
    known = Facts(
        image_shape=facts["image_shape"],
        out_channels=facts["image_shape"][-1],
        num_classes=facts["num_classes"],
        axis_name=axis_name,
        dtype=jnp.dtype(config["dtype"]),
    )

    def role(name: str) -> Role:
        def network(**given: Any) -> Network:
            supplied = known._asdict() | given
            module = build(config[name]["network"], f"{name}.network", PACKAGES["network"], supplied)
            return module if isinstance(module, Network) else from_flax(module)

        return Role(network, {term: _term(call, name, term) for term, call in config[name]["losses"].items()})

    roles = {name: role(name) for name in roles_of(config["objective"])}
    return build(config["objective"], "objective", PACKAGES["objective"], {**roles, "facts": known})


def _term(call: Config, player: str, name: str) -> Term:
    function = build(call, f"{player}.losses.{name}", PACKAGES["losses"], {}, side=player)
    return Term(function, **{setting: call[setting] for setting in TermSettings._fields})


def make_turns(config: Config) -> dict[str, steps.Turn]:
    """Builds the players' optimizers."""
    turns = {}
    for name in roles_of(config["objective"]):
        player = config[name]
        optimizer = build(player["optimizer"], f"{name}.optimizer", PACKAGES["optimizer"], {})
        if player["clip_norm"]:
            optimizer = optax.chain(optax.clip_by_global_norm(player["clip_norm"]), optimizer)
        turns[name] = steps.Turn(optimizer, player["repeats"])
    return turns


def make_step(config: Config, facts: Mapping[str, Any], axis_name: str | None = None) -> Callable:
    """Builds the training step, for devices of that name under pmap and shard_map."""
    return steps.make(
        make_objective(config, facts, axis_name),
        make_turns(config),
        steps.Ema(**config["ema"]),
        config["batch_size"],
        config["micro_batches"],
        axis_name,
    )


def make_evals(config: Config) -> dict[str, Eval]:
    """Builds the metrics that are measured while a run trains."""
    return {
        name: Eval(build(call, f"evals.{name}", PACKAGES["evals"], {}), call["every"])
        for name, call in config["evals"].items()
    }


def make_data(config: Config) -> datasets.Dataset:
    """Opens the data set; only its first example is read."""
    return build({"name": "gan_jax.data.dataset:make", **config["data"]}, "data", "", {})


def example_batch(facts: Mapping[str, Any], size: int) -> dict[str, jax.Array]:
    """A batch of the right shapes with nothing in it."""
    return {
        **{name: jnp.zeros((size, *shape), dtype) for name, (shape, dtype) in facts["columns"].items()},
        "image": jnp.zeros((size, *facts["image_shape"]), jnp.uint8),
        "label": jnp.zeros(size, jnp.int32),
        "position": jnp.arange(size, dtype=jnp.int32),
    }


def dry_run(config: Config, facts: Mapping[str, Any]) -> list[str]:
    """Runs initialisation and a step on shapes alone, and returns the names of the metrics.

    Shapes that do not fit are found here, in seconds.
    """
    objective, turns, step = make_objective(config, facts), make_turns(config), make_step(config, facts)
    size = config["batch_size"] * max(turn.repeats for turn in turns.values())
    if config["parallel"]["mode"] != "jit":  # where a network sees the part of one device
        size //= jax.device_count()
    batch = example_batch(facts, size)
    try:
        state = jax.eval_shape(partial(steps.init, objective, turns), jax.random.key(0), batch)
        _, metrics = jax.eval_shape(step, state, batch)
    except InputError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        shape = "x".join(map(str, facts["image_shape"]))
        raise InputError(f"The networks do not fit images of {shape}: {error}") from error
    return sorted(metrics)
