"""What `sample` does with codes: mixing, steps along directions, traversals, and ways from code to code."""

import argparse
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from gan_jax import ranges
from gan_jax.commands.coded import Reader, shows_images
from gan_jax.commands.plan import Plan, names_of
from gan_jax.control import directions, edits, finding, usage
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import FROM, Space, space_of, spaces
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import BLOCK, Sampler


def is_wanted(flags: argparse.Namespace, sampler: Sampler) -> bool:
    """Whether the arguments ask for something that takes codes."""
    found = spaces(sampler)
    given = flags.draw.startswith(FROM) or any(name in found for name in flags.condition)
    encoded = not flags.draw and any(shows_images(flags.condition, sampler, space) for space in found.values())
    changed = flags.space or flags.mix_with or flags.direction is not None or flags.traverse is not None
    return bool(changed or (flags.interpolate and (given or encoded)))


def plan(flags: argparse.Namespace, sampler: Sampler) -> Plan:
    """What is to be drawn, its codes included."""
    if flags.own_size:
        raise InputError("--own_size: codes are of pictures of the data's size, to which others are brought.")
    file = directions.read(flags.directions, "--directions") if flags.directions else None
    space = _space(flags, sampler, file)
    coded = Reader(flags, sampler, space)
    if flags.mix_with:
        made = _mixed(flags, space, coded)
    elif flags.direction is not None:
        made = _moved(flags, sampler, space, coded, file)
    elif flags.traverse is not None:
        made = _traversed(flags, sampler, space, coded)
    else:
        made = coded.first._asdict() | dict(names=[], straight=not space.is_normal)
        if len(made["seeds"]) < 2:
            raise InputError("--interpolate: a walk needs two codes, and so two seeds or images.")
    condition = {**made.pop("condition"), space.name: made.pop("codes")}
    rest = dict(sources=[], options=coded.options, space=space) | made
    return Plan(sampler, space.draw, condition=condition, **rest)


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
    for name, space in found.items():
        if name in flags.condition or shows_images(flags.condition, sampler, space):
            return space
    if flags.traverse is not None:
        return space_of(sampler, "z", "--traverse")
    if file:
        return space_of(sampler, file.space, f"--directions={flags.directions}")
    name = finding.default_space(found)
    return space_of(sampler, name, "codes")


def _mixed(flags: argparse.Namespace, space: Space, coded: Reader) -> dict[str, Any]:
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
        sources=coded.sources if is_grid else [coded.sources[i] for i in base if coded.sources],
        across=len(columns) + 1 if is_grid else len(columns),
        corner=is_grid,
        names=[
            f"{a}_with_{b}"
            for a in names_of(first.seeds, coded.sources)
            for b in names_of(others.seeds, [], "--mix_with")
        ]
        if flags.format == "files"
        else [],
    )


def _moved(
    flags: argparse.Namespace, sampler: Sampler, space: Space, coded: Reader, file: Directions | None
) -> dict[str, Any]:
    """For each seed a row of strengths."""
    if flags.layers and not space.rows:
        raise InputError(f"--layers={flags.layers}: a code of {space.name} is one for all layers.")
    layers = tuple(ranges.parse(flags.layers, "--layers", space.rows).tolist()) if flags.layers else ()
    if file is None:
        if not flags.direction.isdecimal():
            raise InputError(f"--direction={flags.direction}: give a number from 0, or the file --directions of names.")
        known = finding.find(sampler, space, count=int(flags.direction) + 1, layers=layers)
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
        sources=_repeated(coded.sources, len(strengths)),
        names=[f"{name}_{strength:+g}" for name in names_of(coded.first.seeds, coded.sources) for strength in strengths]
        if flags.format == "files"
        else [],
    )


def _traversed(flags: argparse.Namespace, sampler: Sampler, space: Space, coded: Reader) -> dict[str, Any]:
    """For each seed a row for each latent, which takes each strength in turn (Higgins et al. 2017)."""
    if not space.is_normal:
        raise InputError(f"--traverse: the numbers of {space.name} have no scale in common: take z, or a --direction.")
    size = int(np.prod(space.shape))
    if flags.traverse:
        latents = ranges.parse(flags.traverse, "--traverse", size)
    else:
        latents = usage.most_used(sampler, space)
        logging.info("Latents, a row each: %s", ", ".join(map(str, latents)))
    strengths = np.array(flags.strengths, np.float32)
    count, own = len(coded.first.seeds), len(latents) * len(strengths)
    ranges.check_count(count * own, "--traverse")
    made = coded.first.rows(np.arange(count).repeat(own))
    latent, amount = (np.tile(x.ravel(), count) for x in np.meshgrid(latents, strengths, indexing="ij"))
    first = names_of(coded.first.seeds, coded.sources) if flags.format == "files" else []
    return dict(
        seeds=made.seeds,
        codes=edits.replaced(made.codes, latent, amount),
        condition=made.condition,
        notes={"latent": latent, "strength": amount},
        across=len(strengths),
        sources=_repeated(coded.sources, own),
        names=[f"{name}_latent{i}_{strength:+g}" for name in first for i in latents for strength in strengths],
    )


def _repeated(sources: list[str], times: int) -> list[str]:
    return [source for source in sources for _ in range(times)]
