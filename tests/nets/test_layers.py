import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.nets.attention import SelfAttention
from gan_jax.nets.layers import Conv, ConvTranspose, Dense, Embed
from gan_jax.nets.minibatch import minibatch_stddev
from gan_jax.nets.normalization import BatchNorm, ConditionalBatchNorm, LayerNorm, unit_length
from gan_jax.nets.projection import Projection

KEY = jax.random.key(0)
LABELS = jnp.array([2, 0, 2, 1])


def normal(seed, *shape):
    return jnp.asarray(np.random.default_rng(seed).normal(size=shape), jnp.float32)


def init(layer, *inputs):
    return jax.jit(lambda: layer.init(KEY, *inputs, train=True))()


def with_random_params(variables, seed=0):
    """The same tree with every parameter drawn anew, so that nothing hides behind zeros and ones."""
    leaves, tree = jax.tree.flatten(variables["params"])
    return {**variables, "params": jax.tree.unflatten(tree, [normal(seed + i, *x.shape) for i, x in enumerate(leaves)])}


@pytest.mark.parametrize(
    "layer, inputs, out_axis",
    [
        (Conv(6, spectral=True), normal(0, 2, 4, 4, 3), -1),
        (ConvTranspose(6, spectral=True), normal(0, 2, 4, 4, 3), -2),
        (Dense(6, spectral=True), normal(0, 4, 5), -1),
        (Embed(6, spectral=True, use_bias=False, num_classes=3), LABELS, -1),
    ],
    ids=lambda value: type(value).__name__,
)
def test_spectral_norm_divides_by_the_largest_singular_value(layer, inputs, out_axis):
    variables = with_random_params(init(layer, inputs))
    step = jax.jit(lambda variables: layer.apply(variables, inputs, train=True, mutable=["spectral"]))
    for _ in range(60):
        outputs, state = step(variables)
        variables = {**variables, **state}

    kernel = np.asarray(variables["params"]["kernel"], np.float64)
    sigma = np.linalg.svd(np.moveaxis(kernel, out_axis, -1).reshape(-1, 6), compute_uv=False)[0]
    plain = {"params": {**variables["params"], "kernel": jnp.asarray(kernel / sigma, jnp.float32)}}
    expected = layer.clone(spectral=False).apply(plain, inputs, train=True)
    np.testing.assert_allclose(outputs, expected, rtol=1e-3, atol=1e-4)


def test_spectral_vectors_move_in_training_alone():
    layer, x = Dense(6, spectral=True), normal(0, 4, 5)
    variables = init(layer, x)
    before = variables["spectral"]["spectral"]["right"]
    _, evaluated = layer.apply(variables, x, train=False, mutable=["spectral"])
    _, trained = layer.apply(variables, x, train=True, mutable=["spectral"])
    np.testing.assert_array_equal(evaluated["spectral"]["spectral"]["right"], before)
    assert np.abs(trained["spectral"]["spectral"]["right"] - before).max() > 1e-3
    np.testing.assert_array_equal(layer.apply(variables, x, train=False), layer.apply(variables, x, train=False))


def test_spectral_norm_has_the_published_gradient():
    """d(W / sigma) contracted with G is (G - <G, W> u v^T / sigma) / sigma, for W = diag(3, 1): equation 12."""
    layer = Dense(2, use_bias=False, spectral=True)
    variables = {"params": {"kernel": jnp.diag(jnp.array([3.0, 1.0]))}}
    variables["spectral"] = {"spectral": {"right": jnp.array([1.0, 0.0])}}
    weights = jnp.array([[1.0, 2.0], [3.0, 4.0]])
    gradient = jax.grad(lambda v: jnp.sum(weights * layer.apply(v, jnp.eye(2), train=False)))(variables)
    normalised_product = 1.0 * 1 + 4.0 / 3  # <G, W / sigma>
    expected = (weights - normalised_product * np.array([[1.0, 0], [0, 0]])) / 3
    np.testing.assert_allclose(gradient["params"]["kernel"], expected, rtol=1e-5)


@pytest.mark.parametrize("layer, shape", [(Conv, (2, 4, 4, 3)), (ConvTranspose, (2, 4, 4, 3)), (Dense, (2, 3))])
def test_bfloat16_layers_keep_float32_parameters(layer, shape):
    outputs, variables = jax.eval_shape(
        lambda: layer(5, spectral=True, dtype=jnp.bfloat16).init_with_output(KEY, jnp.zeros(shape), train=True)
    )
    assert outputs.dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}


