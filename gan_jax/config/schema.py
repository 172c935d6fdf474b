"""What a config may say: the whole of it is checked here, before anything compiles."""

import inspect
from collections.abc import Mapping
from typing import Any

import jax

from gan_jax.average import Ema
from gan_jax.config import optax_names
from gan_jax.config.calls import calls, resolve, resolve_arguments
from gan_jax.config.checks import check_keys
from gan_jax.config.names import lookup
from gan_jax.config.packages import PACKAGES
from gan_jax.config.settings import Checkpoint, EvalSettings, Parallel, PlayerSettings, Report, Settings, TermSettings
from gan_jax.data import dataset as datasets
from gan_jax.data import splits
from gan_jax.errors import InputError
from gan_jax.types import Role

Config = dict[str, Any]


SECTIONS = {"ema": Ema, "parallel": Parallel, "checkpoint": Checkpoint, "report": Report}
HARMLESS = ("steps", "max_skipped", "checkpoint.", "report.", "evals", "data.workers", "data.memory", "parallel.")
PARTS = ("network", "optimizer", "losses")  # of a player


def resolve_config(config: Mapping[str, Any]) -> Config:
    """The config with every default filled in, or an InputError that names the key."""
    objective = resolve(config.get("objective"), "objective", PACKAGES["objective"])
    roles = roles_of(objective)
    check_keys(config, [*Settings._fields, "data", "objective", *roles, *SECTIONS, "evals", "frozen"], "")
    resolved: Config = {"objective": objective}
    resolved |= _resolve_settings(config, Settings, "")
    if "data" not in config:
        raise InputError("The config has no section data, dict(source=dict(name=...), ...).")
    resolved["data"] = resolve_arguments(config["data"], datasets.make, "data")
    for name in roles:
        resolved[name] = _resolve_player(config.get(name), name)
    for name, section in SECTIONS.items():
        resolved[name] = resolve_arguments(config.get(name, {}), section, name)
    resolved["frozen"] = {
        name: resolve(section, f"frozen.{name}", PACKAGES["frozen"])
        for name, section in calls(config.get("frozen", {}), "frozen").items()
    }
    rest = held_out(resolved["data"]["source"])
    resolved["evals"] = {
        name: _resolve_call(_with_rest(section, rest), EvalSettings, f"evals.{name}", "evals")
        for name, section in calls(config.get("evals", {}), "evals").items()
    }
    _check_numbers(resolved)
    best = resolved["checkpoint"]["best"].removeprefix("-").partition("/")[0]
    if best and best not in resolved["evals"]:
        raise InputError(f"checkpoint.best = {best!r} is none of the evals: {', '.join(resolved['evals']) or 'none'}.")
    return resolved


def held_out(source: Config) -> Config | None:
    """The part of the source that a run is not trained on, where that is known: also of sources inside another."""
    split = splits.rest(source.get("split", ""))
    if split:
        return {**source, "split": split}
    inner = {name: held_out(value) for name, value in source.items() if isinstance(value, dict) and "name" in value}
    return {**source, **inner} if inner and all(inner.values()) else None


def _with_rest(section: Any, rest: Config | None) -> Any:
    """The section with its `held_out="rest"` spelt out."""
    asked = isinstance(section, Mapping) and section.get("held_out") == "rest"
    return {**section, "held_out": rest} if asked else section


def roles_of(objective: Mapping[str, Any]) -> list[str]:
    """The players that an objective asks for: the parameters of its `make` that are annotated as a Role."""
    make = lookup(objective["name"], PACKAGES["objective"], "objective")
    parameters = inspect.signature(make, eval_str=True).parameters.values()
    return [parameter.name for parameter in parameters if parameter.annotation is Role]


def _resolve_player(section: Any, name: str) -> Config:
    if section is None:
        raise InputError(f"The config has no section {name}, which the objective asks for.")
    check_keys(section, [*PARTS, *PlayerSettings._fields], name)
    for part in PARTS:
        if part not in section:
            raise InputError(f"{name}.{part} is missing.")
    settings = _resolve_settings(section, PlayerSettings, name)
    optax_names.check_optimizer(section["optimizer"], f"{name}.optimizer")
    side = settings["side"] or name
    losses = {
        term: _resolve_call(call, TermSettings, f"{name}.losses.{term}", "losses", side)
        for term, call in calls(section["losses"], f"{name}.losses").items()
    }
    return {
        **settings,
        "network": resolve(section["network"], f"{name}.network", PACKAGES["network"]),
        "optimizer": resolve(section["optimizer"], f"{name}.optimizer", PACKAGES["optimizer"]),
        "losses": losses,
    }


def _resolve_call(section: Any, settings: type, key: str, package: str, side: str = "") -> Config:
    """A call, and the settings beside it that are not its own arguments."""
    call = resolve(section, key, PACKAGES[package], settings._fields, side)
    return {**call, **_resolve_settings(call, settings, key)}


def _resolve_settings(section: Mapping[str, Any], settings: type, key: str) -> Config:
    return resolve_arguments({k: v for k, v in section.items() if k in settings._fields}, settings, key)


def _check_numbers(config: Config) -> None:
    if list(config["stages"]) != sorted({*config["stages"]}) or min(config["stages"], default=1) < 1:
        raise InputError(f"stages = {config['stages']} should be rising numbers of steps, from 1 on.")
    if config["parallel"]["shard"] != "none" and config["parallel"]["mode"] != "jit":
        raise InputError(f"parallel.shard = {config['parallel']['shard']!r} goes with parallel.mode = 'jit' alone.")
    parts = config["micro_batches"] * jax.device_count()
    if config["batch_size"] % parts:
        fits = max(config["batch_size"] // parts, 1) * parts
        raise InputError(
            f"batch_size = {config['batch_size']} does not divide over {jax.device_count()} devices"
            f" times {config['micro_batches']} micro_batches. Nearest that do: {fits}, {fits + parts}."
        )
