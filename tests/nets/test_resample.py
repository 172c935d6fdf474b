import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.nets.convolution import conv
from gan_jax.nets.resample import average_pool, conv_average_pool, upsample, upsample_conv

IMAGES = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype(np.float32)
KERNEL = np.random.default_rng(1).normal(size=(3, 3, 3, 5)).astype(np.float32)


def test_upsample_repeats_pixels():
    np.testing.assert_array_equal(upsample(jnp.asarray(IMAGES)), IMAGES.repeat(2, axis=1).repeat(2, axis=2))


def test_average_pool_averages_blocks():
    pooled = average_pool(jnp.asarray(IMAGES))
    assert pooled.shape == (2, 2, 3, 3)
    np.testing.assert_allclose(pooled[1, 1, 2], IMAGES[1, 2:4, 4:6].mean(axis=(0, 1)), rtol=1e-5, atol=1e-6)


def test_odd_sides_are_refused():
    with pytest.raises(InputError, match="4x5"):
        average_pool(jnp.zeros((1, 4, 5, 1)))
    with pytest.raises(InputError, match="5x4"):
        conv_average_pool(jnp.zeros((1, 5, 4, 1)), jnp.zeros((3, 3, 1, 1)))


@pytest.mark.parametrize(
    "fused, steps",
    [
        (upsample_conv, lambda x, kernel: conv(upsample(x), kernel)),
        (conv_average_pool, lambda x, kernel: average_pool(conv(x, kernel))),
    ],
)
def test_fused_equals_two_steps_to_second_order(fused, steps):
    def derivatives(f, x, kernel):
        penalty = lambda x, k: jnp.sum(jax.grad(lambda x: jnp.sum(jnp.tanh(f(x, k))))(x) ** 2)  # noqa: E731
        return f(x, kernel), jax.grad(penalty, (0, 1))(x, kernel)

    for actual, expected in zip(
        jax.tree.leaves(jax.jit(lambda x, k: derivatives(fused, x, k))(IMAGES, KERNEL)),
        jax.tree.leaves(jax.jit(lambda x, k: derivatives(steps, x, k))(IMAGES, KERNEL)),
        strict=True,
    ):
        np.testing.assert_allclose(actual, expected, rtol=1e-3, atol=1e-4)
