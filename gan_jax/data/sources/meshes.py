"""Meshes as voxels: GLB, OBJ, STL, OFF and PLY files below a folder, whose sub-folders are classes."""

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, UInt8
from scipy import ndimage

from gan_jax.bounds import Positive
from gan_jax.data import splits
from gan_jax.data.filling import inside
from gan_jax.data.folders import files_below
from gan_jax.data.labels import UNLABELLED, Labels, encode
from gan_jax.data.left_out import LeftOut
from gan_jax.errors import InputError

SUFFIXES = (".glb", ".obj", ".stl", ".off", ".ply")
UP = ("y", "z")
NEAR = 1e-3  # of a side
EDGE = 1e-4  # of a voxel: what lies between two of them belongs to the one that is not of the margin
MARGIN = 1 / 32  # of a side, left free all around, at least one voxel: ModelNet's 30 of 32

log = logging.getLogger(__name__)


class Meshes:
    """Mesh files by their names below a folder."""

    def __init__(self, root: Path, names: list[str], labels: Labels, resolution: int, up: str, solid: bool):
        self.root, self.names = root, names
        self.labels, self.classes = labels
        self.num_classes = len(self.classes)
        self.resolution, self.up, self.solid = resolution, up, solid

    def __len__(self) -> int:
        return len(self.names)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        example = {"image": voxelised(self.root / self.names[i], self.resolution, up=self.up, solid=self.solid)}
        return example if self.labels is None else example | {"label": self.labels[i]}


def make(path: str, *, resolution: Positive = 32, up: str = "y", solid: bool = True, split: str = "all") -> Meshes:
    """The meshes below a folder, each as large as fits into resolution^3 voxels with a margin, standing on the floor.

    Classes come from the first level of sub-folders, where there are any; what is left out is told. up: the axis that
    points up, "y" as in GLB or "z" as in ModelNet. solid: voxels are those whose centres are inside, which takes closed
    meshes, and of parts too thin to hold one those that their surface passes; without it all that the surface passes.
    """
    root = Path(os.path.expanduser(path))
    if up not in UP:
        raise InputError(f"meshes: up={up!r} is unknown; use {' or '.join(map(repr, UP))}")
    if not os.path.isdir(root):
        raise InputError(f"meshes: there is no folder {root}; the source's `path` names one")
    _trimesh()
    left_out = LeftOut()
    files = files_below(root, left_out)
    names = sorted(name for name in files if name.lower().endswith(SUFFIXES))
    for file in files.difference(names):
        left_out.add_file(file)
    if not names:
        raise InputError(
            f"meshes: {root} holds {str(left_out) or 'no files'}, but none that ends in {', '.join(SUFFIXES)}"
        )
    left_out.warn(f"meshes: {root}: {len(names):,} meshes")
    flat = [name for name in names if "/" not in name]
    if flat and len(flat) < len(names):
        raise InputError(f"meshes: {root / flat[0]} lies in no sub-folder, where others have their class from: move it")
    labels = UNLABELLED if flat else encode([name.split("/")[0] for name in names], origin=f"meshes: {root}")
    chosen = splits.select(split, len(names))
    values = None if labels.values is None else labels.values[chosen]
    return Meshes(root, [names[i] for i in chosen], Labels(values, labels.classes), resolution, up, solid)


def given(path: Path, key: str) -> list[Path]:
    """A file that somebody gave, or those of a folder; `key` begins what is said of them."""
    if os.path.isfile(path) and path.suffix.lower() in SUFFIXES:
        return [path]
    try:
        source = make(str(path))
    except InputError as error:
        raise InputError(f"{key}={path}: {error}; grids are .npy and .npz files") from error
    return [source.root / name for name in source.names]


