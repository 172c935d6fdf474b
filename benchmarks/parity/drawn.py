"""The weights and images of tests/conftest.py, made without JAX."""

import zlib

import numpy as np


def draw(name, shape):
    raw = np.random.Philox(key=zlib.crc32(name.encode())).random_raw(int(np.prod(shape)))
    unit = ((raw >> np.uint64(40)) / 2**23 - 1).reshape(shape)
    if name.startswith("lpips"):
        return np.abs(unit).astype(np.float32)
    if len(shape) > 1:
        return (unit * np.sqrt(6 / np.prod(shape[1:]))).astype(np.float32)
    if name.endswith(("running_var", "gamma", "weight")):
        return (1 + 0.3 * unit).astype(np.float32)
    return (0.1 * unit).astype(np.float32)


def smooth_images(*shape, key=7):
    raw = np.random.Philox(key=key).random_raw(int(np.prod(shape))).astype(np.float64) / 2**64
    noise = raw.reshape(shape)
    for axis in (1, 2):
        noise = (noise + np.roll(noise, 1, axis) + np.roll(noise, 2, axis)) / 3
    low, high = noise.min(), noise.max()
    return np.round((noise - low) / (high - low) * 255).astype(np.uint8)
