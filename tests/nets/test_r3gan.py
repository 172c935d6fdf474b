import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from networks import count, init

from gan_jax.errors import InputError
from gan_jax.nets import r3gan
from gan_jax.nets.convolution import conv
from gan_jax.nets.patches import from_patches, to_patches

KEY = jax.random.key(0)
RANDOM = np.random.default_rng(0)
SMALL = dict(image_shape=(8, 12, 3), width=8, max_width=16, group=4)


def normal(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


def test_convolutions_in_groups_are_those_of_xla():
    x, kernel = normal(2, 6, 5, 12), normal(3, 3, 4, 9)

    def grouped(x, kernel):
        dimensions = ("NHWC", "HWIO", "NHWC")
        return lax.conv_general_dilated(
            x, kernel, (1, 1), "SAME", dimension_numbers=dimensions, feature_group_count=3, precision="highest"
        )

    np.testing.assert_allclose(conv(x, kernel), grouped(x, kernel), atol=1e-5)

    def slopes(convolve):
        return jax.grad(lambda *operands: (convolve(*operands) ** 2).sum(), (0, 1))(x, kernel)

    for ours, theirs in zip(slopes(conv), slopes(grouped), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_parameters_of_the_published_cifar10_network():
    """Four stages of two blocks at width 768, counted by hand: 1x1, 3x3 in groups of 16 and 1x1, two with a bias."""
    facts = dict(image_shape=(32, 32, 3), width=768, num_classes=10)
    z, label, image = jnp.zeros((4, 64)), jnp.zeros(4, jnp.int32), jnp.zeros((4, 32, 32, 3))
    block = (768 + 1) * 1536 + (9 * 16 + 1) * 1536 + 1536 * 768
    expected = 8 * block + 16 * 768 + (64 + 64) * 768 + 10 * 64 + (768 + 1) * 3
    assert count(jax.eval_shape(lambda: r3gan.Generator(**facts).init(KEY, z, label, train=True))) == expected
    expected = 8 * block + 16 * 768 + 768 * 768 + 10 * 768 + (3 + 1) * 768
    assert count(jax.eval_shape(lambda: r3gan.Discriminator(**facts).init(KEY, image, label, train=True))) == expected


def test_patches_are_put_where_they_were():
    x = normal(2, 4, 6, 3)
    parts = to_patches(x, 2)
    np.testing.assert_array_equal(parts[1, 0, 2], x[1, :2, 4:6].reshape(-1))
    np.testing.assert_array_equal(from_patches(parts, 2), x)
    generator = r3gan.Generator(**{**SMALL, "image_shape": (16, 24, 3)}, blocks=1, patch=2)
    z = normal(2, 5)
    variables = init(generator, z)
    assert variables["params"]["base"].shape == (4, 6, 16)
    assert generator.apply(variables, z, train=False).shape == (2, 16, 24, 3)
    with pytest.raises(InputError, match="patch=5 does not divide"):
        r3gan.Discriminator(**SMALL, patch=5).init(KEY, normal(2, 8, 12, 3), train=True)


def test_blocks_begin_as_the_identity_and_small_as_fix_up_has_it():
    x = normal(2, 4, 4, 8)
    for depth in (1, 16):
        block = r3gan.ResidualBlock(expansion=32, group=0, depth=depth, dtype=jnp.float32)
        params = block.init(KEY, x, train=True)["params"]
        np.testing.assert_array_equal(block.apply({"params": params}, x, train=True), x)
        for name, inputs in (("conv_0", 8), ("conv_1", 9 * 256)):
            variance = 2 / 1.04 / inputs * depth**-0.5
            assert float(params[name]["kernel"].var()) == pytest.approx(variance, rel=0.1)


def test_networks_keep_the_variance_of_what_they_are_given():
    generator, critic = r3gan.Generator(**SMALL, blocks=1), r3gan.Discriminator(**SMALL, blocks=1)
    z = normal(512, 32)
    images = generator.apply(init(generator, z), z, train=False)
    assert images.shape == (512, 8, 12, 3) and 0.3 < float(images.std()) < 2
    logits = critic.apply(init(critic, images), images, train=False)
    assert logits.shape == (512,) and 0.1 < float(logits.std()) < 3


def test_classes_and_examples_by_themselves():
    critic = r3gan.Discriminator(**SMALL, blocks=1, num_classes=3, dtype=jnp.bfloat16)
    generator = r3gan.Generator(**SMALL, blocks=1, num_classes=3, dtype=jnp.bfloat16)
    images, z, label = normal(3, 8, 12, 3), normal(3, 5), jnp.array([0, 1, 2])
    variables = init(critic, images, label)
    logits = critic.apply(variables, images, label, train=True)
    assert (
        logits.dtype == jnp.float32 and (logits != critic.apply(variables, images, label[::-1], train=True))[::2].all()
    )
    slopes = jax.jit(jax.jacobian(lambda x: critic.apply(variables, x, label, train=True)))(images)
    norms = np.asarray(abs(slopes).sum(axis=(2, 3, 4)), np.float32)
    assert (np.diag(norms) > 0).all() and (norms[~np.eye(3, dtype=bool)] == 0).all()
    variables = init(generator, z, label)
    made = generator.apply(variables, z, label, train=True)
    assert made.dtype == jnp.float32
    assert (made != generator.apply(variables, z, (label + 1) % 3, train=True)).any(axis=(1, 2, 3)).all()


def test_less_memory_gives_the_same_values_also_behind_a_penalty():
    images = normal(2, 8, 12, 3)
    variables = init(r3gan.Discriminator(**SMALL, blocks=1), images)
    params = jax.tree.map(lambda x: x + 0.05, variables["params"])

    def penalty(params, remat):
        critic = r3gan.Discriminator(**SMALL, blocks=1, remat=remat)
        return (jax.grad(lambda x: critic.apply({"params": params}, x, train=True).sum())(images) ** 2).sum()

    plain, frugal = (jax.jit(jax.grad(penalty), static_argnums=1)(params, remat) for remat in (False, True))
    for a, b in zip(jax.tree.leaves(plain), jax.tree.leaves(frugal), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-3, atol=1e-5)
