"""Evaluations of one's own, tried before anything is trained."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from jaxtyping import PyTree

from gan_jax.config.calls import PACKAGES, build
from gan_jax.config.names import lookup
from gan_jax.config.schema import Config
from gan_jax.data.dataset import Dataset
from gan_jax.errors import InputError, told_of
from gan_jax.sampling.requests import Request, Split
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Objective, TrainState

FEW = 16  # images, where an evaluation has a setting `num_images`


class Blank(Sampler):
    """Answers as the model will, with outputs of the right shape and type in which nothing is drawn."""

    @property
    def variables(self) -> PyTree:
        """Their shapes."""
        return self._variables

    @variables.setter
    def variables(self, variables: PyTree) -> None:
        self._variables = variables

    def _decoded(self, request: Request, split: Split, columns: PyTree, rows: int) -> Iterator[np.ndarray]:
        column = request.output(request.outputs(self.variables, split, columns["condition"]))
        yield np.zeros((rows, *column.shape), column.dtype)


def try_evals(config: Config, data: Dataset, facts: Mapping[str, Any], objective: Objective, state: TrainState) -> None:
    """Calls each evaluation that is not the package's own, on a few blank images where it lets one say how many.

    A mistake in it is found here, in seconds, and not after hours of training.
    """
    for name, call in config["evals"].items():
        if lookup(call["name"], PACKAGES["evals"], f"evals.{name}").__module__.startswith("gan_jax."):
            continue
        few = {**call, "num_images": min(call["num_images"], FEW)} if "num_images" in call else call
        function = build(few, f"evals.{name}", PACKAGES["evals"], {})
        sampler = Blank(objective, {**state.frozen, **state.ema}, facts, lambda: data)
        with told_of(f"evals.{name}"):
            check_values(f"evals.{name}", function(sampler, data))


def check_values(key: str, values: Any) -> None:
    """Refuses what an evaluation should not return."""
    numbers = isinstance(values, Mapping) and all(isinstance(x, (int, float, np.number)) for x in values.values())
    if not numbers:
        raise InputError(f"{key} should return a dict of numbers, {{name: value}}; it returned {values!r}.")
