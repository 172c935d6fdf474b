import re

import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from gan_jax.data import dataset, filling, kinds, render, solids
from gan_jax.data.derive import half
from gan_jax.data.factors import factors_of
from gan_jax.data.sources import furniture, npz, rooms
from gan_jax.errors import InputError
from gan_jax.types import Column


def test_a_box_fills_its_own_volume():
    box = solids.Solid((0.1, 0.2, 0.3), (0.45, 0.9, 0.75))
    grid = solids.voxels([box], (16, 16, 16))
    assert grid.shape == (16, 16, 16, 1)
    assert grid.mean() / 255 == pytest.approx(0.35 * 0.7 * 0.45, rel=5e-3)
    ball = solids.Solid((0.1, 0.2, 0.1), (0.9, 0.7, 0.9), is_round=True)
    assert solids.voxels([ball], (32, 32, 32)).mean() / 255 == pytest.approx(np.pi * 0.4**2 * 0.5, rel=0.01)


def test_the_front_is_first_the_top_too_and_a_quarter_takes_the_front_to_the_left():
    high_left_front = solids.Solid((0.0, 0.5, 0.0), (0.5, 1.0, 0.25))
    grid = solids.voxels([high_left_front], (4, 4, 4))[..., 0]
    assert grid[0, :2, :2].min() == 255 and grid.sum() == 255 * 4
    [turned] = solids.turned(solids.moved([high_left_front], (-0.5, 0.0, -0.5)), 1)
    at = solids.voxels(solids.moved([turned], (0.5, 0.0, 0.5)), (4, 4, 4))[..., 0]
    assert at[2:, :2, 0].min() == 255 and at.sum() == 255 * 4


def test_furniture_is_a_function_of_its_index_alone_and_says_what_it_is():
    data = dataset.make(furniture.make(count=30, resolution=16))
    other = furniture.make(count=60, resolution=16, split="[10:]")
    np.testing.assert_array_equal(data.example(12)["image"], other[2]["image"])
    assert data.columns["image"] == Column((16, 16, 16, 1), "uint8", "voxels") and data.num_classes == 6
    columns = {name: np.stack([data.example(i)[name] for i in range(30)]) for name in ("image", "factors", "label")}
    assert [factor.name for factor in factors_of(data, columns, "test")][:3] == ["kind", "width", "depth"]
    read = data.source.read_factors(columns["image"])
    np.testing.assert_allclose(read[:, 1:4], columns["factors"][:, 1:4], atol=1.5 / 16)
    assert np.isnan(read[:, 4:]).all()


