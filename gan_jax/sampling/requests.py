"""What a trained model can be asked for, and whether what somebody asks for is that."""

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Integer, PyTree

from gan_jax import pinned, rng
from gan_jax.bounds import bounds_of
from gan_jax.config.checks import check_keys, check_type
from gan_jax.config.experiment import example_batch
from gan_jax.data import kinds
from gan_jax.data.tokenizers import Tokenizer
from gan_jax.errors import InputError
from gan_jax.types import Column, Draw, Objective

Options = tuple[tuple[str, Any], ...]


def option_parameters(function: Callable) -> dict[str, inspect.Parameter]:
    """The options that a draw's `latent`, `sample` or `prepare` takes: its keyword-only parameters."""
    parameters = inspect.signature(function, eval_str=True).parameters
    return {name: p for name, p in parameters.items() if p.kind is inspect.Parameter.KEYWORD_ONLY}


class Split(NamedTuple):
    """Options by the function that they are for."""

    latent: Options
    sample: Options
    prepare: Options


def resolve_options(draw: Draw, given: Mapping[str, Any]) -> Split:
    """Checks options against the signatures of a draw's functions, and fills in the defaults."""
    by_function = [option_parameters(getattr(draw, function)) for function in Split._fields]
    check_keys(given, sorted({name for parameters in by_function for name in parameters}), "options")
    for parameters in by_function:
        for name, parameter in parameters.items():
            if name not in given and parameter.default is parameter.empty:
                raise InputError(f"options.{name} is missing.")
            if name in given and parameter.annotation is not parameter.empty:
                check_type(given[name], parameter.annotation, f"options.{name}")
                for bound in bounds_of(parameter.annotation):
                    bound.check(given[name], f"options.{name}")
    return Split(
        *(
            tuple((name, given.get(name, parameter.default)) for name, parameter in parameters.items())
            for parameters in by_function
        )
    )


