"""What `sample` does with codes: mixing, steps along directions, and ways from code to code."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from gan_jax import ranges
from gan_jax.commands.plan import Plan, names_of
from gan_jax.control import directions, edits, finding
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import FROM, Space, columns_of, space_of, spaces
from gan_jax.errors import InputError
from gan_jax.sampling import wishes
from gan_jax.sampling.sampler import BLOCK, Sampler


class Coded(NamedTuple):
    """Codes, each with the seed and the other columns that its image is made of."""

    seeds: np.ndarray
    codes: np.ndarray
    condition: dict[str, np.ndarray]

    def rows(self, chosen: np.ndarray) -> "Coded":
        """Those of some rows."""
        return Coded(
            self.seeds[chosen], self.codes[chosen], {name: values[chosen] for name, values in self.condition.items()}
        )

    def then(self, other: "Coded") -> "Coded":
        """These and then others."""
        both = {name: np.concatenate([values, other.condition[name]]) for name, values in self.condition.items()}
        return Coded(np.concatenate([self.seeds, other.seeds]), np.concatenate([self.codes, other.codes]), both)


def is_wanted(flags: argparse.Namespace, sampler: Sampler) -> bool:
    """Whether the arguments ask for something that takes codes."""
    given = flags.draw.startswith(FROM) or any(name in spaces(sampler) for name in flags.condition)
    return bool(flags.space or flags.mix_with or flags.direction is not None or (flags.interpolate and given))


def plan(flags: argparse.Namespace, sampler: Sampler) -> Plan:
    """What is to be drawn, its codes included."""
    file = directions.read(flags.directions, "--directions") if flags.directions else None
    space = _space(flags, sampler, file)
    coded = _Reader(flags, sampler, space)
    if flags.mix_with:
        made = _mixed(flags, space, coded)
    elif flags.direction is not None:
        made = _moved(flags, sampler, space, coded, file)
    else:
        made = coded.first._asdict() | dict(names=[], straight=not space.is_normal)
        if len(made["seeds"]) < 2:
            raise InputError("--interpolate: a walk needs two codes, and so two seeds.")
    condition = {**made.pop("condition"), space.name: made.pop("codes")}
    return Plan(sampler, space.draw, condition=condition, options=coded.options, sources=[], space=space, **made)


def frames(plan: Plan, number: int) -> Iterator[np.ndarray]:
    """A walk through a plan's codes, `number` frames to a leg, which has the noise and the condition of its start."""
    codes = plan.condition[plan.space.name]
    count = (len(codes) - 1) * number + 1
    for start in range(0, count, BLOCK):
        here = np.arange(start, min(start + BLOCK, count))
        columns = {name: values[here // number] for name, values in plan.condition.items()}
        columns[plan.space.name] = edits.way(codes, number, here, straight=plan.straight)
        yield from plan.sampler.stream(plan.seeds[here // number], columns, draw=plan.draw, **plan.options)


def _space(flags: argparse.Namespace, sampler: Sampler, file: Directions | None) -> Space:
    """The one that is named, by whichever argument; else that with the most to be found."""
    found = spaces(sampler)
    if flags.space:
        return space_of(sampler, flags.space, f"--space={flags.space}")
    if flags.draw:
        return space_of(sampler, flags.draw.removeprefix(FROM), f"--draw={flags.draw}")
    for name in flags.condition:
        if name in found:
            return found[name]
    if file:
        return space_of(sampler, file.space, f"--directions={flags.directions}")
    name = finding.default_space(found)
    return space_of(sampler, name, "codes")


class _Reader:
    """Codes that are given, or drawn by seed, with the conditions and options that the arguments say."""

    def __init__(self, flags: argparse.Namespace, sampler: Sampler, space: Space) -> None:
        self._flags, self._sampler, self._space = flags, sampler, space
        texts = dict(flags.condition)
        given = {space.name: texts.pop(space.name)} if space.name in texts else {}
        self._given = wishes.read_conditions(sampler, space.draw, given).columns.get(space.name)
        # What a code is drawn with, where it is drawn; all else is its image's, also what there is not, which is told.
        of_codes = {} if given else _among(texts, sampler.conditions(space.name))
        of_images = {name: text for name, text in texts.items() if name not in of_codes}
        self._wishes = {
            draw: wishes.read_conditions(sampler, draw, some, flags.typed)
            for draw, some in ((space.name, of_codes), (space.draw, of_images))
        }
        of_codes = {} if given else _among(flags.option, sampler.options(space.name))
        of_both = _among(flags.option, sampler.options(space.draw))
        of_images = {name: text for name, text in flags.option.items() if name not in of_codes} | of_both
        self._options = wishes.read_options(sampler, space.name, of_codes, flags.typed) if not given else {}
        self.options: dict[str, Any] = wishes.read_options(sampler, space.draw, of_images, flags.typed)
        rows = max([0 if self._given is None else len(self._given), *self._lengths()])
        if flags.seeds is None and not rows:
            raise InputError("--seeds or --num is missing: which to draw.")
        seeds = numbers = np.arange(rows) if flags.seeds is None else flags.seeds
        if flags.interpolate and len(seeds) == 1 and rows > 1:  # of one seed a walk goes through all that is asked for
            seeds, numbers = seeds.repeat(rows), np.arange(rows)
        self.first = self.of(seeds, numbers)

    def _lengths(self) -> Iterator[int]:
        for wish in self._wishes.values():
            yield from map(len, wish.columns.values())

    def of(self, seeds: np.ndarray, numbers: np.ndarray) -> Coded:
        """Those that are given; `numbers` says which row of what is given each takes."""
        if self._given is None:
            return self.drawn(seeds, numbers)
        return self._with_columns(seeds, numbers, self._given[numbers % len(self._given)])

    def drawn(self, seeds: np.ndarray, numbers: np.ndarray) -> Coded:
        """Codes by seed."""
        name = self._space.name
        condition = self._sampler.with_labels(seeds, wishes.for_rows(self._wishes[name], numbers), name)
        codes = self._sampler(seeds, condition, draw=name, **self._options)
        return self._with_columns(seeds, numbers, codes)

    def _with_columns(self, seeds: np.ndarray, numbers: np.ndarray, codes: np.ndarray) -> Coded:
        """Codes and what else their images are made of."""
        rows = wishes.for_rows(self._wishes[self._space.draw], numbers)
        return Coded(seeds, codes, columns_of(self._sampler, self._space, seeds, rows))


def _among(texts: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    known = set(known)
    return {name: text for name, text in texts.items() if name in known}


def _mixed(flags: argparse.Namespace, space: Space, coded: _Reader) -> dict[str, Any]:
    """Rows of the seeds, columns of the others; in a grid the unmixed stand at the left and above."""
    if not space.rows:
        raise InputError(f"--mix_with: a code of {space.name} is one for all layers, so that there is nothing to mix.")
    layers = ranges.parse(flags.layers, "--layers", space.rows)
    first, others = coded.first, coded.drawn(flags.mix_with_seeds, flags.mix_with_seeds)
    rows, columns = np.arange(len(first.seeds)), np.arange(len(others.seeds)) + len(first.seeds)
    ranges.check_count((len(rows) + 1) * (len(columns) + 1), "--mix_with")
    base, other = (x.ravel() for x in np.meshgrid(rows, columns, indexing="ij"))
    is_grid = flags.format == "grid"
    if is_grid:
        table = np.block([[rows[0], columns], [rows[:, None], base.reshape(len(rows), -1)]])
        other = np.block([[rows[0], columns], [rows[:, None], other.reshape(len(rows), -1)]]).ravel()
        base = table.ravel()
    both = first.then(others)
    made, mixed_in = both.rows(base), both.rows(other)
    return dict(
        seeds=made.seeds,
        codes=edits.mixed(made.codes, mixed_in.codes, layers),
        condition=made.condition,
        notes={"mixed_with": mixed_in.seeds},
        across=len(columns) + 1 if is_grid else len(columns),
        corner=is_grid,
        names=[f"{a}_with_{b}" for a in names_of(first.seeds, []) for b in names_of(others.seeds, [], "--mix_with")]
        if flags.format == "png"
        else [],
    )


def _moved(
    flags: argparse.Namespace, sampler: Sampler, space: Space, coded: _Reader, file: Directions | None
) -> dict[str, Any]:
    """For each seed a row of strengths."""
    if flags.layers and not space.rows:
        raise InputError(f"--layers={flags.layers}: a code of {space.name} is one for all layers.")
    layers = tuple(ranges.parse(flags.layers, "--layers", space.rows).tolist()) if flags.layers else ()
    if file is None:
        known = finding.find(sampler, space, count=flags.direction + 1, layers=layers)
    else:
        directions.check_fits(file, space, f"--directions={flags.directions}")
        known, layers = file, layers or file.layers
    step = known.step(flags.direction, "--direction")
    strengths = np.array(flags.strengths, np.float32)
    count = len(coded.first.seeds)
    ranges.check_count(count * len(strengths), "--strength")
    made = coded.first.rows(np.arange(count).repeat(len(strengths)))
    amount = np.tile(strengths, count)
    steps = amount.reshape(-1, *[1] * (made.codes.ndim - 1)) * step
    return dict(
        seeds=made.seeds,
        codes=edits.moved(made.codes, steps, np.array(layers) if layers else None),
        condition=made.condition,
        notes={"direction": np.full(len(amount), flags.direction), "strength": amount},
        across=len(strengths),
        straight=True,
        names=[f"{name}_{strength:+g}" for name in names_of(coded.first.seeds, []) for strength in strengths]
        if flags.format == "png"
        else [],
    )
