"""Sets of shapes against each other, by the surfaces of voxels, and what a shape is like by itself.

Distances between generated shapes S and real ones R are Chamfer's; the four measures of sets are those of Yang et al.
2019 (PointFlow, section 5.1). None is enough alone: coverage rewards noise, the matching distance does not see a
collapse, and the ideal of the nearest neighbours' accuracy is one half.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int
from scipy import ndimage

from gan_jax.errors import InputError

Shapes = Bool[np.ndarray, "n depth height width"]


def intersection_over_union(a: Shapes, b: Shapes) -> Float[np.ndarray, "n"]:
    """Of shapes pair by pair; 1 of two empty ones."""
    both, either = ((x.reshape(len(x), -1)).sum(axis=1) for x in (a & b, a | b))
    return np.where(either == 0, 1.0, both / np.maximum(either, 1))


class Surfaces(NamedTuple):
    """The surface of each shape, and how far each place is from it; lengths in sides of the grid."""

    points: Float[np.ndarray, "n places"]  # of each place the share that it has in the surface
    squares: Float[np.ndarray, "n places"]  # squared distances


def surfaces(shapes: Shapes) -> Surfaces:
    """The voxels of each shape that have an open side. A shape without any is a diagonal away from everything."""
    far = sum((side / max(shapes.shape[1:])) ** 2 for side in shapes.shape[1:])
    points, squares = np.zeros((2, len(shapes), shapes[0].size), np.float32)
    for row, shape in enumerate(shapes):
        edge = shape & ~ndimage.binary_erosion(shape)
        if edge.any():
            points[row] = edge.ravel() / edge.sum()
            squares[row] = ndimage.distance_transform_edt(~edge).ravel() ** 2 / max(shape.shape) ** 2
        else:
            squares[row] = far
    return Surfaces(points, squares)


def chamfer(a: Surfaces, b: Surfaces) -> Float[np.ndarray, "a b"]:
    """Of all pairs: the mean squared distance to the nearest voxel of the other's surface, both directions added.

    Squares have no root, as in PointFlow. All voxels of a surface count, not a sample of points.
    """
    empty_a, empty_b = (x.points.sum(axis=1) == 0 for x in (a, b))
    there, back = a.points @ b.squares.T, (b.points @ a.squares.T).T
    far = max(a.squares.max(), b.squares.max())
    there[empty_a], back[:, empty_b] = far, far
    return there + back


class Distances(NamedTuple):
    """Within generated shapes, between generated and real ones, and within real ones."""

    fake: Float[np.ndarray, "s s"]
    across: Float[np.ndarray, "s r"]
    real: Float[np.ndarray, "r r"]


def distances(fake: Surfaces, real: Surfaces) -> Distances:
    """All that the measures of sets need."""
    return Distances(chamfer(fake, fake), chamfer(fake, real), chamfer(real, real))


def matching_distance(found: Distances) -> float:
    """MMD: the mean over real shapes of the distance to the nearest generated one."""
    return float(found.across.min(axis=0).mean())


def coverage(found: Distances) -> float:
    """COV: the share of real shapes that are the nearest of some generated one."""
    return len(np.unique(found.across.argmin(axis=1))) / found.across.shape[1]


def nearest_neighbour_accuracy(found: Distances) -> float:
    """1-NNA: the share of all shapes whose nearest other one is of their own kind (Lopez-Paz & Oquab 2017)."""
    count, real = found.across.shape
    if count != real:
        raise InputError(f"nearest_neighbour_accuracy: {count} generated shapes and {real} real ones: give as many.")
    together = np.block([[found.fake, found.across], [found.across.T, found.real]]).astype(np.float64)
    np.fill_diagonal(together, np.inf)
    is_real = np.arange(2 * count) >= count
    return float((is_real[together.argmin(axis=1)] == is_real).mean())


def divergence(fake: Surfaces, real: Surfaces) -> float:
    """JSD in bits between the places of all surfaces, over the whole grid."""
    p, q = (x.points.sum(axis=0, dtype=np.float64) / max(x.points.sum(dtype=np.float64), 1e-12) for x in (fake, real))
    return _entropy((p + q) / 2) - (_entropy(p) + _entropy(q)) / 2


def _entropy(p: Float[np.ndarray, "places"]) -> float:
    p = p[p > 0]
    return float(-(p * np.log2(p)).sum())


def pieces(shapes: Shapes) -> tuple[Int[np.ndarray, "n"], Float[np.ndarray, "n"]]:
    """How many parts that touch by their sides each shape has, and the share of its voxels in the largest."""
    counts, largest = np.zeros(len(shapes), np.int64), np.zeros(len(shapes))
    for row, shape in enumerate(shapes):
        parts, counts[row] = ndimage.label(shape)
        sizes = np.bincount(parts.ravel())[1:]
        largest[row] = sizes.max() / sizes.sum() if len(sizes) else 0.0
    return counts, largest


def standing(shapes: Shapes) -> Bool[np.ndarray, "n"]:
    """Whether the centre of mass lies within the rectangle around the lowest filled row, so that it stands."""
    stands = np.zeros(len(shapes), bool)
    for row, shape in enumerate(shapes):
        rows = np.flatnonzero(shape.any(axis=(0, 2)))
        if len(rows):
            z, _, x = (at.mean() for at in np.nonzero(shape))
            foot = np.argwhere(shape[:, rows[-1]])
            stands[row] = (foot.min(axis=0) <= (z, x)).all() and ((z, x) <= foot.max(axis=0)).all()
    return stands