@pytest.mark.parametrize("name, deviation", [("dcgan", 0.02), ("he", np.sqrt(2 / 288))])
@pytest.mark.parametrize("layer", [Conv(64, kernel_size=3), ConvTranspose(64, kernel_size=3)])
def test_initializers_know_the_input_axis(layer, name, deviation):
    layer = layer.clone(initializer=name)
    variables = jax.jit(lambda: layer.init(KEY, jnp.zeros((1, 2, 2, 32)), train=True))()
    assert float(variables["params"]["kernel"].std()) == pytest.approx(deviation, rel=0.03)


def test_unknown_initializer():
    with pytest.raises(InputError, match=r"initializer='hee'.*Did you mean 'he'"):
        Dense(2, initializer="hee").init(KEY, jnp.zeros((1, 3)), train=True)


def test_conditional_batch_norm_by_hand():
    x, layer = normal(0, 4, 3, 5, 2), ConditionalBatchNorm(num_classes=3)
    variables = init(layer, x, LABELS)
    normalised = (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + 1e-5)
    outputs, _ = layer.apply(variables, x, LABELS, train=True, mutable=["batch_stats"])
    np.testing.assert_allclose(outputs, normalised, rtol=1e-4, atol=1e-5)  # scale 1, bias 0 at the start

    variables = with_random_params(variables)
    scale, bias = (variables["params"][name]["kernel"][LABELS] for name in ("scale", "bias"))
    outputs, state = layer.apply(variables, x, LABELS, train=True, mutable=["batch_stats"])
    expected = normalised * (1 + scale[:, None, None]) + bias[:, None, None]
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)

    mean, variance = 0.1 * x.mean(axis=(0, 1, 2)), 0.9 + 0.1 * x.var(axis=(0, 1, 2))  # momentum 0.9 from 0 and 1
    outputs = layer.apply({**variables, **state}, x, LABELS, train=False)
    expected = (x - mean) / np.sqrt(variance + 1e-5) * (1 + scale[:, None, None]) + bias[:, None, None]
    np.testing.assert_allclose(outputs, expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_over_an_axis_is_that_of_the_whole_batch():
    x = normal(0, 4, 3, 3, 2) * np.arange(1, 5).reshape(4, 1, 1, 1)
    whole, halves = BatchNorm(), BatchNorm(axis_name="devices")
    variables = init(whole, x)
    expected, _ = whole.apply(variables, x, train=True, mutable=["batch_stats"])
    apply = lambda x: halves.apply(variables, x, train=True, mutable=["batch_stats"])[0]  # noqa: E731
    outputs = jax.vmap(apply, axis_name="devices")(x.reshape(2, 2, 3, 3, 2))
    np.testing.assert_allclose(outputs.reshape(x.shape), expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_statistics_are_float32_under_bfloat16():
    x = normal(0, 4, 8, 8, 2).astype(jnp.bfloat16) + 100
    outputs, state = BatchNorm(dtype=jnp.bfloat16).init_with_output(KEY, x, train=True)
    assert outputs.dtype == jnp.bfloat16
    assert {leaf.dtype for leaf in jax.tree.leaves(state)} == {jnp.dtype("float32")}


def test_layer_norm_by_hand():
    x, layer = normal(0, 2, 3, 3, 4), LayerNorm()
    variables = with_random_params(init(layer, x))
    scale, bias = (variables["params"]["norm"][name] for name in ("scale", "bias"))
    mean, variance = x.mean(axis=(1, 2, 3), keepdims=True), x.var(axis=(1, 2, 3), keepdims=True)
    expected = (x - mean) / np.sqrt(variance + 1e-5) * scale + bias
    np.testing.assert_allclose(layer.apply(variables, x, train=True), expected, rtol=1e-4, atol=1e-5)


def test_vectors_have_length_one_in_float32_and_zeros_a_finite_slope():
    x = jnp.array([[3, 4], [0, 0]], jnp.bfloat16)
    np.testing.assert_array_equal(unit_length(x), np.float32([[0.6, 0.8], [0, 0]]))
    assert unit_length(x).dtype == jnp.float32
    assert jnp.isfinite(jax.grad(lambda x: unit_length(x).sum())(jnp.zeros((1, 2)))).all()


def test_minibatch_stddev_by_hand():
    x = normal(0, 6, 2, 3, 4)
    outputs = minibatch_stddev(x, 3)
    assert outputs.shape == (6, 2, 3, 5)
    np.testing.assert_array_equal(outputs[..., :4], x)
    for group in (slice(0, 3), slice(3, 6)):
        np.testing.assert_allclose(outputs[group, ..., 4], np.sqrt(x[group].var(axis=0) + 1e-8).mean(), rtol=1e-5)


def test_minibatch_stddev_groups_are_independent():
    x = normal(0, 6, 2, 2, 1)
    changed = x.at[4].add(1)  # the second group's
    before, after = minibatch_stddev(x, 3), minibatch_stddev(changed, 3)
    np.testing.assert_array_equal(before[:3], after[:3])
    assert np.abs(before[3:, ..., -1] - after[3:, ..., -1]).min() > 1e-3


def test_minibatch_stddev_of_equal_examples_has_a_finite_gradient():
    gradient = jax.grad(lambda x: minibatch_stddev(x, 2).sum())(jnp.ones((2, 2, 2, 1)))
    np.testing.assert_allclose(gradient, 1.0)


def test_minibatch_stddev_needs_whole_groups():
    with pytest.raises(InputError, match=r"minibatch_stddev=4.*not 6"):
        minibatch_stddev(jnp.zeros((6, 2, 2, 1)), 4)


def test_self_attention_by_hand():
    x, layer = normal(0, 2, 3, 4, 16), SelfAttention()
    variables = init(layer, x)
    np.testing.assert_array_equal(layer.apply(variables, x, train=True), x)  # the gain starts at zero

    params = with_random_params(variables)["params"]
    pixels = x.reshape(2, 12, 16)
    query, key, value = (pixels @ params[name]["kernel"][0, 0] for name in ("query", "key", "value"))
    weights = np.exp(np.einsum("bic,bjc->bij", query, key))
    weights /= weights.sum(axis=-1, keepdims=True)
    gathered = np.einsum("bij,bjc->bic", weights, value) @ params["output"]["kernel"][0, 0]
    expected = x + params["gain"] * gathered.reshape(x.shape)
    np.testing.assert_allclose(layer.apply({"params": params}, x, train=True), expected, rtol=1e-3, atol=1e-3)


def test_pooled_attention_gathers_the_largest_of_four():
    x, layer = normal(0, 2, 4, 6, 16), SelfAttention(pooled=True)
    params = with_random_params(init(layer, x))["params"]
    query, key, value = (x @ params[name]["kernel"][0, 0] for name in ("query", "key", "value"))
    key, value = (features.reshape(2, 2, 2, 3, 2, -1).max(axis=(2, 4)).reshape(2, 6, -1) for features in (key, value))
    weights = np.exp(np.einsum("bhwc,bkc->bhwk", query, key))
    weights /= weights.sum(axis=-1, keepdims=True)
    expected = x + params["gain"] * (np.einsum("bhwk,bkc->bhwc", weights, value) @ params["output"]["kernel"][0, 0])
    np.testing.assert_allclose(layer.apply({"params": params}, x, train=True), expected, rtol=1e-3, atol=1e-3)
    with pytest.raises(InputError, match="even sides only, not 3x4"):
        init(layer, x[:, :3, :4])


def test_projection_by_hand():
    x, layer = normal(0, 4, 5), Projection(num_classes=3)
    params = with_random_params(init(layer, x, LABELS))["params"]
    linear, embedding = params["linear"], params["embedding"]["kernel"]
    expected = (x @ linear["kernel"] + linear["bias"])[:, 0] + np.einsum("bf,bf->b", embedding[LABELS], x)
    np.testing.assert_allclose(layer.apply({"params": params}, x, LABELS, train=True), expected, rtol=1e-4, atol=1e-5)


def test_a_weight_of_another_shape_is_told():
    variables = Dense(3).init(jax.random.key(0), jnp.zeros((2, 5)), train=False)
    with pytest.raises(InputError, match=r"kernel is of the shape \(5, 3\), and should be of \(4, 3\)"):
        Dense(3).apply(variables, jnp.zeros((2, 4)), train=False)
