"""Transformers as players: their parts by hand, how they begin, the two kinds of latent, and what a logit sees."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import BATCH, KEY, LABELS, LATENT, count, draw, normal, second_order, seen_by, shapes

from gan_jax.errors import InputError
from gan_jax.nets import transformer, vit

SHAPE = (8, 12, 2)
SMALL = dict(patch=4, width=8, depth=2, heads=2)
FACTS = dict(image_shape=SHAPE, num_classes=3)


def dense(inputs, outputs):
    return inputs * outputs + outputs


def block_count(width, heads):
    return 4 * dense(width, width) + 2 * (width // heads) + dense(width, 4 * width) + dense(4 * width, width)


def test_small_players_in_the_latents_of_256_pixels_by_hand():
    """GAT-S/2 (Hyun et al. 2025): 12 blocks of width 384, here with GELU in place of SwiGLU; latents 32x32x4."""
    facts, values = dict(image_shape=(32, 32, 4), num_classes=1000), 2 * 2 * 4
    block = block_count(384, 6)
    expected = 256 * 384 + 1000 * 384 + dense(64 + 384, 384) + dense(384, 384) + dense(384, 384) + dense(384, values)
    expected += 12 * (block + dense(384, 4 * 384))
    found, _ = shapes(vit.Generator(**facts), jnp.zeros((BATCH, 64)), LABELS)
    assert count(found) == expected == 29_329_552
    expected = dense(values, 384) + 384 + 12 * (block + 4 * 384) + 384 + dense(384, 1) + 1000 * 384
    found, _ = shapes(vit.Discriminator(**facts), jnp.zeros((BATCH, 32, 32, 4)), LABELS)
    assert count(found) == expected


def test_patches_are_cut_and_joined():
    x = normal(0, BATCH, *SHAPE)
    patches = transformer.to_tokens(x, 4)
    assert patches.shape == (BATCH, 6, 32)
    np.testing.assert_array_equal(patches[:, 4].reshape(BATCH, 4, 4, 2), x[:, 4:, 4:8])
    np.testing.assert_array_equal(transformer.from_tokens(patches, (2, 3), 4), x)


def test_positions_tell_rows_and_columns():
    table = transformer.positions((3, 5), 8).reshape(3, 5, 8)
    assert len(np.unique(table.reshape(15, 8).round(4), axis=0)) == 15
    np.testing.assert_array_equal(table[0, :, :4], table[0, [0] * 5, :4])  # a row's half
    np.testing.assert_array_equal(table[:, 0, 4:], table[[0] * 3, 0, 4:])  # a column's half
    expected = [np.sin(2), np.sin(0.02), np.cos(2), np.cos(0.02), np.sin(3), np.sin(0.03), np.cos(3), np.cos(0.03)]
    np.testing.assert_allclose(table[2, 3], expected, rtol=1e-6)


def test_attention_by_hand():
    x, layer = normal(0, BATCH, 5, 8), transformer.Attention(2, jnp.float32)
    params = draw(layer, x)["params"]
    linear = lambda name, x: x @ params[name]["kernel"] + params[name]["bias"]  # noqa: E731
    query, key, value = (np.asarray(linear(name, x)).reshape(BATCH, 5, 2, 4) for name in ("query", "key", "value"))
    unit = lambda x: x / np.sqrt((x**2).mean(axis=-1, keepdims=True) + 1e-6)  # noqa: E731
    query, key = unit(query) * params["query_scale"], unit(key) * params["key_scale"]
    gathered = np.zeros((BATCH, 5, 2, 4))
    for head in range(2):
        weights = np.exp(np.einsum("bqc,bkc->bqk", query[:, :, head], key[:, :, head]) / 2)
        gathered[:, :, head] = (weights / weights.sum(axis=-1, keepdims=True)) @ value[:, :, head]
    expected = linear("output", gathered.reshape(x.shape))
    np.testing.assert_allclose(layer.apply({"params": params}, x, train=True), expected, rtol=1e-4, atol=1e-5)


def test_attention_rows_are_float32_and_sum_to_one():
    query, key = (normal(seed, BATCH, 5, 2, 4).astype(jnp.bfloat16) for seed in (0, 1))
    weights = transformer.attention_weights(query, key)
    assert weights.dtype == jnp.float32 and weights.shape == (BATCH, 2, 5, 5)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-6)


@pytest.mark.parametrize("condition", [None, normal(1, BATCH, 8)], ids=["plain", "modulated"])
def test_blocks_permute_with_their_tokens(condition):
    x, layer, order = normal(0, BATCH, 5, 8), transformer.Block(2, jnp.float32), jnp.array([3, 0, 4, 2, 1])
    variables = draw(layer, x, condition)
    outputs = layer.apply(variables, x, condition, train=True)
    permuted = layer.apply(variables, x[:, order], condition, train=True)
    assert np.abs(outputs - x).max() > 0.1
    np.testing.assert_allclose(permuted, outputs[:, order], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("condition", [None, normal(1, BATCH, 8)], ids=["plain", "modulated"])
def test_blocks_begin_as_the_identity_where_asked(condition):
    x = normal(0, BATCH, 5, 8)
    identity, other = transformer.Block(2, jnp.float32, gate=0.0), transformer.Block(2, jnp.float32, "small")
    np.testing.assert_array_equal(identity.init_with_output(KEY, x, condition, train=True)[0], x)
    change = np.abs(other.init_with_output(KEY, x, condition, train=True)[0] - x).max()
    assert 1e-3 < change < 1


@pytest.mark.parametrize("modulation", ["zeros", "small"])
def test_a_generator_can_learn_from_the_first_step(modulation):
    network, latent = vit.Generator(**FACTS, **SMALL, modulation=modulation), normal(0, BATCH, LATENT)
    params = jax.jit(lambda: network.init(KEY, latent, LABELS, train=True))()["params"]
    target = normal(1, BATCH, *SHAPE)

    @jax.jit
    def run(params):
        images = lambda params: network.apply({"params": params}, latent, LABELS, train=True)  # noqa: E731
        return images(params), jax.grad(lambda params: ((images(params) - target) ** 2).sum())(params)

    images, gradient = run(params)
    assert images.std() > 0.05
    assert (np.abs(images[0] - images[1]).max() > 1e-3) == (modulation == "small")
    for name in ("block_0", "block_1"):
        assert np.abs(gradient[name]["modulation"]["kernel"]).max() > 1e-5
    assert np.abs(gradient["modulation"]["kernel"]).max() > 1e-3


def test_a_latent_is_a_vector_or_has_the_shape_of_the_image():
    facts = dict(image_shape=(8, 12, 16), num_classes=3, **SMALL)  # as many channels as latents of an autoencoder have
    network, noise = vit.Generator(**facts), normal(0, BATCH, 8, 12, 16)
    variables = draw(network, noise, LABELS)
    assert variables["params"]["patches"]["kernel"].shape == (4 * 4 * 16, 8)
    assert "tokens" not in variables["params"]
    generate = jax.jit(lambda noise, label: network.apply(variables, noise, label, train=False))
    images = generate(noise, LABELS)
    assert images.shape == noise.shape
    assert np.abs(images - generate(noise, (LABELS + 1) % 3)).max() > 1e-3
    changed = np.abs(images - generate(noise.at[1, 0, 0].add(1), LABELS)).max(axis=(1, 2, 3))
    assert changed[1] > 1e-3 and changed[[0, 2, 3]].max() == 0

    unconditional = vit.Generator((8, 12, 16), **SMALL)
    assert "embedding" not in shapes(unconditional, noise)[0]["params"]
    assert shapes(unconditional, noise)[1].shape == noise.shape


@pytest.mark.parametrize("pooling", ["token", "mean"])
def test_examples_do_not_see_one_another_in_the_discriminator(pooling):
    network, images = vit.Discriminator(**FACTS, **SMALL, pooling=pooling), normal(0, BATCH, *SHAPE)
    variables = draw(network, images, LABELS)
    seen = seen_by(network, variables, images, LABELS)
    assert (np.diag(seen) > 1e-4).all()
    np.testing.assert_array_equal(seen - np.diag(np.diag(seen)), 0)
    flipped = network.apply(variables, images[:, ::-1], LABELS, train=False)
    assert np.abs(network.apply(variables, images, LABELS, train=False) - flipped).max() > 1e-3  # places count


def test_with_minibatch_stddev_groups_see_one_another():
    network, images = vit.Discriminator(**FACTS, **SMALL, minibatch_stddev=2), normal(0, BATCH, *SHAPE)
    seen = seen_by(network, draw(network, images, LABELS), images, LABELS)
    np.testing.assert_array_equal(seen > 0, np.kron(np.eye(2), np.ones((2, 2))) > 0)


def test_remat_changes_no_value_of_the_generator():
    kept, latent = vit.Generator(**FACTS, **SMALL), normal(0, BATCH, LATENT)
    variables = draw(kept, latent, LABELS)

    def run(network):
        loss = lambda variables: (network.apply(variables, latent, LABELS, train=True) ** 2).sum()  # noqa: E731
        first = jax.jit(lambda: network.init(KEY, latent, LABELS, train=True))()
        return first, jax.jit(jax.value_and_grad(loss))(variables)

    compare(run(kept), run(kept.clone(remat=True)))


@pytest.mark.parametrize("pooling", ["token", "mean"])
def test_remat_changes_no_second_order_gradient_of_the_discriminator(pooling):
    kept, images = vit.Discriminator(**FACTS, **{**SMALL, "depth": 1}, pooling=pooling), normal(0, BATCH, *SHAPE)
    variables = draw(kept, images, LABELS)
    plain = second_order(kept, variables, images, LABELS)
    compare(plain, second_order(kept.clone(remat=True), variables, images, LABELS))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(plain))
    assert np.abs(plain["block_0"]["attention"]["query"]["kernel"]).max() > 1e-6


def compare(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5 * max(1, np.abs(x).max()))


@pytest.mark.parametrize(
    "network, inputs, message",
    [
        (vit.Generator((10, 8, 1), patch=4), jnp.zeros((2, 8)), "patch=4 does not divide the sides of 10x8"),
        (vit.Discriminator((8, 10, 1), patch=4), jnp.zeros((2, 8, 10, 1)), "patch=4 does not divide the sides of 8x10"),
        (vit.Generator((8, 8, 1), width=20, heads=3), jnp.zeros((2, 8)), "width=20 must be a multiple of heads=3"),
        (vit.Generator((8, 8, 1), width=6, heads=3), jnp.zeros((2, 8)), "width=6 must be .* of 4"),
        (vit.Generator((8, 8, 1)), jnp.zeros((2, 8, 8, 3)), r"has the shape \(8, 8, 1\), not \(8, 8, 3\)"),
        (vit.Generator((8, 8)), jnp.zeros((2, 8)), r"\(height, width, channels\), not \(8, 8\)"),
        (vit.Discriminator((8, 8, 1), pooling="max"), jnp.zeros((2, 8, 8, 1)), "pooling='max'.*Valid: mean, token"),
    ],
)
def test_impossible_options_are_refused(network, inputs, message):
    with pytest.raises(InputError, match=message):
        shapes(network, inputs)
