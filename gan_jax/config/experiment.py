"""From a checked config to the things that it names."""

import functools
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp

from gan_jax.config.calls import build
from gan_jax.config.names import take_side
from gan_jax.config.packages import PACKAGES
from gan_jax.config.schema import Config, TermSettings, roles_of
from gan_jax.data import dataset as datasets
from gan_jax.data.identity import identity
from gan_jax.errors import InputError, told_of
from gan_jax.losses.combine import Term
from gan_jax.network import from_flax
from gan_jax.schedules import Number
from gan_jax.types import Column, Facts, Frozen, Network, Objective, Role

_OPTION = re.compile(r"\w+ ?=")  # with which a network begins what it says of an option


def make_facts(data: datasets.Dataset) -> Config:
    """What the data says about a run, as plain values to be kept with the config."""
    tokenizers = {name: tuple(known) for name, known in sorted(data.tokenizers.items())}
    return {
        "image_shape": tuple(data.image_shape),
        "num_classes": data.num_classes,
        "classes": tuple(data.classes),
        "num_examples": len(data),
        "columns": {name: tuple(column) for name, column in sorted(data.columns.items())},
        "data": identity(data),
        **({"tokenizers": tokenizers} if tokenizers else {}),
    }


def make_frozen(config: Config, kept: Mapping[str, Any]) -> dict[str, Frozen]:
    """Builds the networks that do not learn; of those that a run has copies of (`runs.kept.Kept`), from these."""
    found = {}
    for name, section in config["frozen"].items():
        frozen = build(section, f"frozen.{name}", PACKAGES["frozen"], {"kept": kept.get(name)})
        if not isinstance(frozen, Frozen):
            raise InputError(f"frozen.{name}: {section['name']} should return a Frozen, not a {type(frozen).__name__}.")
        copy = kept.get(name)
        found[name] = frozen._replace(variables=copy.variables, identity=copy.identity) if copy else frozen
    return found


def stage_of(config: Config, step: int) -> int:
    """How many of the config's stages have passed when step number `step`, from 0 on, is made."""
    return sum(boundary <= step for boundary in config["stages"])


def make_objective(
    config: Config,
    facts: Mapping[str, Any],
    axis_name: str | None = None,
    stage: int = 0,
    frozen: Mapping[str, Frozen] = MappingProxyType({}),
) -> Objective:
    """Builds the objective and its networks from a resolved config and what `make_facts` says of its data."""
    known = _facts(config, facts, axis_name, stage, frozen)

    def role(name: str) -> Role:
        side = config[name]["side"] or name
        network = functools.partial(_network, config, known, name)
        return Role(network, {term: _term(call, name, term, side) for term, call in config[name]["losses"].items()})

    roles = {name: role(name) for name in roles_of(config["objective"])}
    return build(config["objective"], "objective", PACKAGES["objective"], {**roles, "facts": known})


def make_network(config: Config, facts: Mapping[str, Any], player: str, **given: Any) -> Network:
    """A player's network alone; `given` are the facts that its objective gives it."""
    return _network(config, _facts(config, facts), player, **given)


def _facts(
    config: Config,
    facts: Mapping[str, Any],
    axis_name: str | None = None,
    stage: int = 0,
    frozen: Mapping[str, Frozen] = MappingProxyType({}),
) -> Facts:
    return Facts(
        columns={name: Column(*column) for name, column in facts["columns"].items()},
        image_shape=facts["image_shape"],
        out_channels=facts["image_shape"][-1],
        num_classes=facts["num_classes"],
        num_examples=facts["num_examples"],
        batch_size=config["batch_size"],
        stage=stage,
        num_stages=len(config["stages"]) + 1,
        stage_begin=(0, *config["stages"])[stage],
        frozen={name: network.apply for name, network in frozen.items()},
        axis_name=axis_name,
        dtype=jnp.dtype(config["dtype"]),
    )


def _network(config: Config, known: Facts, player: str, **given: Any) -> Network:
    section, key = config[player]["network"], f"{player}.network"
    module = build(section, key, PACKAGES["network"], known._asdict(), given)
    made = module if isinstance(module, Network) else from_flax(module)
    return made._replace(init=_telling(key, made.init), apply=_telling(key, made.apply))


def _telling(section: str, function: Callable) -> Callable:
    """The function, whose mistakes are told with the section that it belongs to."""

    @functools.wraps(function)
    def call(*arguments: Any, **settings: Any) -> Any:
        try:
            with told_of(section, *arguments):
                return function(*arguments, **settings)
        except InputError as error:
            message = str(error)
            if message.startswith(section):
                raise
            message = f"{section}{'.' if _OPTION.match(message) else ': '}{message}"
            raise InputError(*message.splitlines()) from error
        except (TypeError, ValueError, ArithmeticError) as error:  # shapes that do not fit, mostly
            shapes = ", ".join(str(jnp.shape(x)) for x in arguments if isinstance(x, jax.Array) and x.ndim)
            raise InputError(*f"{section} does not fit inputs of {shapes}: {error}".splitlines()) from error

    return call


def _term(call: Config, player: str, name: str, side: str) -> Term:
    key = f"{player}.losses.{name}"
    made = build(call, key, PACKAGES["losses"], {}, side=side)
    function = take_side(made, side, call["name"], key)  # of a game with settings, which was called
    if not callable(function):
        raise InputError(f"{key}: {call['name']} is of type {type(function).__name__}, not a function of a View.")
    settings = {setting: call[setting] for setting in TermSettings._fields}
    return Term(function, **settings | {"weight": make_number(call["weight"], f"{key}.weight")})


def make_number(value: Any, key: str) -> Number:
    """A number of a config, or the schedule that its section names."""
    return build(value, key, PACKAGES["schedule"], {}) if isinstance(value, dict) else value


def make_data(config: Config, section: str = "data") -> datasets.Dataset:
    """Opens the data set of a section; only its first example is read."""
    return build({**config[section], "name": "gan_jax.data.dataset:make"}, section, "", {})


def batch_shapes(facts: Mapping[str, Any], size: int) -> dict[str, jax.ShapeDtypeStruct]:
    """The shapes of a batch, of any size."""
    return jax.eval_shape(lambda: example_batch(facts, size))


def example_batch(facts: Mapping[str, Any], size: int) -> dict[str, jax.Array]:
    """A batch of the right shapes with nothing in it."""
    columns = {name: Column(*column) for name, column in facts["columns"].items()}
    zeros = {name: jnp.zeros((size, *column.shape), column.dtype) for name, column in columns.items()}
    return {**zeros, "position": jnp.arange(size, dtype=jnp.int32)}
