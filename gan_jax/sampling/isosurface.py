"""Marching cubes (Lorensen & Cline 1987): the surface of a grid of values as triangles, always closed.

The triangles of a cell follow from its corners: on each side of a cell a run of corners inside is cut off by a line, so
that of two corners across from each other each has its own. A neighbour draws the same lines, and so nothing is left
open, as it is with the published table of 15 cases.
"""

import functools
import itertools
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int


class Mesh(NamedTuple):
    """A surface of triangles, counterclockwise as seen from outside."""

    vertices: Float[np.ndarray, "v 3"]
    triangles: Int[np.ndarray, "t 3"]


def marching_cubes(values: Float[np.ndarray, "a b c"], level: float) -> Mesh:
    """Where values, known at whole numbers along three axes, pass a level; outside of the grid they are below it.

    A vertex lies where a straight line between two neighbours passes the level.
    """
    values = np.pad(values.astype(np.float64), 1, constant_values=level - max(float(values.max() - level), 1e-6))
    inside = values > level
    code = np.zeros(tuple(side - 1 for side in values.shape), np.int64)
    for bit, corner in enumerate(_CORNERS):
        code += (
            inside[tuple(slice(n, n + side) for n, side in zip(corner, code.shape, strict=True))].astype(np.int64)
            << bit
        )
    cells = np.argwhere((code > 0) & (code < 255))
    edges = _table()[code[tuple(cells.T)]]  # [cells, triangles, 3], -1 where there are no more
    cell, triangle = np.nonzero(edges[..., 0] >= 0)
    edge = edges[cell, triangle]
    begin = cells[cell][:, None] + _CORNERS[_EDGES[edge, 0]]
    axis = _AXES[edge]
    names = np.ravel_multi_index((*np.moveaxis(begin, -1, 0), axis), (*values.shape, 3))
    kept, triangles = np.unique(names, return_inverse=True)
    *low, axis = np.unravel_index(kept, (*values.shape, 3))
    low = np.stack(low, axis=1)
    step = np.eye(3, dtype=np.int64)[axis]
    a, b = values[tuple(low.T)], values[tuple((low + step).T)]
    return Mesh(low + step * ((level - a) / (b - a))[:, None] - 1, triangles.reshape(-1, 3))


_CORNERS = np.array(list(itertools.product((0, 1), repeat=3)))
_EDGES = np.array([(a, b) for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1])
_AXES = np.array([int(np.flatnonzero(_CORNERS[a] != _CORNERS[b])[0]) for a, b in _EDGES])
_NUMBER = {frozenset(edge): number for number, edge in enumerate(_EDGES.tolist())}


def _sides() -> list[list[int]]:
    """The corners of each side of a cell, in a circle, counterclockwise as seen from outside."""
    sides = []
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        for end in (0, 1):
            circle = [(0, 0), (1, 0), (1, 1), (0, 1)]
            corners = []
            for p, q in circle if end else circle[::-1]:
                place = np.zeros(3, np.int64)
                place[[axis, a, b]] = end, p, q
                corners.append(int(place @ [4, 2, 1]))
            sides.append(corners)
    return sides


@functools.cache
def _table() -> Int[np.ndarray, "256 triangles 3"]:
    """The edges on which the triangles of each cell have their corners, by which of its corners are inside."""
    found = [_triangles(code) for code in range(256)]
    table = np.full((256, max(map(len, found)), 3), -1)
    for code, triangles in enumerate(found):
        table[code, : len(triangles)] = np.array(triangles).reshape(-1, 3)
    return table


def _triangles(code: int) -> list[tuple[int, int, int]]:
    after: dict[int, int] = {}  # the lines of all sides, from one edge to the next
    for side in _sides():
        inside = [bool(code >> corner & 1) for corner in side]
        edges = [_NUMBER[frozenset((side[n], side[(n + 1) % 4]))] for n in range(4)]
        for n in range(4):
            if not inside[n - 1] and inside[n]:  # a run of corners begins
                end = next(m % 4 for m in range(n, n + 4) if not inside[(m + 1) % 4])
                after[edges[end]] = edges[n - 1]
    triangles = []
    while after:
        first, at = after.popitem()
        loop = [first]
        while at != first:
            loop.append(at)
            at = after.pop(at)
        starts = [loop[n:] + loop[:n] for n in range(len(loop))]
        loop = min(starts, key=lambda loop: sum(_on_a_side(loop[0], other) for other in loop[2:-1]))
        triangles += [(loop[0], loop[n + 1], loop[n]) for n in range(1, len(loop) - 1)]
    return triangles


def _on_a_side(a: int, b: int) -> bool:
    """Whether two edges lie on one side of a cell: a line between them could be that of a neighbour too."""
    corners = _CORNERS[np.concatenate([_EDGES[a], _EDGES[b]])]
    return bool((corners == corners[0]).all(axis=0).any())
