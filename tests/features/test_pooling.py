"""Pools against windows taken one by one."""

import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.features.pooling import max_pool, mean_pool, mean_pool_same


def windows(x, window, stride, padding, count):
    for i in range(count[0]):
        for j in range(count[1]):
            top, left = i * stride - padding, j * stride - padding
            yield i, j, x[max(top, 0) : top + window, max(left, 0) : left + window]


@pytest.mark.parametrize(
    ("window", "stride", "padding", "ceil_mode", "count"),
    [(3, 2, 0, True, (4, 3)), (3, 2, 0, False, (3, 3)), (3, 1, 1, False, (8, 7)), (2, 2, 0, True, (4, 4))],
)
def test_max_pool(window, stride, padding, ceil_mode, count):
    x = np.random.default_rng(0).normal(size=(8, 7)).astype(np.float32)
    pooled = max_pool(jnp.asarray(x)[None, :, :, None], window, stride, padding=padding, ceil_mode=ceil_mode)[
        0, :, :, 0
    ]
    assert pooled.shape == count
    for i, j, seen in windows(x, window, stride, padding, count):
        assert pooled[i, j] == seen.max()


def test_mean_pool_leaves_the_padding_out():
    x = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    pooled = mean_pool_same(jnp.asarray(x)[None, :, :, None])[0, :, :, 0]
    for i, j, seen in windows(x, 3, 1, 1, (5, 4)):
        np.testing.assert_allclose(pooled[i, j], seen.mean(), rtol=1e-5)


def test_mean_pool_of_blocks():
    x = np.arange(5 * 4, dtype=np.float32).reshape(1, 5, 4, 1)
    np.testing.assert_allclose(mean_pool(jnp.asarray(x), 2)[0, :, :, 0], [[2.5, 4.5], [10.5, 12.5]])
