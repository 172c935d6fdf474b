"""From a checked config to the things that it names."""

from collections.abc import Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from gan_jax.config.calls import PACKAGES, build
from gan_jax.config.schema import Config, TermSettings, roles_of
from gan_jax.data import dataset as datasets
from gan_jax.losses.combine import Term
from gan_jax.network import from_flax
from gan_jax.types import Facts, Network, Objective, Role


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
