"""From a checked config to what a run trains with: optimizers, the step, evaluations; and a try on shapes alone."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple

import jax
import optax

from gan_jax.config.calls import PACKAGES, build
from gan_jax.config.experiment import example_batch, make_objective
from gan_jax.config.schema import Config, roles_of
from gan_jax.errors import InputError
from gan_jax.training import step as steps


class Eval(NamedTuple):
    """A metric that is measured while a run trains."""

    function: Callable  # (sampler, data) -> {name: value}
    every: int  # steps; 0: after the last one alone


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
        Ema(**config["ema"]),
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
