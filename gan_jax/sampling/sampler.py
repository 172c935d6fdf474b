"""Draws from a trained model, by seed: the Python API that sample.py is a shell around."""

import copy
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property
from types import MappingProxyType
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Integer, PyTree, Shaped

from gan_jax import rng
from gan_jax.data import kinds
from gan_jax.data.dataset import Dataset
from gan_jax.errors import DivergedError, InputError
from gan_jax.sampling import parts
from gan_jax.sampling.interpolation import is_float, walk
from gan_jax.sampling.requests import Options, Request, Split, resolve_options
from gan_jax.sampling.rows import Rows, chunk_of, regroup, whole
from gan_jax.sampling.seeds import Seeds, checked
from gan_jax.types import Column, Objective, as_trained

Given = Mapping[str, Any] | None  # a condition: for each column one value, or one for each output
Outputs = Shaped[np.ndarray, "n ..."]

BLOCK = 512  # seeds whose conditions are in memory at a time


class Sampler:
    """Draws from a model: `sampler(seeds=range(64), condition={"label": 3})` -> uint8 [64, H, W, C].

    Output s depends on the variables, on its condition and on seed s alone. `variables` are those of averaged players
    and frozen networks, by name; `open_data` gives the run's data, from which conditions come that nobody gives.
    """

    def __init__(
        self,
        objective: Objective,
        variables: Mapping[str, PyTree],
        facts: Mapping[str, Any],
        open_data: Callable[[], Dataset] | None = None,
        origin: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self.objective = objective
        self.facts = facts
        self.origin = origin  # the "run", "step" and digests that outputs come from, to be written beside them
        self._open_data = open_data
        self._rows = Rows()
        self._requests: dict[str, Request] = {}
        self.variables = variables

    @property
    def variables(self) -> dict[str, PyTree]:
        """What draws are evaluated with: a copy, which a training step cannot take away by donation."""
        return self._variables

    @variables.setter
    def variables(self, variables: Mapping[str, PyTree]) -> None:
        self._variables = self._rows.put(dict(variables))
        self._prepared: dict[tuple, PyTree] = {}

    @property
    def name(self) -> str:
        """The run and step, in words."""
        return f"{self.origin['run']}, step {self.origin['step']}" if self.origin else "a model in memory"

    @cached_property
    def data(self) -> Dataset:
        """The run's data."""
        if self._open_data is None:
            raise InputError("This model comes without its data: give it the whole condition.")
        return self._open_data()

    @property
    def num_classes(self) -> int:
        """The classes that the first draw can be asked for; 0 for an unconditional model."""
        label = self.conditions().get("label")
        return label.size if label is not None else 0

    def request(self, draw: str = "") -> Request:
        """What the draw of that name, by default the first, takes and gives."""
        if draw not in self._requests:
            self._requests[draw] = Request(self.objective, draw, self.facts)
        return self._requests[draw]

    def conditions(self, draw: str = "") -> dict[str, Column]:
        """The columns that a draw is asked with."""
        return self.request(draw).conditions

    def options(self, draw: str = "") -> dict[str, Any]:
        """The options of a draw, by name, with their defaults; `inspect.Parameter.empty` where there is none."""
        return {name: parameter.default for name, parameter in self.request(draw).options.items()}

    def output(self, draw: str = "", condition: Given = None, **options: Any) -> Column:
        """What a draw gives for one seed; a picture's sides may follow those of the condition."""
        request = self.request(draw)
        split = resolve_options(request.draw, options)
        return request.output(request.outputs(self.variables, split, request.check(condition or {}, 1)))

    def __call__(self, seeds: Seeds, condition: Given = None, *, draw: str = "", **options: Any) -> Outputs:
        """One output per seed, from 0 to 2^32 - 1.

        A condition is one value for all seeds, or one for each. A column that is not given comes by seed: the label is
        seed mod classes, anything else is that of example seed mod N of the run's data.
        """
        return np.concatenate(list(self._draw(checked(seeds), condition, draw, options)))

    def stream(
        self, seeds: Seeds, condition: Given = None, *, draw: str = "", batch_size: int = 256, **options: Any
    ) -> Iterator[Outputs]:
        """The outputs of `__call__` in parts of `batch_size`, in memory that does not grow with their number."""
        if batch_size < 1:
            raise InputError(f"batch_size = {batch_size} should be at least 1.")
        return regroup(self._draw(checked(seeds), condition, draw, options), batch_size)

    def each(
        self, seeds: Seeds, conditions: Iterable[Mapping[str, Any]], *, draw: str = "", **options: Any
    ) -> Iterator[Outputs]:
        """One output for each seed and its own whole condition, whose pictures may have sizes of their own.

        What is made of large pictures is made part by part, in memory that is little more than the output's.
        """
        request = self.request(draw)
        split = resolve_options(request.draw, options)
        for seed, condition in zip(checked(seeds), conditions, strict=True):
            given = request.check(condition, 1)

            def decode(condition: Mapping[str, np.ndarray], rows: int, seed: np.uint32 = seed) -> Iterator[np.ndarray]:
                columns = {"seed": np.repeat(seed, rows), "condition": condition}
                return self._decoded(request, split, columns, rows, chunk=1)

            yield parts.joined(request, given, request.outputs(self.variables, split, given).shape[1:], decode)

    def interpolate(
        self, seeds: Seeds, condition: Given = None, *, draw: str = "", frames: int = 32, **options: Any
    ) -> Iterator[Outputs]:
        """A walk from seed to seed, `frames` to a leg; it ends on the output of the last seed.

        A leg has the condition of the seed that it starts from: the output of every seed is that of `__call__`.
        """
        seeds = checked(seeds)
        if len(seeds) < 2 or frames < 1:
            raise InputError(f"A walk needs two seeds and a frame between them, not {len(seeds)} and {frames}.")
        request = self.request(draw)
        split = resolve_options(request.draw, options)
        if not any(map(is_float, jax.tree.leaves(self._latents(request, seeds[:1], split.latent)))):
            raise InputError(
                f"There is no walk for the draw {request.name!r}: its latent has no numbers to walk through."
            )
        return self._walked(request, split, seeds, request.check(condition or {}, len(seeds)), frames)

    def latent(self, seeds: Seeds, *, draw: str = "", **options: Any) -> PyTree:
        """The latent of each seed: a tree of arrays [n, ...]."""
        request = self.request(draw)
        return self._latents(request, checked(seeds), resolve_options(request.draw, options).latent)

    def decode(self, latent: PyTree, condition: Given = None, *, draw: str = "", **options: Any) -> Outputs:
        """One output per latent; all of the draw's condition is to be given."""
        request = self.request(draw)
        counts = {len(leaf) for leaf in jax.tree.leaves(latent)}
        if len(counts) != 1 or not min(counts):
            raise InputError(f"latent: a tree of arrays with one number of rows is needed, not with {sorted(counts)}.")
        rows = counts.pop()
        columns = request.check(condition or {}, rows)
        missing = [name for name in request.conditions if name not in columns]
        if missing:
            raise InputError(f"condition.{missing[0]} is missing: latents come without a seed to choose it by.")
        split = resolve_options(request.draw, options)
        return np.concatenate(list(self._decoded(request, split, {"latent": latent, "condition": columns}, rows)))

    def condition(self, seeds: Seeds, condition: Given = None, draw: str = "") -> dict[str, np.ndarray]:
        """The whole condition of some seeds: what is given, and the rest by seed."""
        seeds, request = checked(seeds), self.request(draw)
        columns = request.check(condition or {}, len(seeds))
        columns = self.with_labels(seeds, columns, draw)
        missing = request.conditions.keys() - columns.keys()
        for name in missing.intersection(request.draw.given):
            raise InputError(f"condition.{name} is missing: the draw {request.name!r} is asked with one of your own.")
        if missing:
            made = self.of_data(seeds, draw)
            columns |= {name: made[name] for name in missing}
        return {name: columns[name] for name in request.conditions}

    def on(self, data: Dataset) -> "Sampler":
        """The same model with other data, such as held-out ones, to take conditions from."""
        other = copy.copy(self)
        other.__dict__.pop("data", None)
        other._open_data = lambda: data
        return other

    def of_data(self, seeds: Seeds, draw: str = "", examples: Mapping | None = None) -> dict[str, np.ndarray]:
        """The whole condition that a draw makes of examples seed mod N of the data, their labels included.

        `examples` are those of the seeds, where they are read already.
        """
        request = self.request(draw)
        of_data = {"image", "label", *self.facts["columns"]} - self.data.columns.keys()
        missing = [name for name in request.conditions if name in of_data]
        if missing:
            raise InputError(f"The draw {request.name!r} is asked with {missing[0]!r}, which the data come without.")
        seeds, batch = checked(seeds), self.examples(seeds) if examples is None else examples

        def make(variables: PyTree, columns: PyTree) -> PyTree:
            seed = columns.pop("seed")
            keys = rng.per_example(rng.stream(rng.key(0), 0, "condition"), seed.astype(jnp.int32))
            return dict(request.draw.condition({**columns, "position": seed.astype(jnp.int32)}, keys))

        program = self._rows.compiled(("condition", request.name), make)
        return whole(self._rows.run(program, {}, {**batch, "seed": seeds}, len(seeds), chunk=32))

    def examples(self, seeds: Seeds) -> dict[str, np.ndarray]:
        """Example seed mod N of the data, in columns; of random crops the seed's own."""
        examples = [self.data.example(int(seed) % len(self.data), (int(seed),)) for seed in checked(seeds)]
        return {name: np.stack([example[name] for example in examples]) for name in examples[0]}

    def with_labels(self, seeds: Seeds, condition: Mapping[str, Any], draw: str = "") -> dict[str, Any]:
        """The condition with seed mod classes as its label, where the draw is asked with one and none is given."""
        column = self.conditions(draw).get("label")
        if column is None or column.kind != "label" or "label" in condition:
            return dict(condition)
        return {**condition, "label": (checked(seeds).astype(np.int64) % column.size).astype(np.int32)}

    def prepared(self, draw: str = "", **options: Any) -> PyTree:
        """The variables that a draw with these options is evaluated with."""
        request = self.request(draw)
        return self._variables_for(request, resolve_options(request.draw, options).prepare)

    def _variables_for(self, request: Request, options: Options) -> PyTree:
        """What a draw with these options is evaluated with, made once."""
        if request.draw.prepare is as_trained:
            return self.variables
        key = (request.name, options)
        if key not in self._prepared:
            self._prepared[key] = self._rows.whole(
                ("prepare", *key), lambda variables: request.draw.prepare(variables, **dict(options))
            )(self.variables)
        return self._prepared[key]

    def _latents(self, request: Request, seeds: Integer[np.ndarray, "n"], options: Options) -> PyTree:
        return whole(self._rows.run(self._latent_program(request, options), {}, seeds, len(seeds), chunk=32))

    def _latent_program(self, request: Request, options: Options) -> Callable[[PyTree, PyTree], PyTree]:
        return self._rows.compiled(("latent", request.name, options), lambda _, seeds: request.latent(options, seeds))

    def _draw(self, seeds: np.ndarray, given: Given, draw: str, options: Mapping[str, Any]) -> Iterator[np.ndarray]:
        request = self.request(draw)
        split = resolve_options(request.draw, options)
        return self._drawn(request, split, seeds, request.check(given or {}, len(seeds)))

    def _drawn(
        self, request: Request, split: Split, seeds: np.ndarray, given: Mapping[str, np.ndarray]
    ) -> Iterator[np.ndarray]:
        """Some calls' worth of seeds at a time, so that conditions out of the data do not fill the memory."""
        for start in range(0, len(seeds), BLOCK):
            part = slice(start, start + BLOCK)
            here = {name: values[part] for name, values in given.items()}
            columns = self.condition(seeds[part], here, request.name)
            yield from self._decoded(request, split, {"seed": seeds[part], "condition": columns}, len(seeds[part]))

    def _walked(
        self, request: Request, split: Split, seeds: np.ndarray, given: Mapping[str, np.ndarray], frames: int
    ) -> Iterator[np.ndarray]:
        """Some frames at a time, of the seeds that these lie between."""
        count = (len(seeds) - 1) * frames + 1
        for start in range(0, count, BLOCK):
            numbers = np.arange(start, min(start + BLOCK, count))
            first = start // frames
            here = slice(first, numbers[-1] // frames + 2)
            numbers -= first * frames
            latent = walk(self._latents(request, seeds[here], split.latent), frames, numbers)
            condition = self.condition(seeds[here], {name: x[here] for name, x in given.items()}, request.name)
            columns = {name: x[numbers // frames] for name, x in condition.items()}
            yield from self._decoded(request, split, {"latent": latent, "condition": columns}, len(numbers))

    def _decoded(self, request: Request, split: Split, columns: PyTree, rows: int, chunk: int = 0) -> Iterator[Outputs]:
        """The outputs, where all that the network makes is finite: as a pixel, NaN would be black."""
        outputs = request.outputs(self.variables, split, columns["condition"])
        column = request.output(outputs)

        def sample(variables: PyTree, columns: PyTree) -> tuple[Array, Array]:
            made = request.draw.sample(variables, columns["latent"], columns["condition"], **dict(split.sample))
            return kinds.of(column).quantise(made, column)

        decode = self._rows.compiled(("sample", request.name, split.sample), sample)
        latent = self._latent_program(request, split.latent)

        variables = self._variables_for(request, split.prepare)

        def program(variables: PyTree, columns: PyTree) -> tuple[Array, Array]:
            # Two programs, so that the latent of a seed is decoded as the seed is drawn.
            code = columns["latent"] if "latent" in columns else latent({}, columns["seed"])
            return decode(variables, {"latent": code, "condition": columns["condition"]})

        for values, finite in self._rows.run(program, variables, columns, rows, chunk or chunk_of(outputs.shape[1:])):
            if not finite.all():
                raise DivergedError(f"{self.name} makes values that are not finite: take another step of the run.")
            yield values
