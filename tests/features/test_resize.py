"""Each resizing against its definition: Pillow itself, PyTorch's numbers, TensorFlow 1's rule written as a loop."""

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gan_jax.features.resize import matrix, resize

# benchmarks/parity/golden_networks.py
TORCH_UP = [146.988571167, 154.455947876, 153.117279053, 114.690505981, 109.156173706, 118.526885986, 135.160766602]
TORCH_DOWN = [134.5, 184.25, 114.5, 125.75, 107.0, 84.5, 139.75, 162.25, 99.0]

# benchmarks/parity/clean_resize.py, from 32 and 500 pixels
CLEAN_FID_UP = [163.9110565, 158.9719238, 131.1905671, 169.2837982, 156.3732147, 128.7137146, 174.0641022]
CLEAN_FID_DOWN = [155.7748413, 105.0483475, 100.7296448, 118.7988663, 132.3025360, 134.6840973, 112.6373520]


@pytest.mark.parametrize("size", [(31, 23), (8, 7), (12, 20)])
def test_clean_is_pillows_bicubic_on_floats(smooth_images, size):
    images = smooth_images(2, 12, 14, 3).astype(np.float32)
    planes = [
        Image.fromarray(plane).resize(size[::-1], Image.Resampling.BICUBIC) for plane in images[1].transpose(2, 0, 1)
    ]
    expected = np.clip(np.stack([np.asarray(plane) for plane in planes], -1), 0, 255)
    np.testing.assert_allclose(resize(jnp.asarray(images), size, "clean")[1], expected, atol=2e-4)


@pytest.mark.parametrize(("side", "expected"), [(32, CLEAN_FID_UP), (500, CLEAN_FID_DOWN)])
def test_clean_gives_clean_fids_numbers(smooth_images, side, expected):
    image = smooth_images(1, side, side, 3).astype(np.float32)
    resized = np.asarray(resize(jnp.asarray(image), (299, 299), "clean"))
    np.testing.assert_allclose(resized[0, 150, 148:151].ravel()[:7], expected, atol=1e-3)


def test_torch_gives_pytorchs_numbers(smooth_images):
    images = smooth_images(2, 12, 10, 3).astype(np.float32)
    up, down = resize(jnp.asarray(images), (23, 19), "torch"), resize(jnp.asarray(images), (7, 5), "torch")
    np.testing.assert_allclose(np.asarray(up[1, 3, 2:5].T).ravel()[:7], TORCH_UP, atol=1e-4)
    np.testing.assert_allclose(np.asarray(down[1, 3, 2:5].T).ravel(), TORCH_DOWN, atol=1e-4)


@pytest.mark.parametrize(("old", "new"), [(5, 13), (13, 5), (32, 299)])
def test_tf1_takes_its_source_at_target_times_ratio(old, new):
    line = np.random.default_rng(0).uniform(0, 255, old)
    expected = []
    for target in range(new):
        source = target * old / new
        lower = int(source)
        upper = min(lower + 1, old - 1)
        expected.append(line[lower] + (source - lower) * (line[upper] - line[lower]))
    np.testing.assert_allclose(matrix(old, new, "tf1") @ line, expected, atol=1e-4)


def test_the_three_differ_where_it_matters(smooth_images):
    images = smooth_images(1, 32, 32, 3).astype(np.float32)
    results = [np.asarray(resize(jnp.asarray(images), (20, 20), method)) for method in ("tf1", "torch", "clean")]
    assert min(np.abs(a - b).max() for a, b in zip(results, results[1:] + results[:1], strict=True)) > 1


def test_equal_sizes_are_left_alone(smooth_images):
    images = smooth_images(1, 6, 5, 3).astype(np.float32)
    for method in ("tf1", "torch", "clean"):
        np.testing.assert_array_equal(resize(jnp.asarray(images), (6, 5), method), images)
        np.testing.assert_array_equal(matrix(6, 6, method), np.eye(6))
