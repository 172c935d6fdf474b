import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import BATCH, LABELS, LATENT, conv_count, count, draw, normal, shapes

from gan_jax.errors import InputError
from gan_jax.nets import biggan, convolutional, dcgan, resnet, stylegan2, vit
from gan_jax.nets.vae import VAE

# height, width, channels, number of classes, dtype
SHAPES = [
    ((8, 8, 1), 0, jnp.float32),
    ((28, 28, 1), 3, jnp.bfloat16),
    ((32, 32, 3), 0, jnp.bfloat16),
    ((12, 40, 2), 3, jnp.float32),
    ((64, 48, 4), 3, jnp.float32),
]


def generators(shape, classes, dtype):
    facts = dict(image_shape=shape, num_classes=classes, dtype=dtype)
    return [
        dcgan.Generator(**facts, width=8),
        resnet.Generator(**facts, width=8, attention=shape[0] if shape[0] < 12 else 0),
        biggan.Generator(**facts, width=4, max_width=8, embedding=5, attention=shape[0] if shape[0] < 12 else 0),
        biggan.Generator(**facts, width=4, max_width=8, embedding=0, skip=False, initializer="xavier"),
        vit.Generator(**facts, patch=4, width=8, depth=2, heads=2),
    ]


def discriminators(shape, classes, dtype):
    facts = dict(image_shape=shape, num_classes=classes, dtype=dtype)
    return [
        dcgan.Discriminator(**facts, width=8),
        dcgan.Discriminator(**facts, width=8, normalization="spectral", minibatch_stddev=2, hidden=16),
        resnet.Discriminator(**facts, width=8),
        resnet.Discriminator(**facts, width=8, normalization="layer", spectral=False, pooling="mean"),
        biggan.Discriminator(**facts, width=4, max_width=8, attention=shape[0] // 2 if shape[0] < 12 else 0),
        vit.Discriminator(**facts, patch=4, width=8, depth=2, heads=2),
        vit.Discriminator(**facts, patch=4, width=8, depth=1, heads=2, pooling="mean", minibatch_stddev=2),
    ]


@pytest.mark.parametrize(
    "head, more", [("features", "features"), ("auxiliary", "class_logits"), ("contrastive", "proxy")]
)
def test_every_discriminator_with_a_head_says_more_than_logits(head, more):
    facts = dict(image_shape=(16, 16, 3), num_classes=3, width=8, head=head)
    networks = (dcgan, resnet, biggan, stylegan2)
    critics = [net.Discriminator(**facts) for net in networks] + [vit.Discriminator(**facts, heads=2, depth=1)]
    for critic in critics:
        _, said = shapes(critic, jnp.zeros((BATCH, 16, 16, 3)), LABELS)
        assert said["logits"].shape == (BATCH,), critic
        assert len(said[more]) == BATCH, critic
        unconditional = critic.clone(num_classes=0)
        if head == "features":
            assert shapes(unconditional, jnp.zeros((BATCH, 16, 16, 3)), None)[1][more].ndim == 2
        else:
            with pytest.raises(InputError, match="is about classes"):
                shapes(unconditional, jnp.zeros((BATCH, 16, 16, 3)), None)


def test_logits_are_float32_also_behind_layers_of_bfloat16():
    """Of which two that differ by less than a hundredth could be the same."""
    critic = dcgan.Discriminator((8, 8, 1), 3, dtype=jnp.bfloat16, width=8, normalization="none", head="features")
    images = normal(0, BATCH, 8, 8, 1)
    variables = draw(critic, images, LABELS)
    said = critic.apply(variables, images, LABELS, train=False)
    known = variables["params"]["logits"]
    expected = said["features"] @ known["linear"]["kernel"] + known["linear"]["bias"]
    expected = expected[:, 0] + (said["features"] * known["embedding"]["kernel"][LABELS]).sum(axis=1)
    np.testing.assert_allclose(said["logits"], expected, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("shape, classes, dtype", SHAPES)
def test_shapes_and_dtypes(shape, classes, dtype):
    label = LABELS if classes else None
    latent, image = jnp.zeros((BATCH, LATENT)), jnp.zeros((BATCH, *shape))
    cases = [(network, latent, image.shape) for network in generators(shape, classes, dtype)]
    cases += [(network, image, (BATCH,)) for network in discriminators(shape, classes, dtype)]
    facts = dict(image_shape=shape, num_classes=classes, dtype=dtype)
    vae = VAE(convolutional.Encoder(**facts, width=8), convolutional.Decoder(**facts, width=8, out_channels=5))
    cases.append((vae, image, (BATCH, *shape[:2], 5)))
    for network, inputs, expected in cases:
        variables, outputs = shapes(network, inputs, label)
        assert outputs.shape == expected, network
        assert outputs.dtype == jnp.float32, network
        assert {leaf.dtype for leaf in jax.tree.leaves(variables)} == {jnp.dtype("float32")}, network


def test_sngan_for_cifar_has_the_published_layers():
    """Miyato et al. 2018, table 4, counted by hand: 4.28 and 1.05 million parameters."""
    facts = dict(image_shape=(32, 32, 3))
    block = 2 * conv_count(256, 256) + conv_count(256, 256, 1) + 2 * (2 * 256)
    expected = (128 + 1) * 4 * 4 * 256 + 3 * block + 2 * 256 + conv_count(256, 3)
    assert count(shapes(resnet.Generator(**facts), jnp.zeros((BATCH, 128)))[0]) == expected == 4_276_739

    first = conv_count(3, 128) + conv_count(128, 128) + conv_count(3, 128, 1)
    down = 2 * conv_count(128, 128) + conv_count(128, 128, 1)
    expected = first + down + 2 * 2 * conv_count(128, 128) + 129
    assert count(shapes(resnet.Discriminator(**facts), jnp.zeros((BATCH, 32, 32, 3)))[0]) == expected == 1_053_825


def test_dcgan_for_64_pixels_has_the_published_layers():
    """Radford et al. 2016 with the 64 filters of its public implementations: 3.58 and 2.77 million parameters."""
    facts = dict(image_shape=(64, 64, 3))
    sides = [(512, 256), (256, 128), (128, 64)]
    expected = 100 * 16 * 512 + sum(16 * a * b for a, b in sides) + 16 * 64 * 3 + 3 + 2 * (512 + 256 + 128 + 64)
    assert count(shapes(dcgan.Generator(**facts), jnp.zeros((BATCH, 100)))[0]) == expected == 3_576_707
    expected = conv_count(3, 64, 4) + sum(16 * a * b for a, b in sides) + 2 * (128 + 256 + 512) + 16 * 512 + 1
    assert count(shapes(dcgan.Discriminator(**facts), jnp.zeros((BATCH, 64, 64, 3)))[0]) == expected == 2_765_633


def test_channels_by_block():
    variables, _ = shapes(dcgan.Generator((16, 16, 1), channels=(96, 64)), jnp.zeros((BATCH, LATENT)))
    assert variables["params"]["base"]["kernel"].shape == (LATENT, 4 * 4 * 96)
    assert variables["params"]["up_0"]["kernel"].shape == (4, 4, 64, 96)
    assert variables["params"]["up_1"]["kernel"].shape == (4, 4, 1, 64)
    discriminator = dcgan.Discriminator((16, 16, 1), channels=(32, 48), normalization="none", hidden=128)
    variables, _ = shapes(discriminator, jnp.zeros((BATCH, 16, 16, 1)))
    assert variables["params"]["down_0"]["kernel"].shape == (4, 4, 1, 32)
    assert variables["params"]["down_1"]["kernel"].shape == (4, 4, 32, 48)
    assert variables["params"]["hidden"]["kernel"].shape == (4 * 4 * 48, 128)


@pytest.mark.parametrize(
    "network", generators((8, 8, 1), 3, jnp.float32), ids=["dcgan", "resnet", "biggan", "sagan", "vit"]
)
def test_generators_use_latent_and_label(network):
    latent = normal(0, BATCH, LATENT)
    variables = draw(network, latent, LABELS)
    generate = jax.jit(lambda label: network.apply(variables, latent, label, train=False))
    images, relabelled = generate(LABELS), generate(LABELS.at[1].set(2))
    assert np.abs(images).max() <= 1 or isinstance(network, vit.Generator)
    assert np.abs(images[0] - images[3]).max() > 1e-3  # the same label, another latent
    assert np.abs(images[1] - relabelled[1]).max() > 1e-3
    np.testing.assert_array_equal(images[0], relabelled[0])


@pytest.mark.parametrize(
    "network",
    [network for i, network in enumerate(discriminators((8, 8, 1), 3, jnp.float32)) if i in (1, 2, 4, 5)],
    ids=["dcgan", "resnet", "biggan", "vit"],
)
def test_discriminators_use_image_and_label(network):
    image = normal(0, BATCH, 8, 8, 1)
    variables = draw(network, image, LABELS)
    logits = jax.jit(lambda image, label: network.apply(variables, image, label, train=False))
    assert np.abs(logits(image, LABELS) - logits(image, (LABELS + 1) % 3)).min() > 1e-4
    assert np.abs(logits(image, LABELS) - logits(image.at[:, 3, 3].add(1), LABELS)).min() > 1e-4


def test_vae_halves_agree_with_the_whole():
    facts = dict(image_shape=(8, 8, 1), num_classes=3, width=4)
    vae = VAE(convolutional.Encoder(**facts, latent_size=5), convolutional.Decoder(**facts, out_channels=2))
    image = normal(0, BATCH, 8, 8, 1)
    variables = draw(vae, image, LABELS)

    @jax.jit
    def run(image):
        mean, log_variance = vae.apply(variables, image, LABELS, train=False, method="encode")
        decoded = [vae.apply(variables, mean, y, train=False, method="decode") for y in (LABELS, (LABELS + 1) % 3)]
        return mean, log_variance, *decoded, vae.apply(variables, image, LABELS, train=False)

    mean, log_variance, decoded, relabelled, whole = run(image)
    assert mean.shape == log_variance.shape == (BATCH, 5)
    np.testing.assert_allclose(decoded, whole, rtol=1e-5, atol=1e-6)
    assert np.abs(decoded - relabelled).max() > 1e-3
    _, extreme, *_ = run(1e6 * image)
    assert set(np.unique(extreme)) == {-30, 20}


@pytest.mark.parametrize(
    "shape, message",
    [
        ((33, 32, 1), "33x32.*32x32 and 40x32"),
        ((34, 34, 3), "34x34.*32x32"),
        ((2, 2, 1), "2x2.*6x6 and 8x8"),
        ((32, 32, 5), "1 to 4 channels, not 5"),
    ],
)
@pytest.mark.parametrize("module", [dcgan, resnet, biggan])
def test_impossible_images_are_refused(module, shape, message):
    with pytest.raises(InputError, match=message):
        shapes(module.Generator(shape), jnp.zeros((BATCH, LATENT)))
    with pytest.raises(InputError, match=message):
        shapes(module.Discriminator(shape), jnp.zeros((BATCH, *shape)))


@pytest.mark.parametrize(
    "network, inputs, message",
    [
        (dcgan.Generator((16, 16, 1), channels=(8,)), jnp.zeros((2, 4)), "channels has 1 entries and needs 2"),
        (dcgan.Generator((16, 16, 1), num_classes=3), jnp.zeros((2, 4)), "num_classes=3 needs a label"),
        (dcgan.Discriminator((8, 8, 1), normalization="bach"), jnp.zeros((2, 8, 8, 1)), "Did you mean 'batch'"),
        (dcgan.Discriminator((8, 8, 1), minibatch_stddev=3), jnp.zeros((4, 8, 8, 1)), "multiple"),
        (resnet.Generator((32, 32, 3), attention=12), jnp.zeros((2, 4)), r"attention=12.*0 \(off\) or 8, 16, 32"),
        (
            resnet.Discriminator((32, 32, 3), pooling="max"),
            jnp.zeros((2, 32, 32, 3)),
            "pooling='max'.*Valid: mean, sum",
        ),
    ],
)
def test_impossible_options_are_refused(network, inputs, message):
    with pytest.raises(InputError, match=message):
        shapes(network, inputs)
