"""Codes of images that one has: those whose images are nearest (Karras et al. 2020, appendix D).

Other than there a descent starts from several codes, the mean of all and those of some drawn ones whose images are
nearest, and the best end is taken; and the noise of the network, which is a function of the seed, stays as it is, so
that a code makes the same image again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, PyTree, UInt8
from tqdm import tqdm

from gan_jax.control.descent import NOISE, Descent, Goal
from gan_jax.control.distances import Distance
from gan_jax.control.spaces import Space, columns_of, painter
from gan_jax.errors import DivergedError, InputError
from gan_jax.metrics.reconstruction import psnr
from gan_jax.sampling.sampler import Sampler

Images = UInt8[np.ndarray, "n height width channels"]

CODES = 10_000  # of which mean and spread are taken
CANDIDATES = 256  # of them whose images are looked at for a beginning
FIRST_SEED = 2**31  # of them: seeds that the images are hardly drawn by


class Settings(NamedTuple):
    """How codes are looked for."""

    every_row: bool = False  # whether the rows of a code may differ, as those of one that is drawn do not: w+, not w
    steps: int = 1000
    starts: int = 4  # from how many codes
    learning_rate: float = 0.1
    batch_size: int = 8  # images at a time


class Projected(NamedTuple):
    """What came of it, a row for each image."""

    codes: Float[np.ndarray, "n *code"]
    images: Images  # that the codes make
    psnr: Float[np.ndarray, "n"]  # decibels, between them and those that were given


class Known(NamedTuple):
    """What is known of a space: the mean of codes, their root mean squared distance from it, and some of them."""

    mean: Float[np.ndarray, "*part"]
    spread: float
    some: Float[np.ndarray, "m *part"]


def project(
    sampler: Sampler,
    images: Images,
    space: Space,
    distance: Distance,
    settings: Settings,
    condition: Mapping[str, Any],
    *,
    progress: bool = False,
    **options: Any,
) -> Projected:
    """The codes of images of the model's size; image i is made with the noise of seed i.

    Args:
        sampler: of the model.
        images: whose codes are wanted.
        space: of the codes.
        distance: what is to be small.
        settings: of the search.
        condition: of the draw `space.draw`, without the code: of a class-conditional model the label.
        progress: whether a bar on stderr shows the steps.
        options: of that draw.

    Raises:
        InputError: images of another size, no label, or rows that may differ of a code that has none.
        DivergedError: the descents to an image all ended in what is not finite.
    """
    check(sampler, images, space, settings, condition)
    seeds = np.arange(len(images), dtype=np.uint32)
    columns = columns_of(sampler, space, seeds, condition)
    everything = Goal(images, seeds, columns)
    known = _known(sampler, space, every_row=settings.every_row)
    variables = sampler.prepared(space.draw, **options)
    descent = Descent(
        painter(sampler, space, options),
        distance,
        space.shape,
        steps=settings.steps,
        learning_rate=settings.learning_rate,
        noise=NOISE * known.spread,
    )
    size = min(settings.batch_size, len(images))
    batches = [np.minimum(np.arange(at, at + size), len(images) - 1) for at in range(0, len(images), size)]
    found = []
    with tqdm(total=len(batches) * settings.steps, unit=" steps", dynamic_ncols=True, disable=not progress) as bar:
        for chosen in batches:
            rows = chosen.repeat(settings.starts)  # of descents, those of an image one after the other
            alone = [everything.rows(np.full(len(rows), i)) for i in chosen]
            begin = np.concatenate([_beginnings(descent, variables, goal, known, settings) for goal in alone])
            ends = descent.run(variables, begin, everything.rows(rows), bar.update)
            far = descent.far(variables, ends, everything.rows(rows))
            found.append(_best(ends, far, settings.starts))
    parts = np.concatenate(found)[: len(images)]
    codes = np.ascontiguousarray(np.broadcast_to(parts, (len(images), *space.shape)))
    made = sampler(seeds, {**columns, space.name: codes}, draw=space.draw, **options)
    return Projected(codes, made, psnr(images, made))


def check(sampler: Sampler, images: Images, space: Space, settings: Settings, condition: Mapping[str, Any]) -> None:
    """Refuses what `project` would, before anything is computed."""
    shape = tuple(sampler.output(space.draw).shape)
    if images.shape[1:] != shape:
        raise InputError(f"images: {list(images.shape[1:])} pixels, where the model makes {list(shape)}.")
    if settings.every_row and not space.rows:
        raise InputError(f"space = {space.name}+: a code of {space.name} has no rows that could differ.")
    if "label" in sampler.conditions(space.draw) and "label" not in condition:
        raise InputError("condition.label is missing: a conditional model is to be told the class of the images.")


def _known(sampler: Sampler, space: Space, *, every_row: bool) -> Known:
    parts = sampler.stream(np.arange(FIRST_SEED, FIRST_SEED + CODES), draw=space.name)
    codes = np.concatenate([part[:, :1] if space.rows else part for part in parts])
    mean = codes.mean(axis=0)
    spread = np.sqrt(np.square(codes - mean).reshape(CODES, -1).sum(axis=1).mean())
    some = codes[:CANDIDATES]
    if every_row:
        mean, some = np.broadcast_to(mean, space.shape), np.broadcast_to(some, (CANDIDATES, *space.shape))
    return Known(mean, float(spread), some)


def _beginnings(
    descent: Descent, variables: PyTree, goal: Goal, known: Known, settings: Settings
) -> Float[np.ndarray, "starts *part"]:
    """The mean, and the codes whose images are nearest to the one image that all rows of a goal are for."""
    if settings.starts == 1:
        return known.mean[None]
    rows, far = len(goal.seeds), []
    for at in range(0, CANDIDATES, rows):
        some = known.some[np.minimum(np.arange(at, at + rows), CANDIDATES - 1)]
        far.append(descent.far(variables, some, goal))
    nearest = np.argsort(np.concatenate(far)[:CANDIDATES], stable=True)[: settings.starts - 1]
    return np.concatenate([known.mean[None], known.some[nearest]])


def _best(
    ends: Float[np.ndarray, "rows *part"], far: Float[np.ndarray, "rows"], starts: int
) -> Float[np.ndarray, "n *part"]:
    """The nearest of the ends of each image."""
    far = np.where(np.isfinite(far), far, np.inf).reshape(-1, starts)
    if np.isinf(far).all(axis=1).any():
        raise DivergedError("The search for a code did not stay finite: take a smaller learning rate.")
    return ends[np.arange(len(far)) * starts + far.argmin(axis=1)]
