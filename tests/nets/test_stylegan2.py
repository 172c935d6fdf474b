import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import count, init
from scipy import signal

from gan_jax.nets import stylegan2
from gan_jax.nets.activation import scaled_leaky_relu
from gan_jax.nets.layers import Conv, Dense
from gan_jax.nets.modulated import BLUR, ModulatedConv
from gan_jax.nets.resample import filtered

RANDOM = np.random.default_rng(0)
KEY = jax.random.key(0)


def normal(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


def convolved(image, kernel):
    """A correlation with zeros outside, one output channel at a time."""
    outputs = [
        sum(signal.correlate2d(image[..., i], kernel[..., i, o], mode="same") for i in range(image.shape[-1]))
        for o in range(kernel.shape[-1])
    ]
    return np.stack(outputs, axis=-1)


def own_weights(params, code, demodulate):
    """Karras et al. 2020, equations 1 and 3: the weights of one example."""
    code = np.asarray(code)
    kernel = np.asarray(params["kernel"]) / math.sqrt(math.prod(params["kernel"].shape[:3]))
    style = code @ np.asarray(params["style"]["kernel"]) / math.sqrt(len(code)) + np.asarray(params["style"]["bias"])
    weights = kernel * style[:, None]
    return weights / np.sqrt((weights**2).sum(axis=(0, 1, 2)) + 1e-8) if demodulate else weights


@pytest.mark.parametrize("demodulate", [True, False])
def test_modulation_is_a_convolution_by_weights_of_each_examples_own(demodulate):
    x, codes = normal(3, 6, 5, 4), normal(3, 7)
    layer = ModulatedConv(5, demodulate=demodulate)
    params = init(layer, x, codes)["params"]
    out = layer.apply({"params": params}, x, codes, train=True)
    for image, code, found in zip(x, codes, out, strict=True):
        np.testing.assert_allclose(found, convolved(image, own_weights(params, code, demodulate)), atol=1e-5)


def test_up_sampling_is_zeros_in_between_then_the_weights_then_the_blur():
    x, codes = normal(2, 6, 5, 4), normal(2, 7)
    layer = ModulatedConv(3, up=True)
    params = init(layer, x, codes)["params"]
    out = np.asarray(layer.apply({"params": params}, x, codes, train=True))
    taps = np.outer(BLUR, BLUR) / np.sum(np.outer(BLUR, BLUR)) * 4
    for image, code, found in zip(x, codes, out, strict=True):
        weights = own_weights(params, code, True)
        spread = np.zeros((12, 10, 4))
        spread[::2, ::2] = image
        for o in range(3):
            grown = sum(signal.convolve2d(spread[..., i], weights[..., i, o], mode="full") for i in range(4))
            blurred = signal.convolve2d(grown, taps, mode="full")[2:-3, 2:-3]
            np.testing.assert_allclose(found[..., o], blurred, atol=1e-5)


def test_halving_is_the_blur_that_grows_by_a_pixel_and_then_the_weights():
    """As published: the last row and column of the blur are seen too."""
    x = normal(2, 6, 8, 3)
    block = stylegan2.DiscriminatorBlock(4, 0.0, False, jnp.float32)
    params = init(block, x)["params"]
    out = np.asarray(block.apply({"params": params}, x, train=True))
    taps = np.outer(BLUR, BLUR) / np.sum(np.outer(BLUR, BLUR))
    first = Conv(3, equalized=True).apply({"params": params["conv_0"]}, x, train=True)
    first = np.asarray(scaled_leaky_relu(first))
    kernel = np.asarray(params["conv_1"]["kernel"]) / math.sqrt(27)
    for image, found in zip(first, out, strict=True):
        blurred = [signal.convolve2d(np.pad(image[..., i], 2), taps, mode="valid") for i in range(3)]
        assert blurred[0].shape == (7, 9)
        for o in range(4):
            whole = sum(signal.correlate2d(blurred[i], kernel[..., i, o], mode="valid") for i in range(3))
            np.testing.assert_allclose(found[..., o], scaled_leaky_relu(jnp.asarray(whole[::2, ::2])), atol=1e-5)


def test_demodulated_outputs_have_unit_variance_whatever_the_style():
    x, codes = normal(64, 16, 16, 8), 5 * normal(64, 7)
    layer = ModulatedConv(32)
    out = layer.apply(init(layer, x, codes), x, codes, train=True)[:, 1:-1, 1:-1]
    assert float(out.std()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("taps", [(1.0, 2.0, 1.0), BLUR])
@pytest.mark.parametrize("up, down", [(1, 1), (2, 1), (1, 2)])
def test_filters_are_those_of_scipy_and_keep_brightness(taps, up, down):
    x = normal(1, 8, 6, 2)
    out = np.asarray(filtered(jnp.asarray(x), taps, up=up, down=down))
    low = (len(taps) + up - 2) // 2
    gain = up / sum(taps)
    expected = x
    for axis in (1, 2):
        whole = signal.upfirdn(gain * np.array(taps), expected, up=up, axis=axis)
        whole = np.take(whole, range(len(taps) - 1 - low, whole.shape[axis]), axis=axis)  # correlation's beginning
        expected = np.take(whole, range(0, min(expected.shape[axis] * up, whole.shape[axis]), down), axis=axis)
    inner = tuple(slice(0, size) for size in expected.shape)
    np.testing.assert_allclose(out[inner], expected, atol=1e-5)
    bright = filtered(jnp.ones((1, 8, 8, 1)), taps, up=up, down=down)
    assert bright.shape == (1, 8 * up // down, 8 * up // down, 1)
    np.testing.assert_allclose(bright[:, 2:-2, 2:-2], 1, atol=1e-6)


def test_equalised_layers_are_explicitly_scaled_ones():
    """Karras et al. 2018, section 4.1: weights of unit variance, times gain / sqrt(inputs) at every use."""
    x = normal(64, 100)
    layer = Dense(400, equalized=True, rate=0.01, gain=2.0, first_bias=0.5)
    params = init(layer, x)["params"]
    assert float(params["kernel"].std()) == pytest.approx(100, rel=0.02)
    expected = x @ np.asarray(params["kernel"]) * 2.0 * 0.01 / math.sqrt(100) + 0.5
    np.testing.assert_allclose(layer.apply({"params": params}, x, train=True), expected, rtol=1e-4, atol=1e-4)
    slope = jax.grad(lambda p: layer.apply({"params": p}, x, train=True).sum())(params)
    np.testing.assert_allclose(slope["bias"], 64 * 0.01, rtol=1e-5)

    picture = normal(2, 5, 5, 8)
    conv = Conv(16, equalized=True)
    params = init(conv, picture)["params"]
    plain = Conv(16).apply({"params": {**params, "kernel": params["kernel"] / math.sqrt(72)}}, picture, train=True)
    np.testing.assert_allclose(conv.apply({"params": params}, picture, train=True), plain, atol=1e-5)


def test_parameters_are_as_many_as_the_published_networks_have():
    """At 1024 pixels, as the authors' public logs have them."""
    z, keys, image = jnp.zeros((4, 512)), jnp.zeros((4, 2), jnp.uint32), jnp.zeros((4, 1024, 1024, 3))
    facts = dict(image_shape=(1024, 1024, 3), width=32)
    generator, critic = stylegan2.Generator(**facts), stylegan2.Discriminator(**facts)
    assert count(jax.eval_shape(lambda: generator.init(KEY, z, keys, train=True))) == 30_370_060
    assert count(jax.eval_shape(lambda: critic.init(KEY, image, train=True))) == 29_012_513


SMALL = dict(image_shape=(8, 12, 2), width=4, max_width=8, code_size=6, mapping_depth=2)


@pytest.fixture(scope="module")
def small():
    network = stylegan2.Generator(**SMALL, num_classes=3)
    z, keys = jnp.asarray(normal(4, 5)), jax.random.key_data(jax.random.split(KEY, 4))
    label = jnp.array([0, 1, 2, 0])
    variables = init(network, z, keys, label)
    noisy = jax.tree.map(lambda x: x + 0.1 if x.ndim == 0 else x, variables["params"])  # strengths begin at 0
    return network, {**variables, "params": noisy}, z, keys, label


def test_an_image_is_a_function_of_its_styles_and_its_key(small):
    network, variables, z, keys, label = small
    codes = network.apply(variables, z, label, train=False, method="map")
    assert codes.shape == (4, 4, 6)

    @jax.jit
    def image(codes, keys):
        return network.apply(variables, codes, keys, train=False, method="synthesize")

    whole = image(codes, keys)
    assert whole.shape == (4, 8, 12, 2)
    np.testing.assert_allclose(image(codes[1:2], keys[1:2]), whole[1:2], atol=1e-5)
    assert (abs(image(codes, keys[::-1]) - whole) > 1e-4).mean() > 0.9
    assert (abs(image(codes, None) - whole) > 1e-4).mean() > 0.9
    for layer in range(4):  # every one of which has a part in the image
        assert (image(codes.at[:, layer].add(1.0), keys) != whole).any()
    other = network.apply(variables, z, (label + 1) % 3, train=False, method="map")
    assert (other != codes).any(axis=(1, 2)).all()


def test_truncation_goes_to_the_average_of_the_styles_that_training_has_seen(small):
    network, variables, z, _, label = small
    codes, updates = network.apply(variables, z, label, train=True, method="map", mutable=["averages"])
    mean = codes[:, 0].mean(axis=0)
    np.testing.assert_allclose(updates["averages"]["code"], 0.005 * mean, rtol=1e-3)

    def truncated(psi, cutoff):
        return np.asarray(network.apply({**variables, **updates}, codes, psi, cutoff, method="truncate"))

    center = np.asarray(updates["averages"]["code"])
    np.testing.assert_allclose(truncated(1.0, 0), codes, rtol=1e-5)
    np.testing.assert_allclose(truncated(0.0, 0), np.broadcast_to(center, codes.shape), rtol=1e-5)
    half = truncated(0.5, 2)
    np.testing.assert_allclose(half[:, :2], (codes[:, :2] + center) / 2, rtol=1e-5)
    np.testing.assert_array_equal(half[:, 2:], codes[:, 2:])


def test_less_memory_gives_the_same_values(small):
    _, variables, z, keys, label = small

    def loss(params, remat):
        network = stylegan2.Generator(**SMALL, num_classes=3, remat=remat)
        return (network.apply({**variables, "params": params}, z, keys, label, train=False) ** 2).sum()

    slope = jax.jit(jax.grad(loss), static_argnums=1)
    plain, frugal = (slope(variables["params"], remat) for remat in (False, True))
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(frugal), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-5)


def test_sixteen_bits_stay_within_their_clamp():
    network = stylegan2.Generator(**SMALL, dtype=jnp.bfloat16, clamp=0.5)
    z, keys = jnp.asarray(normal(4, 5)), jax.random.key_data(jax.random.split(KEY, 4))
    image, state = network.apply(
        init(network, z, keys),
        z,
        keys,
        train=False,
        capture_intermediates=True,
        mutable="intermediates",
    )
    assert image.dtype == jnp.float32
    convs = state["intermediates"]["synthesis"]
    inner = [convs[name]["__call__"][0] for name in convs if name.startswith(("up_", "conv_"))]
    assert len(inner) == 3 and all(x.dtype == jnp.bfloat16 and abs(x).max() <= 0.5 for x in inner)


def test_the_discriminator_sees_groups_and_classes():
    network = stylegan2.Discriminator(image_shape=(8, 8, 1), num_classes=3, width=4, max_width=8, minibatch_stddev=2)
    images, label = jnp.asarray(normal(4, 8, 8, 1)), jnp.array([0, 1, 2, 0])
    variables = init(network, images, label)
    logits = network.apply(variables, images, label, train=True)
    assert logits.shape == (4,) and logits.dtype == jnp.float32
    assert (logits != network.apply(variables, images, (label + 1) % 3, train=True)).all()
    changed = network.apply(variables, images.at[0].mul(2), label, train=True)
    assert (changed[:2] != logits[:2]).all()
    np.testing.assert_allclose(changed[2:], logits[2:], rtol=1e-5)