@pytest.mark.parametrize("resolution", [32, 48])
def test_every_piece_is_in_one_part_and_stands(resolution):
    source = furniture.make(count=90, resolution=resolution)
    for i in range(90):
        grid = source[i]["image"][..., 0] > 127
        assert ndimage.label(grid)[1] == 1, (i, source.classes[source[i]["label"]])
        assert grid[:, -resolution // 16 - 1].any() and not grid[:, -resolution // 16 :].any()


def test_rooms_leave_the_door_free_and_nothing_overlaps():
    for seed in range(40):
        random = np.random.default_rng(seed)
        kind = rooms.CLASSES[seed % 4]
        _, boxes = rooms.furnished(kind, rooms.factors_of(random.random(4).tolist()), random)
        assert len(boxes) >= 2, kind
        for n, box in enumerate(boxes):
            assert not any(rooms._overlap(box, other, -1e-6) for other in boxes[:n])
    grid = rooms.make(count=4)[0]["image"][..., 0] > 127
    assert grid[10:28, -2, 10:20].all()  # the floor


def test_grids_from_a_file(tmp_path):
    grids = np.random.default_rng(0).random((3, 6, 7, 8)) < 0.3
    np.save(tmp_path / "grids.npy", grids)
    np.savez(tmp_path / "coloured.npz", images=np.full((2, 6, 7, 8, 4), 200, np.uint8))
    image = npz.make(str(tmp_path / "grids.npy"))[1]["image"]
    np.testing.assert_array_equal(image, np.where(grids[1, ..., None], 255, 0))
    assert dataset.make(npz.make(str(tmp_path / "coloured.npz"))).columns["image"].kind == "voxels"
    np.save(tmp_path / "ones.npy", grids.astype(np.uint8))
    with pytest.raises(InputError, match=r"voxels of 0 and 1 are bool.*astype\(bool\)"):
        npz.make(str(tmp_path / "ones.npy"))


def test_meshes_are_filled_where_they_are_closed(tmp_path):
    trimesh = pytest.importorskip("trimesh")
    from gan_jax.data.sources import meshes

    box = trimesh.creation.box((1.0, 0.5, 0.25))
    box.apply_translation((5, 5, 5))
    (tmp_path / "boxes").mkdir()
    (tmp_path / "others").mkdir()
    for name in ("boxes/a.stl", "others/b.obj"):
        box.export(tmp_path / name)
    source = meshes.make(str(tmp_path), resolution=16)
    grid = source[0]["image"][..., 0] > 127
    assert source.classes == ("boxes", "others") and source[0]["label"] == 0
    rows, columns = (np.flatnonzero(grid.any(axis=axes)) for axes in ((0, 2), (0, 1)))
    assert (rows[0], rows[-1], columns[0], columns[-1]) == (8, 14, 1, 14)  # 14 x 7 x 3.5 voxels, a margin of one
    assert ndimage.binary_fill_holes(grid).sum() == grid.sum()
    box.update_faces(np.arange(11))
    box.export(tmp_path / "boxes" / "a.stl")
    with pytest.raises(InputError, match=r"a.stl is not closed.*solid=False"):
        source[0]
    assert meshes.make(str(tmp_path), resolution=16, solid=False)[0]["image"].any()


def test_files_that_are_no_meshes_are_told(tmp_path, caplog):
    pytest.importorskip("trimesh")
    from gan_jax.data.sources import meshes

    for name in ("chair.mtl", "wood.PNG", "README"):
        (tmp_path / name).touch()
    told = r"files .mtl: 1 (chair.mtl); files .png: 1 (wood.PNG); files without a suffix: 1 (README)"
    with pytest.raises(InputError, match=re.escape(f"holds {told}, but none that ends in .glb, .obj")):
        meshes.make(str(tmp_path))
    (tmp_path / "chair.obj").touch()
    assert len(meshes.make(str(tmp_path))) == 1
    assert f"1 meshes: left out: {told}" in caplog.text


@pytest.mark.parametrize(("up", "turned"), [("y", 0.0), ("z", np.pi / 2)])
def test_meshes_do_not_grow_and_keep_what_is_thin(tmp_path, up, turned):
    """A table 30 voxels long with a leg of a fifth of a voxel, a foot, a box that hangs at its left, and one within."""
    trimesh = pytest.importorskip("trimesh")
    from gan_jax.data.sources import meshes

    parts = {  # width, height and depth; the middle
        "top": ((16, 4, 30), (0, 24, 0)),
        "leg": ((0.2, 22, 0.2), (3.5, 11, 0.5)),
        "foot": ((4, 2, 4), (3, 1, 0)),
        "at the left": ((4, 8, 8), (-6, 18, 0)),
        "within": ((2, 2, 2), (4, 24, 0)),
    }
    made = [trimesh.creation.box(sides) for sides, _ in parts.values()]
    for box, (_, middle) in zip(made, parts.values(), strict=True):
        box.apply_translation(middle)
    table = trimesh.util.concatenate(made)
    table.apply_transform(trimesh.transformations.rotation_matrix(turned, (1, 0, 0)))
    table.export(tmp_path / "table.stl")
    grid = meshes.make(str(tmp_path), up=up)[0]["image"][..., 0] > 127
    expected = np.zeros((32, 32, 32), bool)  # front to back, top to floor, left to right
    expected[1:31, 5:9, 8:24] = True
    expected[12:20, 9:17, 8:12] = True
    expected[14:18, 29:31, 17:21] = True
    expected[15, 9:29, 19] = True  # the leg
    np.testing.assert_array_equal(grid, expected)


@pytest.mark.parametrize("flipped", [0, 1, 12])
def test_triangles_that_look_the_other_way_fill_as_well(flipped):
    trimesh = pytest.importorskip("trimesh")
    corners = trimesh.creation.box((4, 2, 2)).triangles + 4
    corners[:flipped] = corners[:flipped, ::-1]
    found = filling.inside(corners, (8, 8, 8))
    assert found.sum() == 16 and found[2:6, 3:5, 3:5].all()


def test_grids_are_brought_to_the_sides_of_the_column():
    grid = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 1)).astype(np.uint8)
    column = Column((4, 4, 4, 1), "uint8", "voxels")
    fitted = kinds.voxels.fit(grid, column, crop="center", at=(0.5, 0.5), where="a grid")
    means = grid.reshape(4, 2, 4, 2, 4, 2).mean(axis=(1, 3, 5))
    np.testing.assert_allclose(fitted[..., 0], means, atol=0.51)
    part = kinds.voxels.fit(grid, column, crop="patch", at=(0.0, 0.99), where="a grid")
    np.testing.assert_array_equal(part, grid[4:, 4:, :4])
    with pytest.raises(InputError, match=r"data.resolution=\(4, 4\): the column 'image' has 3 sides, 16x16x16"):
        dataset.make(furniture.make(resolution=16), resolution=(4, 4))


