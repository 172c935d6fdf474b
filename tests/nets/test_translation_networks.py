"""Networks from pictures to pictures: the published sizes, what a logit sees, and noise by the example's own key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.nets import patchgan, translation, unet
from gan_jax.nets.dropout import dropout
from gan_jax.nets.normalization import InstanceNorm

PHOTO = jax.ShapeDtypeStruct((1, 256, 256, 3), jnp.float32)


def parameters(module, *inputs):
    shapes = jax.eval_shape(lambda *x: module.init(jax.random.key(0), *x, train=True), *inputs)
    return sum(leaf.size for leaf in jax.tree.leaves(shapes["params"]))


@pytest.mark.parametrize(
    ("module", "inputs", "published"),
    [  # Isola et al. 2017, Zhu et al. 2017, counted from their published layers
        (unet.Generator((256, 256, 3), normalization="batch"), 1, 54_413_955),
        (patchgan.Discriminator(normalization="batch"), 2, 2_768_705),
        (patchgan.Discriminator(), 1, 2_764_737),
        (translation.Generator((256, 256, 3)), 1, 11_378_179),
        (translation.Generator((256, 256, 3), blocks=6), 1, 7_837_699),
    ],
)
def test_published_numbers_of_parameters(module, inputs, published):
    assert parameters(module, *[PHOTO] * inputs) == published


@pytest.mark.parametrize(("layers", "patch"), [(1, 16), (2, 34), (3, 70)])
def test_a_logit_sees_its_patch_and_nothing_else(layers, patch):
    critic = patchgan.Discriminator(layers=layers, width=2, max_width=4, normalization="none")
    image = jax.random.normal(jax.random.key(0), (1, 96, 96, 1))
    variables = critic.init(jax.random.key(1), image, train=True)
    logits = critic.apply(variables, image, train=True)
    side = 96 // 2**layers - 2
    assert logits.shape == (1, side, side)
    seen = jax.grad(lambda x: critic.apply(variables, x, train=True)[0, side // 2, side // 2])(image)[0, ..., 0] != 0
    rows, columns = np.nonzero(seen)
    assert np.ptp(rows) + 1 == np.ptp(columns) + 1 == patch


def test_the_published_map_has_30_by_30_places():
    shapes = jax.eval_shape(
        lambda x: patchgan.Discriminator().init_with_output(jax.random.key(0), x, x, train=True), PHOTO
    )
    assert shapes[0].shape == (1, 30, 30)


@pytest.mark.parametrize(
    "generator",
    [
        unet.Generator((16, 24, 3), levels=3, width=4),
        unet.Generator((16, 24, 3), levels=3, width=4, upsample="nearest", normalization="batch"),
        translation.Generator((16, 24, 3), width=4, blocks=2, dropout=0.5),
    ],
    ids=["unet", "nearest", "residual"],
)
def test_generators_draw_by_the_examples_own_keys(generator):
    source = jnp.tile(jax.random.normal(jax.random.key(0), (1, 16, 24, 2)), (3, 1, 1, 1))
    keys = jax.random.key_data(jax.random.split(jax.random.key(1), 3))[jnp.array([0, 1, 0])]
    variables = generator.init(jax.random.key(2), source, keys, train=True)
    images = generator.apply(variables, source, keys, train=False)
    assert images.shape == (3, 16, 24, 3) and jnp.abs(images).max() <= 1
    np.testing.assert_allclose(images[0], images[2], rtol=1e-5)
    assert jnp.abs(images[0] - images[1]).max() > 1e-4
    still = generator.apply(variables, source, None, train=False)
    np.testing.assert_allclose(still[0], still[1], rtol=1e-5)
    alone = generator.apply(variables, source[:1], keys[:1], train=False)
    np.testing.assert_allclose(alone[0], images[0], atol=1e-5)


def test_a_unet_as_deep_as_its_sides_allow():
    generator = unet.Generator((8, 8, 1), width=2)
    variables = generator.init(jax.random.key(0), jnp.zeros((1, 8, 8, 1)), train=True)
    assert {"down_0", "down_2", "up_2", "image"} <= variables["params"].keys() and "down_3" not in variables["params"]
    with pytest.raises(InputError, match=r"4 levels does not halve \(24, 36\)"):
        unet.Generator((24, 36, 1), width=2).init(jax.random.key(0), jnp.zeros((1, 24, 36, 1)), train=True)
    with pytest.raises(InputError, match="normalization='group'"):
        unet.Generator((8, 8, 1), normalization="group").init(jax.random.key(0), jnp.zeros((1, 8, 8, 1)), train=True)


def test_dropout_keeps_the_mean_and_drops_its_share():
    keys = jax.random.key_data(jax.random.split(jax.random.key(0), 4))
    dropped = dropout(jnp.ones((4, 50, 50, 4)), keys, 0.25, 0)
    assert float((dropped == 0).mean()) == pytest.approx(0.25, abs=0.01) and float(dropped.mean()) == pytest.approx(
        1, abs=0.01
    )
    assert (dropped != dropout(jnp.ones((4, 50, 50, 4)), keys, 0.25, 1)).any()
    np.testing.assert_array_equal(dropout(dropped, None, 0.5, 0), dropped)


def test_instance_normalisation_is_of_each_channel_of_each_image():
    x = np.random.default_rng(0).normal(3, 2, (2, 4, 5, 3)).astype(np.float32)
    found = InstanceNorm().apply({}, jnp.asarray(x), train=True)
    expected = (x - x.mean((1, 2), keepdims=True)) / np.sqrt(x.var((1, 2), keepdims=True) + 1e-5)
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
