"""From a checked config to what a run trains with: optimizers, the step, evaluations; and a try on shapes alone."""

import math
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
from jaxtyping import PyTree

from gan_jax.average import Ema
from gan_jax.config.calls import build
from gan_jax.config.experiment import batch_shapes, make_number, make_objective
from gan_jax.config.packages import PACKAGES
from gan_jax.config.schema import Config, roles_of
from gan_jax.errors import InputError, told_of
from gan_jax.sampling.requests import Request, resolve_options
from gan_jax.training import optimizers
from gan_jax.training import step as steps
from gan_jax.types import Column, Frozen, Objective, TrainState

Networks = Mapping[str, Frozen]
NONE: Networks = MappingProxyType({})


class Eval(NamedTuple):
    """A metric that is measured while a run trains."""

    function: Callable  # (sampler, data) -> {name: value}
    every: int  # steps; 0: after the last one alone


class Trial(NamedTuple):
    """What is known of a run before anything is compiled."""

    metrics: list[str]  # of a step
    state: TrainState  # shapes
    draws: dict[str, Column]  # what each draw gives


def make_turns(config: Config) -> dict[str, steps.Turn]:
    """Builds the players' optimizers."""
    turns = {}
    for name in roles_of(config["objective"]):
        player = config[name]
        turns[name] = steps.Turn(optimizers.make(player, name), player["repeats"], player["skip_norm"] or math.inf)
    return turns


def make_step(
    config: Config,
    facts: Mapping[str, Any],
    axis_name: str | None = None,
    stage: int = 0,
    frozen: Networks = NONE,
    whole: Callable[[PyTree], PyTree] = lambda tree: tree,
) -> Callable:
    """Builds the training step, for devices of that name under pmap and shard_map."""
    return steps.make(
        make_objective(config, facts, axis_name, stage, frozen),
        make_turns(config),
        Ema(**{name: make_number(value, f"ema.{name}") for name, value in config["ema"].items()}),
        config["batch_size"],
        config["micro_batches"],
        axis_name,
        whole,
    )


def make_evals(config: Config) -> dict[str, Eval]:
    """Builds the metrics that are measured while a run trains."""
    return {
        name: Eval(build(call, f"evals.{name}", PACKAGES["evals"], {}), call["every"])
        for name, call in config["evals"].items()
    }


def state_shapes(config: Config, facts: Mapping[str, Any], stage: int = 0, frozen: Networks = NONE) -> TrainState:
    """The shapes of a run's state, frozen networks included."""
    objective = make_objective(config, facts, None, stage, frozen)
    init = partial(steps.init, objective, make_turns(config))
    variables = {name: network.variables for name, network in frozen.items()}
    return jax.eval_shape(init, jax.random.key(0), batch_shapes(facts, config["batch_size"]), variables)


def dry_run(config: Config, facts: Mapping[str, Any], frozen: Networks = NONE) -> Trial:
    """Runs initialisation, a step and every draw of every stage on shapes alone.

    Shapes that do not fit are found here, in seconds.
    """
    try:
        with told_of("objective"):
            trials = [_try_stage(config, facts, stage, frozen) for stage in range(len(config["stages"]) + 1)]
    except InputError:
        raise
    except (TypeError, ValueError, ArithmeticError) as error:
        shape = "x".join(map(str, facts["image_shape"]))
        raise InputError(f"The networks do not fit images of {shape}: {error}") from error
    first = trials[0]
    for stage, trial in enumerate(trials):
        if trial.state != first.state or trial.metrics != first.metrics:
            raise InputError(f"objective: the state or the metrics of stage {stage} are not those of stage 0.")
    return first._replace(draws=trials[-1].draws)


def _try_stage(config: Config, facts: Mapping[str, Any], stage: int, frozen: Networks) -> Trial:
    state = state_shapes(config, facts, stage, frozen)
    for name, player in state.players.items():
        optimizers.check_fixed(config[name]["fixed"], player.variables.params, f"{name}.fixed")
    step = make_step(config, facts, stage=stage, frozen=frozen)
    size = config["batch_size"] * max(turn.repeats for turn in make_turns(config).values())
    if config["parallel"]["mode"] != "jit":  # where a network sees the part of one device
        size //= jax.device_count()
    _, metrics = jax.eval_shape(step, state, batch_shapes(facts, size))
    objective = make_objective(config, facts, None, stage, frozen)
    _check(objective, state)
    return Trial(sorted(metrics), state, draw_outputs(objective, {**state.frozen, **state.ema}, facts))


def _check(objective: Objective, state: TrainState) -> None:
    unknown = [name for name in objective.averaged if name not in state.players]
    if unknown or not objective.averaged or not objective.draws:
        raise InputError(
            f"objective: `averaged` should name some of its players, {', '.join(state.players)}, and `draws` what a "
            f"trained model can be asked for; they are {objective.averaged} and {tuple(objective.draws)}."
        )
    shared = state.players.keys() & state.frozen.keys()
    if shared:
        raise InputError(f"frozen.{min(shared)}: there is a player of that name; take another.")


def draw_outputs(objective: Objective, variables: PyTree, facts: Mapping[str, Any]) -> dict[str, Column]:
    """What each draw gives, found on shapes."""
    found = {}
    for name in objective.draws:
        request = Request(objective, name, facts)
        try:
            split = resolve_options(request.draw, {})
        except InputError:  # an option without a default: the draw is for those who give it
            continue
        found[name] = request.output(request.outputs(variables, split))
    return found
