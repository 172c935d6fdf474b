"""Voxels that a model makes beside held-out ones, and beside those what training ones reach."""

from collections.abc import Iterator

import numpy as np

from gan_jax.data.dataset import Dataset
from gan_jax.data.voxels import inside
from gan_jax.errors import InputError
from gan_jax.evaluation.comparison import Value
from gan_jax.evaluation.examples import Examples, some_of
from gan_jax.metrics import shapes
from gan_jax.metrics.samples import Estimate
from gan_jax.sampling.sampler import Sampler


def shape_sets(sampler: Sampler, train: Dataset, examples: Examples) -> Iterator[Value]:
    """`gan_jax.metrics.shapes` of as many generated shapes as there are examples, of seeds from 0.

    `floor_*` are the same values of as many training shapes in the place of the generated ones: what no model passes
    but by chance. `pieces` and `largest` are means, `standing` a share, `real_*` the same of the examples.
    """
    count = len(examples.chosen)
    real = _shapes(examples.data, examples)
    sets = {
        "": inside(_checked(sampler, sampler(range(count)))),
        "floor_": _shapes(train, some_of(train, count)),
    }
    around = shapes.surfaces(real)
    for prefix, made in sets.items():
        own = shapes.surfaces(made)
        found = shapes.distances(own, around)
        yield _value(f"{prefix}mmd", shapes.matching_distance(found), count)
        yield _value(f"{prefix}coverage", shapes.coverage(found), count)
        yield _value(f"{prefix}1nna", shapes.nearest_neighbour_accuracy(found), count)
        yield _value(f"{prefix}jsd", shapes.divergence(own, around), count)
    for prefix, made in {"": sets[""], "real_": real}.items():
        pieces, largest = shapes.pieces(made)
        yield _value(f"{prefix}pieces", float(pieces.mean()), count)
        yield _value(f"{prefix}largest", float(largest.mean()), count)
        yield _value(f"{prefix}standing", float(shapes.standing(made).mean()), count)


def occupancy(sampler: Sampler, examples: Examples, draw: str) -> Iterator[Value]:
    """The intersection over union of examples and what a draw that is asked with them makes, `iou`."""
    columns = {name: examples.column(name) for name in sampler.conditions(draw)}
    made = _checked(sampler, sampler(examples.chosen, columns, draw=draw))
    values = shapes.intersection_over_union(inside(made), inside(examples.column("image")))
    yield Value("iou", Estimate(float(values.mean()), float(values.std() / np.sqrt(len(values)))), {"draw": draw})


def _shapes(data: Dataset, examples: Examples) -> shapes.Shapes:
    if data.columns["image"].kind != "voxels":
        raise InputError(f"shapes: the data's `image` is {data.columns['image'].kind}, and these are about voxels.")
    return inside(examples.column("image"))


def _checked(sampler: Sampler, made: np.ndarray) -> np.ndarray:
    if made.ndim != 5 or made.dtype != np.uint8:
        raise InputError(f"shapes: {sampler.name} makes {made.dtype} {list(made.shape[1:])}, and no voxels.")
    return made


def _value(name: str, value: float, count: int) -> Value:
    return Value(name, Estimate(value), {"shapes": count})