def test_flips_and_turns():
    grid = np.arange(2 * 3 * 2 * 3, dtype=np.uint8).reshape(2, 3, 2, 3, 1)
    flipped = np.asarray(kinds.voxels.flip(jnp.asarray(grid), jnp.array([False, True])))
    np.testing.assert_array_equal(flipped[0], grid[0])
    np.testing.assert_array_equal(flipped[1], grid[1][:, :, ::-1])
    four = np.repeat(grid[:1], 4, axis=0)
    turned = np.asarray(kinds.voxels.turn(jnp.asarray(four), jnp.arange(4)))
    for quarters in range(4):
        np.testing.assert_array_equal(turned[quarters], np.rot90(grid[0], quarters, (0, 2)))
    with pytest.raises(InputError, match=r"data.turn: a quarter turn of 'image'"):
        dataset.make(furniture.make(resolution=16), resolution=(4, 4, 8), turn=True)


def test_a_view_shows_what_is_there_and_turns():
    grid = np.zeros((1, 8, 8, 8, 1), np.uint8)
    empty = render.render(grid)
    assert empty.shape == (1, render.SIDE, render.SIDE, 3) and empty.min() == empty.max()
    grid[0, :4, 4:, :4] = 255  # low, in front, on the left
    views = render.render(np.repeat(grid, 4, axis=0), np.arange(4) / 4)
    columns = [np.argwhere(view.sum(axis=-1) < 600)[:, 1].mean() for view in views]
    middle = render.SIDE / 2
    assert len({view.tobytes() for view in views}) == 4
    assert min(columns) < middle < max(columns)


def test_half_of_a_grid_is_left():
    grid = np.full((4, 4, 4, 1), 9, np.uint8)
    random = np.random.default_rng(0)
    for side, kept in (("right", np.s_[:, :, :2]), ("left", np.s_[:, :, 2:]), ("back", np.s_[:2])):
        left = half({"image": grid}, random, side=side)
        assert (left[kept] == 9).all() and left.sum() == grid.sum() // 2
    with pytest.raises(InputError, match=r"half.side = 'front'"):
        half({"image": grid}, random, side="front")
