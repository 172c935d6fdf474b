"""Boxes and cylinders as voxels: how much of each voxel is inside, exact for boxes at any resolution.

x runs to the right, y up from the floor and z to the back, in sides of the grid. A grid [depth, height, width] begins
in front, at the top and on the left: each slice is a picture as one standing in front would see it.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

Point = tuple[float, float, float]  # x, y, z


class Solid(NamedTuple):
    """A box, or an upright cylinder that fits into it; one that is not `there` is cut out of those before it."""

    low: Point
    high: Point
    is_round: bool = False
    there: bool = True


def turned(solids: Iterable[Solid], quarters: int) -> list[Solid]:
    """Turned about the vertical axis through the origin: one quarter takes the front to the left."""
    solids = list(solids)
    for _ in range(quarters % 4):
        solids = [
            s._replace(low=(s.low[2], s.low[1], -s.high[0]), high=(s.high[2], s.high[1], -s.low[0])) for s in solids
        ]
    return solids


def moved(solids: Iterable[Solid], by: Point) -> list[Solid]:
    """Moved along all three axes."""
    return [s._replace(low=_sum(s.low, by), high=_sum(s.high, by)) for s in solids]


def voxels(solids: Iterable[Solid], resolution: tuple[int, int, int]) -> UInt8[np.ndarray, "depth height width 1"]:
    """How much of each voxel is inside, from 0 to 255."""
    filled = np.zeros(resolution, np.float32)
    for solid in solids:
        depth, height, width = (
            _covered(solid.low[axis], solid.high[axis], side)
            for axis, side in ((2, resolution[0]), (1, resolution[1]), (0, resolution[2]))
        )
        base = _disc(solid, resolution) if solid.is_round else depth[:, None] * width
        inside = base[:, None, :] * height[::-1, None]
        filled = np.maximum(filled, inside) if solid.there else filled * (1 - inside)
    return np.rint(255 * filled).astype(np.uint8)[..., None]


def _covered(low: float, high: float, count: int) -> Float[np.ndarray, "count"]:
    """The share of each of `count` equal parts of [0, 1] that lies between two places."""
    edges = np.arange(count + 1) / count
    overlap = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    return np.clip(overlap * count, 0, 1).astype(np.float32)


def _disc(solid: Solid, resolution: tuple[int, int, int]) -> Float[np.ndarray, "depth width"]:
    """An ellipse in the base of the box, its edge smoothed over one voxel."""
    (left, _, front), (right, _, back) = solid.low, solid.high
    z = (np.arange(resolution[0]) + 0.5) / resolution[0] - (front + back) / 2
    x = (np.arange(resolution[2]) + 0.5) / resolution[2] - (left + right) / 2
    radii = max((right - left) / 2, 1e-6), max((back - front) / 2, 1e-6)
    distance = (1 - np.hypot(x / radii[0], z[:, None] / radii[1])) * min(radii)
    return np.clip(0.5 + distance * min(resolution[0], resolution[2]), 0, 1).astype(np.float32)


def _sum(a: Point, b: Point) -> Point:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]
