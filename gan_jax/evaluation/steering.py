"""What directions do to attributes of a model's images."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float
from tqdm import tqdm

from gan_jax.control import edits
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import Space, columns_of
from gan_jax.evaluation.reading import AttributeReader
from gan_jax.metrics.steering import response
from gan_jax.sampling.sampler import Sampler


class Steered(NamedTuple):
    """What all directions do to all attributes, in standard deviations of the data's for a strength of one."""

    slopes: Float[np.ndarray, "directions attributes"]
    linearity: Float[np.ndarray, "directions attributes"]  # R² of a straight line
    leakage: Float[np.ndarray, "directions attributes"]  # change of the others for a change of one of the aim
    aims: tuple[int, ...]  # the attribute of each direction: that of its name, else the one that changes most; or -1


def measure(
    sampler: Sampler,
    space: Space,
    directions: Directions,
    reader: AttributeReader,
    strengths: Float[np.ndarray, "strengths"],
    count: int,
    progress: bool = False,
) -> Steered:
    """Moves the codes of seeds 0 to count - 1 along each direction, and reads what comes out.

    A direction whose name is none of the attributes that can be read has no aim, and its leakage is NaN.
    """
    seeds = np.arange(count)
    label = sampler.with_labels(seeds, {}, space.name)
    codes = sampler(seeds, label, draw=space.name)
    times = len(strengths)
    columns = {name: values.repeat(times, axis=0) for name, values in columns_of(sampler, space, seeds, {}).items()}
    amount = np.tile(strengths, count).reshape(-1, *[1] * (codes.ndim - 1)).astype(np.float32)
    layers = np.array(directions.layers) if directions.layers else None
    found = []
    for step in tqdm(directions.steps, "Steering", disable=not progress):
        moved = edits.moved(codes.repeat(times, axis=0), amount * step, layers)
        parts = sampler.stream(seeds.repeat(times), {**columns, space.name: moved}, draw=space.draw)
        read = np.concatenate([reader.read(part) for part in parts])
        found.append(response(read.reshape(count, times, -1), strengths))
    slopes = np.stack([each.slopes for each in found])
    named = [reader.names.index(name) if name in reader.names else -1 for name in directions.names]
    aims = named or np.abs(slopes).argmax(axis=1).tolist()
    unknown = np.full(slopes.shape[1], np.nan)
    return Steered(
        slopes,
        np.stack([each.linearity for each in found]),
        np.stack([unknown if aim < 0 else each.leakage(aim) for each, aim in zip(found, aims, strict=True)]),
        tuple(aims),
    )
