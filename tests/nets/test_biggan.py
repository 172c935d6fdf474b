"""BigGAN: the published layers, what a chunk of the latent reaches, and what its weights are normalised to."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import BATCH, KEY, LABELS, conv_count, count, draw, normal, second_order, seen_by, shapes

from gan_jax.errors import InputError
from gan_jax.nets import biggan
from gan_jax.nets.layers import Conv, ConvTranspose, Dense

FACTS = dict(image_shape=(16, 16, 1), num_classes=3)
SMALL = dict(width=4, max_width=8)


def attention_count(channels):
    return 2 * channels * (channels // 8) + 2 * channels * (channels // 2) + 1


def generator_block(inputs, outputs, condition):
    norms = 2 * condition * (inputs + outputs)
    return conv_count(inputs, outputs) + conv_count(outputs, outputs) + conv_count(inputs, outputs, 1) + norms


def discriminator_block(inputs, outputs, shortcut=True):
    layers = conv_count(inputs, outputs) + conv_count(outputs, outputs)
    return layers + (conv_count(inputs, outputs, 1) if shortcut else 0)


def players(generator, discriminator, latent, label):
    """The number of parameters of both."""
    images = jnp.zeros((BATCH, *discriminator.image_shape))
    return [count(shapes(*call)[0]) for call in ((generator, latent, label), (discriminator, images, label))]


def test_biggan_for_128_pixels_has_the_published_layers():
    """Brock et al. 2019, table 4, counted by hand: together the 158.4 million that table 1 gives as 158.3."""
    facts = dict(image_shape=(128, 128, 3), num_classes=1000, attention=64)
    widths = [16 * 96, 16 * 96, 8 * 96, 4 * 96, 2 * 96, 96]
    pairs = list(itertools.pairwise(widths))
    condition = 120 // 6 + 128
    expected = 1000 * 128 + (20 + 1) * 4 * 4 * 16 * 96 + attention_count(2 * 96) + 2 * 96 + conv_count(96, 3)
    expected += sum(generator_block(*pair, condition) for pair in pairs)
    critic = discriminator_block(3, 96)
    for inputs, outputs in ((96, 192), (192, 384), (384, 768), (768, 1536)):
        critic += discriminator_block(inputs, outputs)
    critic += discriminator_block(1536, 1536, shortcut=False) + attention_count(96) + 1536 + 1 + 1000 * 1536
    found = players(biggan.Generator(**facts), biggan.Discriminator(**facts), jnp.zeros((BATCH, 120)), LABELS)
    assert found == [expected, critic] == [70_433_988, 87_982_370]


def test_sagan_for_128_pixels_has_the_published_size():
    """The baseline of Brock et al. 2019, table 1: 81.5 million parameters of both players."""
    facts = dict(image_shape=(128, 128, 3), num_classes=1000, attention=64, width=64, initializer="xavier")
    generator = biggan.Generator(**facts, embedding=0, skip=False)
    found = players(generator, biggan.Discriminator(**facts), jnp.zeros((BATCH, 128)), LABELS)
    assert sum(found) == 81_465_670


def test_the_variant_for_cifar_has_the_layers_of_the_authors_code():
    """Four times 4 * 64 channels, classes as tables in every normalisation, the discriminator down to 8 pixels."""
    facts = dict(image_shape=(32, 32, 3), num_classes=10, width=256, max_width=256, initializer="dcgan")
    generator = biggan.Generator(**facts, embedding=0, skip=False)
    critic = biggan.Discriminator(**facts, flat=2)
    expected = (128 + 1) * 4 * 4 * 256 + 3 * generator_block(256, 256, 10) + 2 * 256 + conv_count(256, 3)
    judged = discriminator_block(3, 256) + discriminator_block(256, 256) + 2 * discriminator_block(256, 256, False)
    judged += 256 + 1 + 10 * 256
    assert players(generator, critic, jnp.zeros((BATCH, 128)), LABELS) == [expected, judged] == [4_304_387, 4_207_361]


@pytest.mark.parametrize(
    "resolution, multiples",
    [
        (16, (1, 2, 4)),
        (64, (1, 2, 4, 8, 16)),
        (128, (1, 2, 4, 8, 16, 16)),
        (256, (1, 2, 4, 8, 8, 16, 16)),
        (512, (1, 1, 2, 4, 8, 8, 16, 16)),
        (1024, (1, 1, 1, 2, 4, 8, 8, 16, 16)),
    ],
)
def test_channels_follow_the_tables(resolution, multiples):
    """Brock et al. 2019, tables 4 to 6, from the image to the base; two pixels wider than high."""
    shape = (resolution, 2 * resolution, 1)
    latent, image = jnp.zeros((BATCH, 20)), jnp.zeros((BATCH, *shape))
    params = shapes(biggan.Generator(shape, width=2, embedding=3), latent)[0]["params"]
    blocks = len(multiples) - 1
    found = [params[f"block_{block}"]["conv_1"]["kernel"].shape[-1] // 2 for block in range(blocks)]
    assert params["base"]["kernel"].shape[-1] == 4 * 8 * 2 * multiples[-1]
    assert tuple(found[::-1]) == multiples[:-1]
    params = shapes(biggan.Discriminator(shape, width=2), image)[0]["params"]
    found = [params[f"block_{block}"]["conv_1"]["kernel"].shape[-1] // 2 for block in range(blocks + 1)]
    assert tuple(found) == multiples


def test_each_chunk_of_the_latent_reaches_its_own_block_and_those_behind():
    network = biggan.Generator(**FACTS, **SMALL, embedding=5)
    latent = normal(0, BATCH, 7)  # for the base 3 numbers, 2 for each block
    variables = draw(network, latent, LABELS)

    @jax.jit
    def blocks(latent):
        _, seen = network.apply(
            variables, latent, LABELS, train=False, capture_intermediates=True, mutable=["intermediates"]
        )
        return [seen["intermediates"][name]["__call__"][0] for name in ("base", "block_0", "block_1")]

    before = blocks(latent)
    for first, reached in (((0, 1, 2), 0), ((3, 4), 1), ((5, 6), 2)):
        for number in first:
            after = blocks(latent.at[:, number].add(1))
            changed = [np.abs(a - b).max() > 1e-4 for a, b in zip(before, after, strict=True)]
            assert changed == [place >= reached for place in range(3)], number


def test_without_skip_the_latent_enters_at_the_base_alone():
    params = shapes(biggan.Generator(**FACTS, **SMALL, skip=False), jnp.zeros((BATCH, 7)), LABELS)[0]["params"]
    assert params["base"]["kernel"].shape[0] == 7
    assert params["block_0"]["norm_0"]["scale"]["kernel"].shape[0] == 128
    params = shapes(biggan.Generator((16, 16, 1), **SMALL), jnp.zeros((BATCH, 7)))[0]["params"]
    assert "embedding" not in params
    assert params["block_0"]["norm_0"]["scale"]["kernel"].shape[0] == 2  # unconditional, with chunks


@pytest.mark.parametrize("condition, classes", [(5, 0), (5, 3), (0, 3), (0, 0)])
def test_modulated_batch_norm_by_hand(condition, classes):
    x, given = normal(0, BATCH, 3, 5, 2), normal(1, BATCH, 5) if condition else None
    layer = biggan.ModulatedBatchNorm(classes, None, jnp.float32, spectral=False, initializer="xavier")
    params = draw(layer, x, given, LABELS)["params"]
    offsets = []
    for name in ("scale", "bias"):
        total = np.zeros((BATCH, 2)) if condition or classes else params["batch"]["norm"][name] - (name == "scale")
        total = total + given @ params[name]["kernel"] if condition else total
        total = total + params[f"{name}_of_class"]["kernel"][LABELS] if classes else total
        offsets.append(np.broadcast_to(total, (BATCH, 2))[:, None, None])
    normalised = (x - x.mean(axis=(0, 1, 2))) / np.sqrt(x.var(axis=(0, 1, 2)) + 1e-5)
    outputs, _ = layer.apply({"params": params}, x, given, LABELS, train=True, mutable=["batch_stats"])
    np.testing.assert_allclose(outputs, normalised * (1 + offsets[0]) + offsets[1], rtol=1e-4, atol=1e-4)


def spectral_norms(variables):
    """{path: the largest singular value of the weight that its layer works with}, and the weights that are as drawn."""
    found, plain = {}, set()
    vectors = {path[:-2]: leaf for path, leaf in paths(variables["spectral"])}
    for path, kernel in paths(variables["params"]):
        if path[-1] == "kernel" and path[:-1] in vectors:
            matrix = np.asarray(kernel, np.float64).reshape(-1, kernel.shape[-1])
            divisor = np.linalg.norm(matrix @ np.asarray(vectors[path[:-1]], np.float64))
            found[path[:-1]] = np.linalg.svd(matrix, compute_uv=False)[0] / divisor
        elif path[-1] == "kernel":
            plain.add(path[:-1])
    return found, plain


def paths(tree):
    return [(tuple(key.key for key in path), leaf) for path, leaf in jax.tree_util.tree_leaves_with_path(tree)]


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_all_weights_have_spectral_norm_one(player):
    networks = {
        "generator": (biggan.Generator(**FACTS, **SMALL, attention=8, embedding=5), normal(0, BATCH, 7)),
        "discriminator": (biggan.Discriminator(**FACTS, **SMALL, attention=8), normal(0, BATCH, 16, 16, 1)),
    }
    network, inputs = networks[player]
    variables = draw(network, inputs, LABELS)

    @jax.jit
    def step(variables):
        return {
            **variables,
            **network.apply(variables, inputs, LABELS, train=True, mutable=["batch_stats", "spectral"])[1],
        }

    for _ in range(100):
        variables = step(variables)
    norms, plain = spectral_norms(variables)
    assert max(norms.values()) < 1.01 and min(norms.values()) > 1 - 1e-6
    assert plain == ({("embedding",)} if player == "generator" else set())


@pytest.mark.parametrize(
    "layer, inputs, out_axis",
    [
        (Dense(6, initializer="orthogonal"), (2, 9), -1),
        (Dense(9, initializer="orthogonal"), (2, 6), -1),
        (Conv(6, initializer="orthogonal"), (2, 4, 4, 3), -1),
        (ConvTranspose(6, initializer="orthogonal"), (2, 4, 4, 3), -2),
    ],
    ids=["tall", "wide", "conv", "transposed"],
)
def test_orthogonal_weights_are_orthogonal(layer, inputs, out_axis):
    kernel = layer.init(KEY, jnp.zeros(inputs), train=True)["params"]["kernel"]
    matrix = np.moveaxis(kernel, out_axis, -1).reshape(-1, kernel.shape[out_axis])
    matrix = matrix if len(matrix) >= matrix.shape[1] else matrix.T
    np.testing.assert_allclose(matrix.T @ matrix, np.eye(matrix.shape[1]), atol=1e-5)


def test_examples_do_not_see_one_another_in_the_discriminator():
    network, images = biggan.Discriminator(**FACTS, **SMALL, attention=8), normal(0, BATCH, 16, 16, 1)
    seen = seen_by(network, draw(network, images, LABELS), images, LABELS)
    assert (np.diag(seen) > 1e-3).all()
    np.testing.assert_array_equal(seen - np.diag(np.diag(seen)), 0)


def test_remat_changes_no_value_of_the_generator():
    kept = biggan.Generator((8, 8, 1), 3, **SMALL, attention=8, embedding=5)
    latent = normal(0, BATCH, 7)
    variables = draw(kept, latent, LABELS)
    rest = {name: tree for name, tree in variables.items() if name != "params"}

    def run(network):
        def loss(params):
            images, state = network.apply(
                {"params": params, **rest}, latent, LABELS, train=True, mutable=["batch_stats", "spectral"]
            )
            return (images**2).sum(), state

        return jax.jit(lambda: network.init(KEY, latent, LABELS, train=True))(), jax.jit(
            jax.value_and_grad(loss, has_aux=True)
        )(variables["params"])

    compare(run(kept), run(kept.clone(remat=True)))


def test_remat_changes_no_second_order_gradient_of_the_discriminator():
    kept = biggan.Discriminator((8, 8, 1), 3, **SMALL, attention=4)
    images = normal(0, BATCH, 8, 8, 1)
    variables = draw(kept, images, LABELS)
    plain = second_order(kept, variables, images, LABELS)
    compare(plain, second_order(kept.clone(remat=True), variables, images, LABELS))
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(plain))
    kernels = [leaf for path, leaf in paths(plain) if path[-1] == "kernel"]
    assert all(np.abs(kernel).max() > 1e-6 for kernel in kernels)


def compare(a, b):
    assert jax.tree.structure(a) == jax.tree.structure(b)
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-4, atol=1e-5 * max(1, np.abs(x).max()))


@pytest.mark.parametrize(
    "network, inputs, message",
    [
        (biggan.Generator((16, 16, 1), **SMALL), jnp.zeros((2, 2)), "into 3 chunks, and it has 2"),
        (biggan.Generator((16, 16, 1), **SMALL, attention=4), jnp.zeros((2, 8)), "attention=4.*8, 16"),
        (biggan.Discriminator((16, 16, 1), **SMALL, flat=3), jnp.zeros((2, 16, 16, 1)), "flat=3 leaves no block of 3"),
        (biggan.Discriminator((8, 8, 1), channels=(4,)), jnp.zeros((2, 8, 8, 1)), "1 entries and needs 2"),
    ],
)
def test_impossible_options_are_refused(network, inputs, message):
    with pytest.raises(InputError, match=message):
        shapes(network, inputs)