def placed(file: Path, sides: tuple[int, int, int]) -> UInt8[np.ndarray, "depth height width 1"]:
    """A mesh in a grid of these sides, closed: where it is, if it is as those are that `sampling.meshes` writes.

    That is within the grid, whose longest side is 1, with 0 in the middle of the floor, and at least half as large. Any
    other is made as large as fits, as `make` does it, and this is told.
    """
    mesh = _read(file)
    if not _is_closed(mesh):
        raise InputError(f"{_not_closed(file)}, or give a grid, .npy")
    longest, (depth, height, width) = max(sides), sides
    half = np.array([width / 2, height / 2, depth / 2]) / longest
    middle = np.array([0, half[1], 0])
    if (np.abs(mesh.bounds - middle) <= half + NEAR).all() and max(mesh.extents) >= 0.5:
        x, y, z = np.moveaxis(mesh.triangles, -1, 0) * longest
        corners = np.stack([depth / 2 - z, height - y, x + width / 2], axis=-1)
        return 255 * inside(corners, sides)[..., None].astype(np.uint8)
    log.info("%s is made as large as fits and stands in the middle; what would stay where it is: docs/voxels.md.", file)
    return _fitted(mesh, longest, up="y", solid=True)


def voxelised(file: Path, resolution: int, *, up: str, solid: bool) -> UInt8[np.ndarray, "depth height width 1"]:
    """One mesh, looking to the front."""
    mesh = _read(file)
    if solid and not _is_closed(mesh):
        raise InputError(f"{_not_closed(file)}, or take the surface alone, data.source.solid=False")
    return _fitted(mesh, resolution, up=up, solid=solid)


def _read(file: Path) -> Any:
    try:
        mesh = _trimesh().load(file, force="mesh")
    except InputError:
        raise
    except Exception as error:  # trimesh reports damage with a dozen types
        raise InputError(f"meshes: {file} cannot be read: {str(error) or type(error).__name__}") from error
    if not len(mesh.faces) or not np.isfinite(mesh.extents).all() or not max(mesh.extents):
        raise InputError(f"meshes: {file} has no triangles, or none of any size")
    return mesh


def _is_closed(mesh: Any) -> bool:
    """Whether no edge is of one triangle alone; where solids touch, one may be of four."""
    _, times = np.unique(mesh.edges_sorted, axis=0, return_counts=True)
    return bool((times % 2 == 0).all())


def _not_closed(file: Path) -> str:
    return (
        f"meshes: {file} is not closed, so what is inside is not known: close it (in Blender: Mesh, Clean Up, Fill "
        "Holes; in Python: trimesh.repair.fill_holes)"
    )


def _fitted(mesh: Any, resolution: int, *, up: str, solid: bool) -> UInt8[np.ndarray, "depth height width 1"]:
    """As large as fits, standing in the middle of the floor."""
    sides, margin = (resolution,) * 3, max(1, round(resolution * MARGIN))
    x, y, z = (mesh.vertices * (resolution - 2 * margin) / max(mesh.extents)).T
    turned = np.stack([-z, -y, x] if up == "y" else [y, -z, x], axis=1)  # to depth, row and column
    low, high = turned.min(axis=0), turned.max(axis=0)
    turned += np.array([resolution / 2, resolution - margin, resolution / 2]) - [1, 0, 1] * (low + high) / 2
    turned[:, 1] -= high[1]
    turned = np.clip(turned, margin + EDGE, resolution - margin - EDGE)
    on_surface = _passed(turned, mesh.faces, sides)
    grid = _filled(inside(turned[mesh.faces], sides), on_surface) if solid else on_surface
    return 255 * grid[..., None].astype(np.uint8)


def _passed(
    corners: Float[np.ndarray, "n 3"], faces: np.ndarray, sides: tuple[int, int, int]
) -> Bool[np.ndarray, "depth height width"]:
    """The voxels that a surface passes."""
    found = _trimesh().Trimesh(corners - 0.5, faces, process=False).voxelized(1.0).points
    grid = np.zeros(sides, bool)
    grid[tuple(np.clip(np.rint(found).astype(int), 0, np.array(sides) - 1).T)] = True
    return grid


def _filled(
    solid: Bool[np.ndarray, "depth height width"], on_surface: Bool[np.ndarray, "depth height width"]
) -> Bool[np.ndarray, "depth height width"]:
    """What is solid, and of parts so thin that they hold no voxel's centre those that their surface passes."""
    around = np.ones((3, 3, 3), bool)
    thin = on_surface & ~ndimage.binary_dilation(solid, around)
    return solid | (on_surface & ndimage.binary_dilation(thin, around))


def _trimesh() -> Any:
    try:
        import trimesh
    except ImportError as error:
        raise InputError("Reading meshes takes pip install 'gan-jax[voxels]'.") from error
    return trimesh
