"""Exact nearest neighbours and ball counts in bounded memory: float32 on the accelerator finds, float64 decides.

Blocks of squared distances are made in float32 by one matrix product. Its rounding error is bounded, so most of the
comparisons are certain; the pairs within the bound are compared by their float64 differences. Results therefore do not
depend on the device, the block size or the norm of the features, and copies are at a distance of exactly 0.
"""

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Float32, Float64, Int
from tqdm import tqdm

_BLOCK = 2**26  # entries of the distance matrix at a time, at most
_ROWS = 1024  # and rows, so that on a CPU a block stays near the cores
_TILE = 512  # columns are padded to a multiple, so that few shapes are compiled and matrix products are aligned
_SPARE = 4  # candidates beside the k nearest
_CROWDED = 0.01  # share of uncertain pairs from which a block is computed again in float64


class Neighbours(NamedTuple):
    """The nearest references of each query, nearest first."""

    distance: Float64[np.ndarray, "queries k"]
    index: Int[np.ndarray, "queries k"]


class BallCounts(NamedTuple):
    """How many balls each point lies in, and how many points each ball holds."""

    balls_of_point: Int[np.ndarray, "points"]
    points_of_ball: Int[np.ndarray, "balls"]


def nearest(
    queries: Float[np.ndarray, "queries size"],
    references: Float[np.ndarray, "references size"],
    k: int,
    *,
    leave_self_out: bool = False,
) -> Neighbours:
    """The k nearest references of each query by Euclidean distance.

    With `leave_self_out`, queries and references are one set and row i is no neighbour of itself (copies of it are).
    """
    pairs = _Pairs.of(queries, references)
    candidates = min(k + _SPARE, len(references) - leave_self_out)
    distance, index = np.empty((len(queries), k)), np.empty((len(queries), k), np.int64)
    for rows in pairs.blocks("neighbours"):
        first_self = rows.start if leave_self_out else -pairs.block_rows
        approximate, chosen = (
            np.array(found)[: rows.stop - rows.start]
            for found in _candidates(*pairs.device_block(rows), first_self, candidates)
        )
        exact = _exact(queries[rows, None], references, chosen)
        # What is no candidate is not nearer than the last candidate less the error of its approximation.
        beyond = np.sqrt(np.maximum(approximate[:, -1] - pairs.tolerance(np.float32, rows), 0)) * pairs.scale
        doubtful = np.flatnonzero(np.partition(exact, k - 1)[:, k - 1] > beyond)
        if len(doubtful) and candidates < len(references) - leave_self_out:
            own = rows.start + doubtful
            block = pairs.float64_block(own)
            if leave_self_out:
                block[np.arange(len(own)), own] = np.inf
            chosen[doubtful] = np.argpartition(block, candidates - 1)[:, :candidates]
            exact[doubtful] = _exact(queries[own, None], references, chosen[doubtful])
        order = np.argsort(exact, axis=1, kind="stable")[:, :k]
        distance[rows], index[rows] = np.take_along_axis(exact, order, 1), np.take_along_axis(chosen, order, 1)
    return Neighbours(distance, index)


def radii(features: Float[np.ndarray, "number size"], k: int) -> Float64[np.ndarray, "number"]:
    """The distance of each row to its k-th nearest neighbour, itself not counted."""
    return nearest(features, features, k, leave_self_out=True).distance[:, -1]


def count_in_balls(
    centres: Float[np.ndarray, "balls size"],
    radii: Float64[np.ndarray, "balls"],
    points: Float[np.ndarray, "points size"],
    *,
    closed: bool,
) -> BallCounts:
    """Counts the points in each ball and the balls around each point; a point on the surface is in a `closed` ball."""
    pairs = _Pairs.of(centres, points)
    within = np.less_equal if closed else np.less
    counts = BallCounts(np.zeros(len(points), np.int64), np.zeros(len(centres), np.int64))
    for rows in pairs.blocks("balls"):
        block, radius = pairs.device_block(rows), (radii[rows] / pairs.scale) ** 2
        tolerance = pairs.tolerance(np.float32, rows)
        padding = (0, pairs.block_rows - len(radius))
        sure, uncertain = _compare(
            *block, np.pad(radius, padding, constant_values=-np.inf).astype(np.float32), np.pad(tolerance, padding)
        )
        uncertain = np.asarray(uncertain)[: len(radius), : len(points)]
        if np.mean(uncertain) < _CROWDED:
            counts.balls_of_point[:] += np.asarray(sure.balls_of_point)[: len(points)]
            counts.points_of_ball[rows] += np.asarray(sure.points_of_ball)[: len(radius)]
        else:
            squared, tolerance = pairs.float64_block(rows), pairs.tolerance(np.float64, rows)
            margin = radius[:, None] - squared
            inside, uncertain = margin > tolerance[:, None], np.abs(margin) <= tolerance[:, None]
            counts.balls_of_point[:] += inside.sum(axis=0)
            counts.points_of_ball[rows] += inside.sum(axis=1)
        ball, point = np.nonzero(uncertain)
        decided = within(_exact(centres[rows.start + ball], points, point), radii[rows.start + ball])
        np.add.at(counts.balls_of_point, point[decided], 1)
        np.add.at(counts.points_of_ball, rows.start + ball[decided], 1)
    return counts