class Request:
    """One draw of a model: what it wants to be told, and what comes out. All of it is found on shapes alone."""

    def __init__(self, objective: Objective, name: str, facts: Mapping[str, Any]) -> None:
        name = name or next(iter(objective.draws))
        if name not in objective.draws:
            raise InputError(f"draw = {name!r}: this model has {', '.join(objective.draws)}.")
        self.name, self.draw, self._facts = name, objective.draws[name], facts

    @functools.cached_property
    @pinned.held()
    def conditions(self) -> dict[str, Column]:
        """The columns that the draw is asked with."""
        batch, keys = example_batch(self._facts, 1), jax.random.split(rng.key(0), 1)
        return {name: self.column(name, x) for name, x in jax.eval_shape(self.draw.condition, batch, keys).items()}

    @functools.cached_property
    def options(self) -> dict[str, inspect.Parameter]:
        """The options of the draw, of all its functions."""
        return {
            name: parameter
            for function in Split._fields
            for name, parameter in option_parameters(getattr(self.draw, function)).items()
        }

    def column(self, name: str, values: jax.ShapeDtypeStruct) -> Column:
        """What a batch of values [B, ...] is: the data's column of that name, where it has its shape and type."""
        shape, dtype = tuple(values.shape[1:]), np.dtype(values.dtype).name
        known = self._facts["columns"].get(name)
        if known is not None and (tuple(known[0]), known[1]) == (shape, dtype):
            return Column(*known)
        return kinds.infer(name, np.zeros(shape, dtype))

    def output(self, values: jax.ShapeDtypeStruct) -> Column:
        """What a network's outputs [B, ...] are turned into: one more of the data's column, or an array."""
        shape, dtype = tuple(values.shape[1:]), np.dtype(values.dtype).name
        known = self._facts["columns"].get(self.draw.output)
        if known is None or len(known[0]) != len(shape):
            return Column(shape, dtype, "array", self.draw.size)
        column = Column(*known)._replace(shape=shape)
        scaled = column.dtype == "uint8" and jnp.issubdtype(values.dtype, jnp.floating)
        return column if column.kind != "array" or scaled else column._replace(dtype=dtype)

    def latent(self, options: Options, seeds: Integer[Array, "n"]) -> PyTree:
        """The latent of each seed."""
        keys = jax.vmap(lambda seed: jax.random.fold_in(rng.key(0), seed))(seeds)
        return self.draw.latent(keys, **dict(options))

    @pinned.held()
    def outputs(
        self, variables: PyTree, split: Split, condition: Mapping[str, np.ndarray] = MappingProxyType({})
    ) -> jax.ShapeDtypeStruct:
        """The shape [1, ...] and type of what comes out for a condition; of variables too the shapes alone matter."""
        shapes = {name: jax.ShapeDtypeStruct((1, *c.shape), c.dtype) for name, c in self.conditions.items()}
        shapes |= {name: jax.ShapeDtypeStruct((1, *x.shape[1:]), x.dtype) for name, x in condition.items()}

        def sample(variables: PyTree, columns: PyTree) -> Array:
            latent = self.latent(split.latent, jnp.zeros(1, jnp.uint32))
            return self.draw.sample(variables, latent, columns, **dict(split.sample))

        return jax.eval_shape(sample, variables, shapes)

    def check(self, condition: Mapping[str, Any], count: int) -> dict[str, np.ndarray]:
        """The given columns with a row for each of `count` outputs; one value stands for all."""
        if not isinstance(condition, Mapping):
            raise InputError(f"condition = {condition!r} should be a dict of columns, such as {{'label': 3}}.")
        for name in condition:
            if name not in self.conditions:
                wanted = ", ".join(self.conditions) or "nothing"
                raise InputError(f"condition.{name}: the draw {self.name!r} is asked with {wanted}.")
        return {
            name: _rows(name, self._numbers(name, values), self.conditions[name], count)
            for name, values in condition.items()
        }

    def _numbers(self, name: str, values: Any) -> Any:
        """Strings as the numbers that they have in the run."""
        texts = [values] if isinstance(values, str) else values
        is_text = isinstance(texts, Sequence) and len(texts) > 0 and all(isinstance(text, str) for text in texts)
        if not is_text or self.conditions[name].kind != "text":
            return values
        tokenizer = Tokenizer.of_facts(self._facts, name)
        rows = np.stack([tokenizer.prompt(text, f"condition.{name}") for text in texts])
        return rows[0] if isinstance(values, str) else rows


def _rows(name: str, values: Any, column: Column, count: int) -> np.ndarray:
    array = np.asarray(values)
    wanted = np.dtype(column.dtype)
    if wanted.kind in "iu" and array.dtype.kind not in "iu":
        raise InputError(f"condition.{name} should be whole numbers, not {_words(values, array)}.")
    if wanted.kind in "iu" and array.size:
        limits = np.iinfo(wanted)
        low, high = (0, column.size - 1) if column.size else (limits.min, limits.max)
        wrong = array[(array < low) | (array > high)]
        if wrong.size:
            raise InputError(f"condition.{name}: there is no {wrong.flat[0]}; the model's are {low} to {high}.")
    if wanted.kind == "f" and array.dtype.kind not in "iuf":
        raise InputError(f"condition.{name} should be numbers, not {_words(values, array)}.")
    if array.ndim == len(column.shape):  # one for all
        array = np.broadcast_to(array, (count, *array.shape))
    if not fits(array.shape[1:], column) or array.ndim != len(column.shape) + 1:
        raise InputError(
            f"condition.{name} has shape {list(array.shape)}; the draw takes one value of shape {list(column.shape)}, "
            f"or one for each of {count} outputs."
        )
    if len(array) != count:
        raise InputError(f"condition.{name}: {len(array)} values for {count} outputs.")
    return array.astype(wanted)


def fits(shape: Sequence[int], column: Column) -> bool:
    """Whether a value can stand in the column's place: the sides of a picture are free, its channels are not."""
    if column.is_visible:
        return len(shape) == len(column.shape) and shape[-1] == column.shape[-1] and min(shape) > 0
    return tuple(shape) == tuple(column.shape)


def _words(values: Any, array: np.ndarray) -> str:
    return repr(values) if array.ndim == 0 else f"{array.dtype} {list(array.shape)}"
