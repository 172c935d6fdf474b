import numpy as np
import pytest

from gan_jax.data.sources import furniture
from gan_jax.data.voxels import inside
from gan_jax.errors import InputError
from gan_jax.metrics import shapes

FOUND = inside(
    np.stack([example["image"] for example in map(furniture.make(count=24, resolution=16).__getitem__, range(24))])
)


def voxel(*at):
    shape = np.zeros((8, 8, 8), bool)
    shape[at] = True
    return shape


def test_chamfer_of_two_voxels_is_twice_the_square_of_how_far_they_are_apart():
    a, b = (shapes.surfaces(np.stack(x)) for x in ([voxel(1, 2, 3)], [voxel(1, 2, 3), voxel(3, 2, 6)]))
    np.testing.assert_allclose(shapes.chamfer(a, b), [[0, 2 * (2**2 + 3**2) / 8**2]], rtol=1e-6)


def test_chamfer_equals_the_distances_between_all_points():
    a, b = FOUND[:3], FOUND[3:5]
    found = shapes.chamfer(shapes.surfaces(a), shapes.surfaces(b))
    for i, j in np.ndindex(3, 2):
        p, q = (np.argwhere(s & ~np.pad(_within(s), 1)) / 16 for s in (a[i], b[j]))
        squares = np.square(p[:, None] - q).sum(axis=-1)
        assert found[i, j] == pytest.approx(squares.min(axis=0).mean() + squares.min(axis=1).mean(), rel=1e-4)


def _within(s):
    around = [s[:-2, 1:-1, 1:-1], s[2:, 1:-1, 1:-1], s[1:-1, :-2, 1:-1], s[1:-1, 2:, 1:-1]]
    return s[1:-1, 1:-1, 1:-1] & np.all([*around, s[1:-1, 1:-1, :-2], s[1:-1, 1:-1, 2:]], axis=0)


def test_a_copy_of_the_real_shapes_is_told_by_its_neighbours():
    """The nearest one of each is its double of the other set: the accuracy is 0, not one half."""
    around = shapes.surfaces(FOUND)
    found = shapes.distances(around, around)
    assert (shapes.matching_distance(found), shapes.coverage(found)) == (pytest.approx(0, abs=1e-6), 1)
    assert (shapes.nearest_neighbour_accuracy(found), shapes.divergence(around, around)) == (0, 0)


def test_two_halves_of_one_set_cannot_be_told_apart_and_one_shape_alone_can():
    real, other = shapes.surfaces(FOUND[:12]), shapes.surfaces(FOUND[12:])
    assert 0.25 <= shapes.nearest_neighbour_accuracy(shapes.distances(other, real)) <= 0.75
    alone = shapes.surfaces(np.repeat(FOUND[12:13], 12, axis=0))
    found = shapes.distances(alone, real)
    assert shapes.coverage(found) == 1 / 12 and shapes.nearest_neighbour_accuracy(found) > 0.75
    with pytest.raises(InputError, match="24 generated shapes and 12 real ones"):
        shapes.nearest_neighbour_accuracy(shapes.distances(shapes.surfaces(FOUND), real))


def test_surfaces_in_other_places_differ_by_one_bit():
    a, b = shapes.surfaces(voxel(0, 0, 0)[None]), shapes.surfaces(voxel(7, 7, 7)[None])
    assert shapes.divergence(a, b) == 1


def test_an_empty_shape_is_farther_than_any():
    found = shapes.chamfer(
        shapes.surfaces(np.stack([voxel(0, 0, 0), voxel() & False])), shapes.surfaces(voxel(7, 7, 7)[None])
    )
    assert found[1, 0] > found[0, 0]


def test_occupancy_by_hand():
    a, b = voxel(0, 0), voxel(0, slice(0, 2))  # 8 voxels of 16
    assert shapes.intersection_over_union(np.stack([a, a & False]), np.stack([b, a & False])).tolist() == [0.5, 1]


def test_pieces_and_what_stands():
    two = voxel(0, 7) | voxel(4, 7, slice(0, 4))
    tall = voxel(slice(2, 6), slice(0, 4)) | voxel(0, slice(0, 8), 0)  # beside its foot
    counts, largest = shapes.pieces(np.stack([two, tall]))
    assert counts.tolist() == [2, 2] and largest[0] == pytest.approx(8 / 12)
    assert shapes.standing(np.stack([two, tall])).tolist() == [True, False]