class _Pairs(NamedTuple):
    """Two sets in common units: the mean of the columns' set at the origin, norms at most 1."""

    rows: Float[np.ndarray, "rows size"]
    columns: Float[np.ndarray, "columns size"]
    centre: Float64[np.ndarray, "size"]
    scale: float
    device_columns: Float32[Array, "padded size"]
    column_norms: Float32[Array, "padded"]  # squared; infinite where padded, so that padding is never near

    @classmethod
    def of(cls, rows: np.ndarray, columns: np.ndarray) -> "_Pairs":
        centre = columns.mean(axis=0, dtype=np.float64)
        scale = max(np.abs(side - centre).max() for side in (rows, columns)) * np.sqrt(len(centre)) or 1.0
        scaled = ((columns - centre) / scale).astype(np.float32)
        padding = -len(columns) % _TILE
        norms = np.pad(np.sum(scaled**2, axis=1), (0, padding), constant_values=np.inf)
        scaled = np.pad(scaled, ((0, padding), (0, 0)))
        return cls(rows, columns, centre, float(scale), jnp.asarray(scaled), jnp.asarray(norms))

    @property
    def block_rows(self) -> int:
        return max(min(_BLOCK // len(self.device_columns), _ROWS, len(self.rows) + -len(self.rows) % _TILE), 1)

    def blocks(self, name: str) -> Iterator[slice]:
        for start in tqdm(range(0, len(self.rows), self.block_rows), name, leave=False, disable=None):
            yield slice(start, min(start + self.block_rows, len(self.rows)))

    def scaled_rows(self, rows: slice | np.ndarray) -> Float64[np.ndarray, "block size"]:
        return (self.rows[rows] - self.centre) / self.scale

    def device_block(self, rows: slice) -> tuple[np.ndarray, Array, Array]:
        block = self.scaled_rows(rows).astype(np.float32)
        return np.pad(block, ((0, self.block_rows - len(block)), (0, 0))), self.device_columns, self.column_norms

    def float64_block(self, rows: slice | np.ndarray) -> Float64[np.ndarray, "block columns"]:
        x, y = self.scaled_rows(rows), (self.columns - self.centre) / self.scale
        return np.sum(x**2, axis=1)[:, None] + np.sum(y**2, axis=1) - 2 * x @ y.T

    def tolerance(self, dtype: type, rows: slice) -> Float[np.ndarray, "block"]:
        """A bound on the error of |x|² + |y|² - 2xy, 8 times the usual √size u (Higham and Mary, 2019)."""
        unit = np.finfo(dtype).eps / 2
        norms = np.sum(self.scaled_rows(rows) ** 2, axis=1) + float(np.max(self.column_norms[: len(self.columns)]))
        return (8 * np.sqrt(len(self.centre)) * unit * norms + np.finfo(np.float32).tiny).astype(dtype)


def _squared(rows: Array, columns: Array, column_norms: Array) -> Float32[Array, "rows columns"]:
    product = jnp.matmul(rows, columns.T, precision="highest")  # TF32 would exceed the tolerance
    return jnp.sum(rows**2, axis=1)[:, None] + (column_norms - 2 * product)


@partial(jax.jit, static_argnums=4)
def _candidates(rows, columns, column_norms, first_self, count) -> tuple[Array, Array]:
    own = jnp.arange(len(rows))[:, None] + first_self == jnp.arange(len(columns))
    negative, index = jax.lax.top_k(-jnp.where(own, jnp.inf, _squared(rows, columns, column_norms)), count)
    return -negative, index


@jax.jit
def _compare(rows, columns, column_norms, radius, tolerance) -> tuple[BallCounts, Bool[Array, "rows columns"]]:
    margin = radius[:, None] - _squared(rows, columns, column_norms)
    inside = margin > tolerance[:, None]
    return BallCounts(inside.sum(axis=0), inside.sum(axis=1)), jnp.abs(margin) <= tolerance[:, None]


def _exact(rows: np.ndarray, references: np.ndarray, index: np.ndarray) -> Float64[np.ndarray, "..."]:
    """Distances to chosen references by float64 differences, a bounded number of rows at a time."""
    distance = np.empty(index.shape)
    step = max(1, 2**22 // (references.shape[1] * (index.shape[1] if index.ndim > 1 else 1)))
    for start in range(0, len(index), step):
        part = slice(start, start + step)
        difference = np.subtract(rows[part], references[index[part]], dtype=np.float64)
        distance[part] = np.sqrt(np.einsum("...d,...d->...", difference, difference))
    return distance
