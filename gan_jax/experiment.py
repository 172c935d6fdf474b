"""From a config to the things that it names: the whole of it is checked here, before anything compiles."""

import inspect
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import optax

from gan_jax.build import PACKAGES, build, check_keys, check_type, lookup, resolve, resolve_arguments
from gan_jax.data import dataset as datasets
from gan_jax.errors import InputError
from gan_jax.losses.combine import Term
from gan_jax.network import from_flax
from gan_jax.training import parallel
from gan_jax.training import step as steps
from gan_jax.types import Facts, Network, Objective, Role

Config = dict[str, Any]


class Settings(NamedTuple):
    """The keys of a config that are plain values."""

    seed: int = 0
    steps: int = 1000
    batch_size: int = 64  # examples in one update, over all devices
    micro_batches: int = 1  # parts into which an update is cut to save memory
    dtype: Literal["float32", "bfloat16", "float16"] = "float32"  # of activations
    max_skipped: int = 100  # non-finite updates in a row after which a run stops


class Parallel(NamedTuple):
    """How a step spreads over devices."""

    mode: parallel.Mode = "jit"
    steps_per_call: int = 1  # steps in one dispatch


class Checkpoint(NamedTuple):
    """When the state is saved, and how many of them are kept."""

    every: int = 1000  # steps
    keep: int = 3  # newest
    best: str = ""  # the metric by which the best is kept too, as `name` or `-name` when higher is better


class Report(NamedTuple):
    """When a run tells how it goes."""

    every: int = 50  # steps
    samples_every: int = 500  # steps
    samples: int = 64  # images in a grid


class Eval(NamedTuple):
    """A metric that is measured while a run trains."""

    function: Callable  # (sampler, data) -> {name: value}
    every: int  # steps; 0: after the last one alone


SECTIONS = {"ema": steps.Ema, "parallel": Parallel, "checkpoint": Checkpoint, "report": Report}
HARMLESS = ("steps", "max_skipped", "checkpoint.", "report.", "evals", "data.workers", "data.memory", "parallel.")
PLAYER = ("network", "optimizer", "losses", "repeats", "clip_norm")
TERM = ("weight", "every", "warmup")


def resolve_config(config: Mapping[str, Any]) -> Config:
    """The config with every default filled in, or an InputError that names the key."""
    objective = resolve(config.get("objective"), "objective", PACKAGES["objective"])
    roles = roles_of(objective)
    check_keys(config, [*Settings._fields, "data", "objective", *roles, *SECTIONS, "evals"], "")
    resolved: Config = {"objective": objective}
    resolved |= resolve_arguments({k: v for k, v in config.items() if k in Settings._fields}, Settings, "")
    if "data" not in config:
        raise InputError("The config has no section data, dict(source=dict(name=...), ...).")
    resolved["data"] = resolve_arguments(config["data"], datasets.make, "data")
    for name in roles:
        resolved[name] = _resolve_player(config.get(name), name)
    for name, section in SECTIONS.items():
        resolved[name] = resolve_arguments(config.get(name, {}), section, name)
    resolved["evals"] = {
        name: {"every": 0, **resolve(section, f"evals.{name}", PACKAGES["evals"], ("every",))}
        for name, section in _calls(config.get("evals", {}), "evals").items()
    }
    _check_numbers(resolved)
    best = resolved["checkpoint"]["best"].removeprefix("-").partition("/")[0]
    if best and best not in resolved["evals"]:
        raise InputError(f"checkpoint.best = {best!r} is none of the evals: {', '.join(resolved['evals']) or 'none'}.")
    return resolved


def roles_of(objective: Mapping[str, Any]) -> list[str]:
    """The players that an objective asks for: the parameters of its `make` that are annotated as a Role."""
    make = lookup(objective["name"], PACKAGES["objective"], "objective")
    parameters = inspect.signature(make, eval_str=True).parameters.values()
    return [parameter.name for parameter in parameters if parameter.annotation is Role]


def _resolve_player(section: Any, name: str) -> Config:
    if section is None:
        raise InputError(f"The config has no section {name}, which the objective asks for.")
    check_keys(section, PLAYER, name)
    for key in ("network", "optimizer", "losses"):
        if key not in section:
            raise InputError(f"{name}.{key} is missing.")
    repeats, clip_norm = section.get("repeats", 1), section.get("clip_norm", 0.0)
    check_type(repeats, int, f"{name}.repeats")
    check_type(clip_norm, float, f"{name}.clip_norm")
    _at_least(0, clip_norm, f"{name}.clip_norm")
    losses = {}
    for term, call in _calls(section["losses"], f"{name}.losses").items():
        key = f"{name}.losses.{term}"
        losses[term] = {
            "weight": 1.0, "every": 1, "warmup": 0, **resolve(call, key, PACKAGES["losses"], TERM, side=name)
        }  # fmt: skip
        for setting, kind in (("weight", float), ("every", int), ("warmup", int)):
            check_type(losses[term][setting], kind, f"{key}.{setting}")
        _at_least(1, losses[term]["every"], f"{key}.every")
        _at_least(0, losses[term]["warmup"], f"{key}.warmup")
    return {
        "network": resolve(section["network"], f"{name}.network", PACKAGES["network"]),
        "optimizer": resolve(section["optimizer"], f"{name}.optimizer", PACKAGES["optimizer"]),
        "losses": losses,
        "repeats": repeats,
        "clip_norm": clip_norm,
    }


def _calls(section: Any, key: str) -> Mapping[str, Any]:
    if not isinstance(section, Mapping) or isinstance(section.get("name"), str):
        raise InputError(f"{key} = {section!r} should be dict(ANY_NAME=dict(name=..., ...), ...).")
    return section


def _at_least(minimum: float, value: float, key: str) -> None:
    if value < minimum:
        raise InputError(f"{key} = {value} should be at least {minimum}.")


def _check_numbers(config: Config) -> None:
    for key in ("steps", "batch_size", "micro_batches", "max_skipped"):
        _at_least(1, config[key], key)
    _at_least(0, config["seed"], "seed")
    for name, call in config["evals"].items():
        check_type(call["every"], int, f"evals.{name}.every")
        _at_least(0, call["every"], f"evals.{name}.every")
    for section, key in (
        ("checkpoint", "every"), ("checkpoint", "keep"), ("report", "every"), ("report", "samples_every"),
        ("report", "samples"), ("parallel", "steps_per_call"),
    ):  # fmt: skip
        _at_least(1, config[section][key], f"{section}.{key}")
    for name in roles_of(config["objective"]):
        _at_least(1, config[name]["repeats"], f"{name}.repeats")
    parts = config["micro_batches"] * jax.device_count()
    if config["batch_size"] % parts:
        fits = max(config["batch_size"] // parts, 1) * parts
        raise InputError(
            f"batch_size = {config['batch_size']} does not divide over {jax.device_count()} devices"
            f" times {config['micro_batches']} micro_batches. Nearest that do: {fits}, {fits + parts}."
        )


def make_facts(data: datasets.Dataset) -> Config:
    """What the data says about a run, as plain values to be kept with the config."""
    return {"image_shape": tuple(data.image_shape), "num_classes": data.num_classes, "classes": tuple(data.classes)}


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
    return Term(function, **{setting: call[setting] for setting in TERM})


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
    except (TypeError, ValueError) as error:
        shape = "x".join(map(str, facts["image_shape"]))
        raise InputError(f"The networks do not fit images of {shape}: {error}") from error
    return sorted(metrics)
