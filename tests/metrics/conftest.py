"""Weights and images from raw integers by name: the same here, in PyTorch (benchmarks/parity) and anywhere."""

import os
import pathlib
import zlib

import numpy as np
import pytest

from gan_jax.metrics import weights


def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
    """Values that keep activations in range: He-uniform kernels, norms near the identity, small biases."""
    raw = np.random.Philox(key=zlib.crc32(name.encode())).random_raw(int(np.prod(shape)))
    unit = ((raw >> np.uint64(40)) / 2**23 - 1).reshape(shape)
    if name.startswith("lpips"):
        return np.abs(unit).astype(np.float32)
    if len(shape) > 1:
        return (unit * np.sqrt(6 / np.prod(shape[1:]))).astype(np.float32)
    if name.endswith(("running_var", "gamma", "weight")):
        return (1 + 0.3 * unit).astype(np.float32)
    return (0.1 * unit).astype(np.float32)


@pytest.fixture
def weights_file(tmp_path):
    """Writes a file of drawn weights for a Flax network's variables; `more` names arrays that it has besides."""

    def write(shapes, more=None) -> str:
        named = dict(weights.torch_names(shapes).values()) | (more or {})
        weights.write(tmp_path / "drawn.npz", {name: draw(name, shape) for name, shape in named.items()})
        return str(tmp_path / "drawn.npz")

    return write


@pytest.fixture
def smooth_images():
    """Makes uint8 images with structure at several scales."""

    def make(*shape: int, key: int = 7) -> np.ndarray:
        raw = np.random.Philox(key=key).random_raw(int(np.prod(shape))).astype(np.float64) / 2**64
        noise = raw.reshape(shape)
        for axis in (1, 2):
            noise = (noise + np.roll(noise, 1, axis) + np.roll(noise, 2, axis)) / 3
        low, high = noise.min(), noise.max()
        return np.round((noise - low) / (high - low) * 255).astype(np.uint8)

    return make


@pytest.fixture
def test_data():
    """The folder of real data that some tests want: $GAN_JAX_TEST_DATA or ../shared/data; skips without it."""
    default = pathlib.Path(__file__).parents[3] / "shared" / "data"
    folder = pathlib.Path(os.environ.get("GAN_JAX_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip(f"no test data at {folder}")
    return folder
