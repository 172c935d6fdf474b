from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from gan_jax.nets import convolution, few_channels, trilinear
from gan_jax.nets.convolution import conv, conv_transpose

# (image sides, window, stride): a DCGAN's, odd sides, a stride that divides neither, plain 3x3, pointwise
GEOMETRIES = [((8, 6), 4, 2), ((5, 9), 3, 2), ((7, 8), 5, 3), ((5, 6), 3, 1), ((4, 6), 1, 1)]
FEW, MANY = 3, 13  # channels: in patches, and plain
CHANNELS = [(FEW, MANY), (MANY, FEW), (MANY, MANY)]


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def lax_conv(x, kernel, stride, padding="SAME"):
    return lax.conv_general_dilated(
        x, kernel, (stride, stride), padding, dimension_numbers=("NHWC", "HWIO", "NHWC"), precision="highest"
    )


def lax_conv_transpose(x, kernel, stride, padding="SAME"):
    return lax.conv_transpose(x, kernel, (stride, stride), padding, transpose_kernel=True, precision="highest")


def derivatives(f, x, kernel):
    """Value, both gradients, and both gradients of a squared input gradient, which R1 asks for."""

    def loss(x, kernel):
        return jnp.sum(jnp.tanh(f(x, kernel)))

    def penalty(x, kernel):
        return jnp.sum(jax.grad(loss)(x, kernel) ** 2) + jnp.sum(jax.grad(loss, 1)(x, kernel) ** 2)

    return f(x, kernel), jax.grad(loss, (0, 1))(x, kernel), jax.grad(penalty, (0, 1))(x, kernel)


def assert_close(actual, expected):
    def compare(a, b):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=2e-5 * max(1.0, float(jnp.abs(b).max())))

    jax.tree.map(compare, actual, expected)


def assert_both_paths_equal(monkeypatch, operation, reference, x, kernel):
    # One compilation for both paths and the reference: what they share is computed once.
    def compute(x, kernel):
        paths = []
        for backend in ("cpu", "gpu"):
            monkeypatch.setattr(jax, "default_backend", lambda backend=backend: backend)
            paths.append(derivatives(operation, x, kernel))
        return paths, derivatives(reference, x, kernel)

    traced = jax.jit(compute).trace(x, kernel)
    monkeypatch.undo()
    (fast, plain), expected = traced.lower().compile()(x, kernel)
    assert_close(fast, expected)
    assert_close(plain, expected)
    return expected[0].shape[1:3]


