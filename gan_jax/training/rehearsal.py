"""Evaluations of one's own, tried before anything is trained."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np
from jaxtyping import PyTree

from gan_jax.config.calls import build
from gan_jax.config.packages import PACKAGES
from gan_jax.config.schema import Config
from gan_jax.data.dataset import Dataset
from gan_jax.errors import InputError, nearest, told_of
from gan_jax.evaluation.image_sets import of_sampler
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

    def _decoded(
        self, request: Request, split: Split, columns: PyTree, rows: int, chunk: int = 0
    ) -> Iterator[np.ndarray]:
        column = request.output(request.outputs(self.variables, split, columns["condition"]))
        yield np.zeros((rows, *column.shape), column.dtype)


def try_evals(config: Config, data: Dataset, facts: Mapping[str, Any], objective: Objective, state: TrainState) -> None:
    """Calls each evaluation on a few blank images where it lets one say how many.

    A mistake in it, or a model that it does not fit, is found here, in seconds, and not after hours of training. Those
    that compare features, which take their time, are only told what is drawn.
    """
    for name, call in config["evals"].items():
        key, sampler = f"evals.{name}", Blank(objective, {**state.frozen, **state.ema}, facts, lambda: data)
        try:
            if "features" in call:
                of_sampler(sampler, 1)
                continue
            with told_of(key), _unheard():
                values = build(_few(call), key, PACKAGES["evals"], {})(sampler, data)
        except InputError as error:
            message = str(error)
            raise InputError(*(message if message.startswith(key) else f"{key}: {message}").splitlines()) from error
        check_values(key, values)
        _check_best(config["checkpoint"]["best"].removeprefix("-"), name, values)


def _few(call: Mapping[str, Any]) -> Mapping[str, Any]:
    """The call, of few images; but of as many as it will have where it needs enough of them to choose among."""
    if "num_images" not in call or "candidates" in call:
        return call
    return {**call, "num_images": min(call["num_images"] or FEW, FEW)}


@contextmanager
def _unheard() -> Iterator[None]:
    """Without the warnings of an evaluation, which are of blank images here."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)


def _check_best(best: str, name: str, values: Mapping[str, float]) -> None:
    """Refuses a metric to keep the best checkpoint by that its evaluation does not give."""
    given = [f"{name}/{metric}" if metric else name for metric in values]
    if best.partition("/")[0] == name and best not in given:
        raise InputError(f"checkpoint.best = {best!r}: evals.{name} gives no such value. {nearest(best, given)}")


def check_values(key: str, values: Any) -> None:
    """Refuses what an evaluation should not return."""
    numbers = isinstance(values, Mapping) and all(isinstance(x, (int, float, np.number)) for x in values.values())
    if not numbers:
        raise InputError(f"{key} should return a dict of numbers, {{name: value}}; it returned {values!r}.")
