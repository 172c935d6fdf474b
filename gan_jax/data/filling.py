"""Which voxels lie inside a closed surface: those whose centres a ray from the front enters more often than it leaves.

Each voxel is told by itself, so that a surface made of voxels gives these very voxels again.
"""

import numpy as np
from jaxtyping import Bool, Float

ASIDE = np.array([3.1e-6, 1.7e-6])  # of a voxel: rays pass beside the corners and edges that lie where centres do


def inside(
    triangles: Float[np.ndarray, "n 3 3"], sides: tuple[int, int, int]
) -> Bool[np.ndarray, "depth height width"]:
    """Of corners [depth, row, column] in voxels, whose centres are at 0.5, 1.5 and so on.

    Solids may lie in each other, if their triangles all look outwards or all inwards. Where a ray does not leave as
    often as it enters, some look the other way, and every second stretch of it is taken to be inside.
    """
    across, along = triangles[..., 1:] - ASIDE, triangles[..., 0]
    low, high = np.ceil(across.min(axis=1) - 0.5), np.floor(across.max(axis=1) - 0.5)
    low, high = (np.clip(x, (0, 0), (sides[1], sides[2])).astype(int) for x in (low, high + 1))
    counts = np.clip(high - low, 0, None)  # of rays beside each triangle, down and across
    each = np.repeat(np.arange(len(triangles)), counts.prod(axis=1))
    first = np.cumsum(counts.prod(axis=1)) - counts.prod(axis=1)
    down, right = np.divmod(np.arange(len(each)) - first[each], np.maximum(counts[each, 1], 1))
    rays = low[each] + np.stack([down, right], axis=1)
    a, b, c = across[each].swapaxes(0, 1) - (rays + 0.5)
    weights = np.stack([_cross(b, c), _cross(c, a), _cross(a, b)], axis=1)  # how near each corner is
    met = (weights > 0).all(axis=1) | (weights < 0).all(axis=1)
    weights, rays = weights[met], rays[met]
    depth = (weights * along[each[met]]).sum(axis=1) / weights.sum(axis=1)
    behind = np.clip(np.ceil(depth - 0.5), 0, sides[0]).astype(int)  # the first centre behind the triangle
    entered, met_so_far = np.zeros((2, sides[0] + 1, *sides[1:]), np.int64)
    np.add.at(entered, (behind, *rays.T), np.where(weights[:, 0] > 0, 1, -1))
    np.add.at(met_so_far, (behind, *rays.T), 1)
    entered, met_so_far = np.cumsum(entered, axis=0), np.cumsum(met_so_far, axis=0)
    return np.where(entered[-1] == 0, entered != 0, met_so_far % 2 == 1)[:-1]


def _cross(a: Float[np.ndarray, "n 2"], b: Float[np.ndarray, "n 2"]) -> Float[np.ndarray, "n"]:
    return a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]
