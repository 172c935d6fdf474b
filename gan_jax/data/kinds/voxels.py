"""Voxels: uint8 [D, H, W, C] with 1 to 4 channels, where more than 127 is inside; slices are pictures from the front.

The depth goes from front to back, rows from the top down, columns from left to right. Of four channels the last says
what is inside, and the others are its colour.
"""

import os
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Array, Float, Int, UInt8

from gan_jax.data import render
from gan_jax.data.kinds import array, image
from gan_jax.data.pixels import to_channels
from gan_jax.errors import InputError
from gan_jax.types import Column

flip, quantise = image.flip, image.quantise
Grid = UInt8[np.ndarray, "depth height width channels"]


def fit(value: Any, column: Column, *, crop: str, at: tuple[float, float], where: str) -> np.ndarray:
    """The grid with the column's sides: each new voxel the mean of what it covers, or with `patch` a window.

    A grid is brought to the sides as a whole, not cut: what it holds stands in it by its own measure. `at` is the place
    (0 to 1) of a window along width and depth; it stands on the floor.
    """
    if not (isinstance(value, np.ndarray) and value.dtype == np.uint8 and value.ndim == 4 and value.size):
        found = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise InputError(f"{where} must be uint8 [depth, height, width, channels], not {found}")
    *sides, channels = column.shape
    grid = to_channels(value.reshape(len(value), -1, value.shape[-1]), channels).reshape(*value.shape[:3], channels)
    free = [given - wanted for given, wanted in zip(grid.shape[:3], sides, strict=True)]
    if crop == "patch" and min(free) >= 0:
        starts = (min(int(at[1] * (free[0] + 1)), free[0]), free[1], min(int(at[0] * (free[2] + 1)), free[2]))
        return grid[tuple(slice(start, start + side) for start, side in zip(starts, sides, strict=True))]
    return _resized(grid, tuple(sides))


def _resized(grid: Grid, sides: tuple[int, int, int]) -> UInt8[np.ndarray, "new_depth new_height new_width channels"]:
    """Along each axis the mean over what a new voxel covers."""
    values = grid
    for axis, side in enumerate(sides):
        if side != grid.shape[axis]:
            values = np.moveaxis(np.tensordot(_shares(grid.shape[axis], side), values, (1, axis)), 0, axis)
    return values if values is grid else np.rint(values).astype(np.uint8)


def _shares(old: int, new: int) -> Float[np.ndarray, "new old"]:
    edges, own = np.arange(new + 1) / new, np.arange(old + 1) / old
    overlap = np.minimum(edges[1:, None], own[1:]) - np.maximum(edges[:-1, None], own[:-1])
    return np.clip(overlap, 0, None) * new


def turn(
    values: UInt8[Array, "batch depth height width channels"], quarters: Int[Array, "batch"]
) -> UInt8[Array, "batch depth height width channels"]:
    """Turned so many quarters about the vertical axis: one takes the front to the left."""
    return image.turned(values, quarters, (1, 3))


def picture(
    values: UInt8[np.ndarray, "n depth height width channels"], turns: Float[np.ndarray, "n"] | float = 0.0
) -> UInt8[np.ndarray, "n side side 3"]:
    """A view of each, after a part of a turn about its vertical axis."""
    return render.render(values, turns)


def parse(text: str, column: Column, key: str) -> tuple[np.ndarray, tuple[str, ...]]:
    """A grid or [N, ...] of them, from an .npy or .npz file; or a mesh or a folder of meshes, named after the files."""
    path = Path(os.path.expanduser(text))
    if path.suffix in (".npy", ".npz"):
        return array.parse(text, column, key)
    from gan_jax.data.sources import meshes  # which reads them through this package

    files = meshes.given(path, key)
    grids = [
        fit(meshes.placed(file, column.shape[:3]), column, crop="none", at=(0.5, 0.5), where=f"{key}: {file.name}")
        for file in files
    ]
    return np.stack(grids), tuple(file.name for file in files)
