"""Bicubic resizing against MATLAB's weights and values."""

import numpy as np
import pytest
from PIL import Image

from gan_jax.data.bicubic import resize, resize_pixels


def along(values, new):
    """A row of values brought to another length."""
    return resize(np.asarray(values, float)[:, None, None], (new, 1))[:, 0, 0]


@pytest.mark.parametrize(
    ("factor", "taps"),
    [
        (2, [0.43359375, 0.11328125, -0.03515625, -0.01171875]),
        (3, [1 / 3, 0.259259, 0.111111, 0, -0.024691, -0.012346]),
        (
            4,
            [
                *(0.240966796875, 0.181884765625, 0.097412109375, 0.022705078125),
                *(-0.011962890625, -0.018310546875, -0.010986328125, -0.001708984375),
            ],
        ),
    ],
)
def test_weights_are_matlabs(factor, taps):
    old = 16 * factor
    responses = np.stack([along(np.eye(old)[place], 16) for place in range(old)])[:, 8]  # of one pixel far from edges
    center = 8 * factor + (factor - 1) // 2  # of an odd factor the middle itself, else the one before it
    right = responses[center + (factor + 1) % 2 :]
    np.testing.assert_allclose(right[: len(taps)], taps, atol=6e-7)
    assert responses.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("old", "new", "values"),
    [
        (16, 8, [0.449219, 2.488281, 4.5, 6.5, 8.5, 10.5, 12.511719, 14.550781]),
        (16, 4, [1.359863, 5.483887, 9.516113, 13.640137]),
        (8, 16, [-0.09375, 0.179688, 0.726562, 1.25]),
    ],
)
def test_a_ramp_is_matlabs_up_to_its_edges(old, new, values):
    found = along(np.arange(old), new)
    np.testing.assert_allclose(found[: len(values)], values, atol=6e-7)
    np.testing.assert_allclose(found + found[::-1], old - 1)


def test_sides_are_resized_each_by_itself_and_rounded_once():
    pixels = np.random.default_rng(0).integers(0, 256, (40, 24, 3), dtype=np.uint8)
    found = resize(pixels, (20, 6))
    np.testing.assert_allclose(found[:, :, 1], np.stack([along(row, 6) for row in resize(pixels, (20, 24))[:, :, 1]]))
    np.testing.assert_array_equal(resize_pixels(pixels, (20, 6)), np.clip(np.rint(found), 0, 255))
    plane = Image.fromarray(pixels[:, :, 0].astype(np.float32)).resize((6, 20), Image.Resampling.BICUBIC)
    np.testing.assert_allclose(found[2:-2, 2:-2, 0], np.asarray(plane)[2:-2, 2:-2], atol=1e-3)  # away from the edges


def test_the_same_size_is_the_same_picture():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 4), dtype=np.uint8)
    np.testing.assert_allclose(resize(pixels, (7, 5)), pixels)


def test_pictures_narrower_than_the_kernel_are_mirrored_again_and_again():
    np.testing.assert_allclose(resize(np.full((2, 1, 1), 9.0), (1, 4)), 9)