@pytest.mark.parametrize("inputs, outputs", CHANNELS)
@pytest.mark.parametrize("sides, window, stride", GEOMETRIES)
def test_conv_equals_lax_to_second_order(monkeypatch, sides, window, stride, inputs, outputs):
    x, kernel = normal(0, 2, *sides, inputs), 0.2 * normal(1, window, window, inputs, outputs)
    new_sides = assert_both_paths_equal(
        monkeypatch, lambda x, k: conv(x, k, stride), lambda x, k: lax_conv(x, k, stride), x, kernel
    )
    assert new_sides == (-(-sides[0] // stride), -(-sides[1] // stride))


@pytest.mark.parametrize("inputs, outputs", CHANNELS)
@pytest.mark.parametrize("sides, window, stride", [((4, 4), 4, 2), ((3, 5), 3, 2), ((3, 4), 5, 3)])
def test_conv_transpose_equals_lax_to_second_order(monkeypatch, sides, window, stride, inputs, outputs):
    x, kernel = normal(0, 2, *sides, outputs), 0.2 * normal(1, window, window, inputs, outputs)
    new_sides = assert_both_paths_equal(
        monkeypatch, lambda x, k: conv_transpose(x, k, stride), lambda x, k: lax_conv_transpose(x, k, stride), x, kernel
    )
    assert new_sides == (sides[0] * stride, sides[1] * stride)


@pytest.mark.parametrize("inputs, outputs", CHANNELS)
def test_where_the_kernel_lies_within_equals_lax_to_second_order(monkeypatch, inputs, outputs):
    x, kernel = normal(0, 2, 7, 8, inputs), 0.2 * normal(1, 3, 4, inputs, outputs)
    valid = dict(stride=2, padding="VALID")
    sides = assert_both_paths_equal(monkeypatch, partial(conv, **valid), partial(lax_conv, **valid), x, kernel)
    assert sides == (3, 3)
    backwards = partial(conv_transpose, **valid), partial(lax_conv_transpose, **valid)
    assert assert_both_paths_equal(monkeypatch, *backwards, normal(2, 2, 3, 4, outputs), kernel) == (7, 10)


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("sides, window, stride", GEOMETRIES)
def test_adjoint_by_phases_equals_the_plain_one(sides, window, stride, padding):
    geometry = trilinear.geometry_of(sides, (window, window), stride, padding)
    y, kernel = normal(0, 2, *geometry.small, 4), normal(1, window, window, 3, 4)
    phases = trilinear.adjoint_by_phases(geometry, y, kernel)
    assert_close(phases, trilinear.adjoint(geometry, y, kernel))


@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize("sides, window, stride", GEOMETRIES)
def test_forms_for_few_channels_equal_the_plain_ones(sides, window, stride, padding):
    geometry = trilinear.geometry_of(sides, (window, window), stride, padding)
    x, y, kernel = normal(0, 2, *sides, 3), normal(1, 2, *geometry.small, 4), normal(2, window, window, 3, 4)
    assert_close(few_channels.convolve(geometry, x, kernel), trilinear.convolve(geometry, x, kernel))
    assert_close(few_channels.adjoint(geometry, y, kernel), trilinear.adjoint(geometry, y, kernel))
    if stride == 1:
        back, turned = trilinear.exchanged(geometry), trilinear.turned(kernel)
        assert_close(trilinear.adjoint(back, x, turned), trilinear.convolve(geometry, x, kernel))
        gradient = trilinear.turned(trilinear.kernel_gradient(back, y, x))
        assert_close(gradient, trilinear.kernel_gradient(geometry, x, y))


@pytest.mark.parametrize("operation, reference", [(conv, lax_conv), (conv_transpose, lax_conv_transpose)])
@pytest.mark.parametrize("channels", [FEW, MANY])
def test_parts_of_a_large_batch_add_up_to_the_whole_to_second_order(monkeypatch, operation, reference, channels):
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    monkeypatch.setattr(jax, "device_count", lambda: 1)
    monkeypatch.setattr(convolution, "LARGE", 0)
    monkeypatch.setattr(convolution, "PHASES", 0)
    monkeypatch.setattr(convolution, "PATCHES", 200)
    x, kernel = normal(0, 2 * convolution.PART, 4, 4, channels), 0.3 * normal(1, 4, 4, channels, channels + 1)
    if operation is conv_transpose:
        kernel = kernel.swapaxes(2, 3)

    def compute(x, kernel):
        return [derivatives(partial(f, stride=2), x, kernel) for f in (operation, reference)]

    traced = jax.jit(compute).trace(x, kernel)
    assert "scan" in str(traced.jaxpr)
    monkeypatch.undo()
    assert_close(*traced.lower().compile()(x, kernel))


def test_patches_that_would_take_much_memory_are_not_made(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    x, kernel = normal(0, 2, 5, 6, MANY), normal(1, 3, 3, MANY, FEW)
    assert "stablehlo.convolution" not in jax.jit(conv).lower(x, kernel).as_text()
    monkeypatch.setattr(convolution, "LONGEST", 0)
    whole = jax.jit(lambda x, kernel: conv(x, kernel)).lower(x, kernel)
    assert "stablehlo.convolution" in whole.as_text()
    assert_close(whole.compile()(x, kernel), lax_conv(x, kernel, 1))


@pytest.mark.parametrize("batch, devices", [(convolution.PART + 1, 1), (2 * convolution.PART, 8)])
def test_batches_that_do_not_divide_or_are_spread_over_devices_stay_whole(monkeypatch, batch, devices):
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    monkeypatch.setattr(jax, "device_count", lambda: devices)
    monkeypatch.setattr(convolution, "LARGE", 0)
    x, kernel = normal(0, batch, 4, 4, 3), normal(1, 4, 4, 3, 4)
    assert "scan" not in str(jax.make_jaxpr(partial(derivatives, partial(conv, stride=2)))(x, kernel))


def test_third_order():
    x, kernel = normal(0, 1, 6, 5, 2), 0.5 * normal(1, 3, 3, 2, 2)

    def third(f):
        first = lambda x, k: jnp.sum(jax.grad(lambda x: jnp.sum(jnp.sin(f(x, k))))(x) ** 3)  # noqa: E731
        second = lambda x, k: jnp.sum(jax.grad(first, 1)(x, k) ** 2)  # noqa: E731
        return jax.jit(jax.grad(second, (0, 1)))(x, kernel)

    assert_close(third(lambda x, k: conv(x, k, 2)), third(lambda x, k: lax_conv(x, k, 2)))


@pytest.mark.parametrize("operation", [conv, conv_transpose])
def test_every_order_on_the_cpu_stays_within_the_three_operations(monkeypatch, operation):
    """lax itself would dilate the left operand of a transposed convolution's kernel gradient: that is the slow form."""
    monkeypatch.setattr(jax, "default_backend", lambda: "cpu")
    x, kernel = normal(0, 2, 4, 4, 13), normal(1, 4, 4, 13, 13)
    jaxpr = str(jax.make_jaxpr(lambda x, k: derivatives(lambda x, k: operation(x, k, 2), x, k))(x, kernel))
    assert "custom_vjp_call" in jaxpr
    hlo = jax.jit(lambda x, k: derivatives(lambda x, k: operation(x, k, 2), x, k)).lower(x, kernel).as_text()
    convolutions = [line for line in hlo.splitlines() if "stablehlo.convolution" in line]
    assert convolutions
    fast_in_loops = "[b, 0, 1, f]x[0, 1, i, o]->[b, 0, 1, f]"
    assert all(fast_in_loops in line for line in convolutions)
    assert not [line for line in convolutions if "lhs_dilate = [2, 2]" in line and "rhs_dilate = [2, 2]" in line]


def test_the_plain_operations_know_forward_mode(monkeypatch):
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    x, kernel = normal(0, 1, 6, 6, 2), normal(1, 4, 4, 2, 3)
    _, tangent = jax.jvp(lambda x: conv(x, kernel, 2), (x,), (x,))
    np.testing.assert_allclose(tangent, conv(x, kernel, 2), rtol=1e-5)  # linear


def test_vmap_over_examples_and_kernels():
    x, kernels = normal(0, 3, 2, 6, 6, 2), normal(1, 3, 4, 4, 2, 3)
    gradient = jax.grad(lambda x, k: jnp.sum(conv(x, k, 2) ** 2), (0, 1))
    together = jax.vmap(gradient)(x, kernels)
    apart = [gradient(x[i], kernels[i]) for i in range(3)]
    assert_close(together, jax.tree.map(lambda *leaves: jnp.stack(leaves), *apart))


def test_computes_in_the_dtype_of_the_images():
    x, kernel = normal(0, 1, 4, 4, 2).astype(jnp.bfloat16), normal(1, 4, 4, 2, 3)
    gradient = jax.grad(lambda k: jnp.sum(conv(x, k, 2).astype(jnp.float32)))(kernel)
    assert conv(x, kernel, 2).dtype == jnp.bfloat16
    assert conv_transpose(x, kernel.swapaxes(2, 3), 2).dtype == jnp.bfloat16
    assert gradient.dtype == jnp.float32


def test_the_stored_geometry_is_padded_as_pytorch_pads_a_dcgan():
    assert trilinear.geometry_of((32, 32), (4, 4), 2, "SAME").low == (1, 1)
