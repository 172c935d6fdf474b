"""What of voxels is inside, for all that look at them."""

import numpy as np
import pytest

from gan_jax.data import render, voxels
from gan_jax.sampling import meshes

GREY = {
    1: [[127], [128]],
    2: [[127, 0], [0, 128]],
    3: [[0, 9, 127], [128, 0, 0]],
    4: [[255, 255, 255, 127], [0, 0, 0, 128]],
}


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_more_than_half_is_inside_of_one_channel_the_brightest_or_the_last_of_four(channels):
    assert voxels.inside(np.uint8(GREY[channels])).tolist() == [False, True]
    grid = np.zeros((4, 4, 4, channels), np.uint8)
    grid[1, 2, 1] = GREY[channels][1]
    mesh = meshes.mesh_of(grid)
    assert len(mesh.vertices) == 6  # around the one voxel
    assert render.render(grid[None]).min() < 200
    grid[1, 2, 1] = GREY[channels][0]
    with pytest.raises(meshes.InputError, match="nothing is inside"):
        meshes.mesh_of(grid)
    blank = render.render(grid[None])
    assert blank.min() == blank.max()
