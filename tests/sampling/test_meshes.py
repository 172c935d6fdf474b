import json
import struct
from collections import Counter

import numpy as np
import pytest

from gan_jax.data import kinds
from gan_jax.errors import InputError
from gan_jax.sampling import meshes
from gan_jax.sampling.isosurface import marching_cubes
from gan_jax.types import Column


def volume(mesh):
    a, b, c = mesh.vertices[mesh.triangles].swapaxes(0, 1)
    return (a * np.cross(b, c)).sum() / 6


def is_closed(mesh):
    """Whether each side of a triangle is that of one other, the other way round."""
    sides = Counter((a, b) for t in mesh.triangles.tolist() for a, b in zip(t, (*t[1:], t[0]), strict=True))
    return all(count == sides[b, a] == 1 for (a, b), count in sides.items())


def euler(mesh):
    sides = {frozenset(side) for t in mesh.triangles.tolist() for side in zip(t, (*t[1:], t[0]), strict=True)}
    return len(mesh.vertices) - len(sides) + len(mesh.triangles)


@pytest.mark.parametrize(("n", "right"), [(1, 1 / 6), (2, 5.6667), (4, 58.6667), (8, 500.6667)])
def test_a_solid_cube(n, right):
    mesh = marching_cubes(np.ones((n, n, n)), 0.5)
    assert volume(mesh) == pytest.approx(right, rel=1e-4)
    assert euler(mesh) == 2 and is_closed(mesh)
    if n == 1:
        assert mesh.vertices.shape == (6, 3) and mesh.triangles.shape == (8, 3)


def test_what_is_random_is_closed_too():
    """Corners that touch, tunnels and hollows, at all 256 kinds of cells."""
    random = np.random.default_rng(0)
    mesh = marching_cubes((random.random((12, 13, 14)) < 0.4).astype(float), 0.5)
    assert is_closed(mesh) and volume(mesh) > 0


def test_a_sphere_and_a_torus():
    z, y, x = (np.mgrid[:32, :32, :32] - 15.5) / 16
    ball = marching_cubes(0.7 - np.sqrt(x**2 + y**2 + z**2), 0.0)
    assert volume(ball) / 16**3 == pytest.approx(4 / 3 * np.pi * 0.7**3, rel=0.01)
    ring = marching_cubes(0.2 - np.hypot(np.hypot(x, z) - 0.6, y), 0.0)
    assert euler(ring) == 0 and volume(ring) / 16**3 == pytest.approx(2 * np.pi**2 * 0.6 * 0.2**2, rel=0.03)


@pytest.fixture
def box():
    """Low, wide, and in front on the left."""
    voxels = np.zeros((8, 8, 8, 1), np.uint8)
    voxels[:2, 6:, :4] = 255
    return meshes.mesh_of(voxels)


def test_a_mesh_stands_on_its_floor_with_its_front_to_the_viewer(box):
    low, high = box.vertices.min(axis=0) * 8, box.vertices.max(axis=0) * 8
    np.testing.assert_allclose(low, [-4, 0, 2], atol=1e-9)
    np.testing.assert_allclose(high, [0, 2, 4], atol=1e-9)
    assert volume(box) > 0 and is_closed(box)


def test_nothing_has_no_surface():
    with pytest.raises(InputError, match="nothing is inside"):
        meshes.mesh_of(np.zeros((4, 4, 4, 1), np.uint8))


def test_files_hold_the_mesh(box, tmp_path):
    text = {"run": "a run", "seed": "3"}
    for suffix in meshes.FORMATS:
        meshes.save_mesh(tmp_path / f"box.{suffix}", box, text)
    data = (tmp_path / "box.glb").read_bytes()
    magic, version, size, length = struct.unpack_from("<4sIII", data)
    scene = json.loads(data[20 : 20 + length])
    assert (magic, version, size) == (b"glTF", 2, len(data)) and scene["asset"]["extras"] == text
    corners = np.frombuffer(data, "<f4", 3 * len(box.vertices), 28 + length).reshape(-1, 3)
    np.testing.assert_allclose(corners, box.vertices, atol=1e-6)
    lines = (tmp_path / "box.obj").read_text().splitlines()
    assert lines[:2] == ["# run: a run", "# seed: 3"]
    assert sum(line.startswith("f ") for line in lines) == len(box.triangles)
    stl = (tmp_path / "box.stl").read_bytes()
    assert len(stl) == 84 + 50 * len(box.triangles) and stl.startswith(b"run=a run;seed=3 ")


def test_others_read_the_files(box, tmp_path):
    trimesh = pytest.importorskip("trimesh")
    for suffix in meshes.FORMATS:
        meshes.save_mesh(tmp_path / f"box.{suffix}", box, {"run": "a"})
        read = trimesh.load(tmp_path / f"box.{suffix}", force="mesh")
        assert read.is_watertight and read.volume == pytest.approx(volume(box), rel=1e-4)


def test_a_mesh_that_is_given_is_the_grid_it_was_made_of(tmp_path, caplog):
    """Half a room stays in its half; a mesh of other measures is made as large as fits, which is told."""
    trimesh = pytest.importorskip("trimesh")
    caplog.set_level("INFO")
    grid = np.random.default_rng(0).random((8, 6, 7, 1)) < 0.5
    grid[:, :, 4:] = False
    meshes.save_mesh(tmp_path / "half.glb", meshes.mesh_of(np.where(grid, 255, 0).astype(np.uint8)), {})
    column = Column((8, 6, 7, 1), "uint8", "voxels")
    [found], names = kinds.voxels.parse(str(tmp_path / "half.glb"), column, "--condition source")
    np.testing.assert_array_equal(found > 127, grid)
    assert names == ("half.glb",) and not caplog.text
    trimesh.creation.box((5, 5, 5)).export(tmp_path / "large.stl")
    [found], _ = kinds.voxels.parse(str(tmp_path / "large.stl"), Column((8, 8, 8, 1), "uint8", "voxels"), "source")
    assert (found[1:7, 1:7, 1:7] == 255).all() and "as large as fits" in caplog.text
    open_box = trimesh.creation.box((1, 1, 1))
    open_box.update_faces(np.arange(11))
    open_box.export(tmp_path / "open.stl")
    with pytest.raises(InputError, match=r"open.stl is not closed.*give a grid, .npy"):
        kinds.voxels.parse(str(tmp_path / "open.stl"), column, "--condition source")
