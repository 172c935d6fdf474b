"""Networks from pictures to pictures: the published sizes, what a logit sees, and noise by the example's own key."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.errors import InputError
from gan_jax.nets import patchgan, spade, translation, unet
from gan_jax.nets.dropout import dropout, laid_on, told_apart
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
        (translation.Generator((256, 256, 3), antialiased=True), 1, 11_378_179),
        (patchgan.MultiScale(), 1, 2 * 2_764_737),
    ],
)
def test_published_numbers_of_parameters(module, inputs, published):
    assert parameters(module, *[PHOTO] * inputs) == published


@pytest.mark.parametrize(("classes", "millions"), [(36, 93.0), (151, 96.5), (184, 97.5)])
def test_spade_is_as_large_as_published(classes, millions):
    """Of Cityscapes with edges of instances, ADE20K and COCO-Stuff, as Park et al. 2019 and those after them say."""
    labels = jax.ShapeDtypeStruct((1, 256, 256, classes), jnp.float32)
    assert round(parameters(spade.Generator((256, 256, 3)), labels) / 1e6, 1) == millions


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


def test_a_logit_of_voxels_sees_its_patch_of_both():
    """A patch of 16 a side, of the voxels and of what they are made of."""
    critic = patchgan.Discriminator(layers=1, width=2, max_width=4, normalization="none")
    voxels, source = jax.random.normal(jax.random.key(0), (2, 1, 24, 24, 24, 1))
    variables = critic.init(jax.random.key(1), voxels, source, train=True)
    assert critic.apply(variables, voxels, source, train=True).shape == (1, 10, 10, 10)
    slope = jax.grad(lambda x, y: critic.apply(variables, x, y, train=True)[0, 5, 5, 5], (0, 1))(voxels, source)
    for seen in slope:
        assert [int(np.ptp(places)) + 1 for places in np.nonzero(seen[0, ..., 0])] == [16, 16, 16]


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


def test_a_latent_is_laid_on_the_source_and_told_from_keys():
    source = jnp.asarray(np.random.default_rng(0).normal(size=(2, 3, 4, 1)), jnp.float32)
    latent, keys = jnp.array([[5.0, 6.0], [7.0, 8.0]]), jnp.zeros((2, 2), jnp.uint32)
    found = laid_on(source, latent)
    assert found.shape == (2, 3, 4, 3) and (found[1, :, :, 2] == 8).all()
    np.testing.assert_array_equal(found[..., :1], source)
    assert laid_on(source, None) is source
    assert (
        told_apart(latent) == (None, latent) and told_apart(keys) == (keys, None) and told_apart(None) == (None, None)
    )


@pytest.mark.parametrize(
    "generator",
    [
        unet.Generator((16, 16, 3), levels=3, width=4, initializer="xavier"),
        translation.Generator((16, 16, 3), width=4, blocks=2, initializer="xavier"),
        spade.Generator((16, 16, 3), levels=2, width=4, hidden=4, normalization="instance"),
    ],
    ids=["unet", "residual", "spade"],
)
def test_normalisation_of_each_image_does_not_take_a_latent_away(generator):
    source = jnp.tile(jax.random.normal(jax.random.key(0), (1, 16, 16, 2)), (2, 1, 1, 1))
    latent = jax.random.normal(jax.random.key(1), (2, 3))
    variables = generator.init(jax.random.key(2), source, latent, train=True)
    first, second = np.asarray(generator.apply(variables, source, latent, train=False))
    assert np.abs(first - second)[4:-4, 4:-4].mean() > 1e-3


def test_ways_down_and_up_smooth_what_they_leave_out_and_put_in():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(2, 4, 6, 3)), jnp.float32)
    np.testing.assert_allclose(translation._doubled(x), jax.image.resize(x, (2, 8, 12, 3), "linear"), atol=1e-6)
    ramp = jnp.arange(8.0)[None, :, None, None] * jnp.ones((1, 8, 6, 1))
    halved = translation._halved(ramp)[0, :, 0, 0]
    np.testing.assert_allclose(halved, [0.5, 2, 4, 6])  # the mirrored edge of 0, 1 is 1, 0, 1


def test_the_second_scale_sees_means_of_windows_and_the_first_what_one_discriminator_sees():
    random = np.random.default_rng(0)
    image, source = (jnp.asarray(random.normal(size=(2, 32, 32, c)), jnp.float32) for c in (3, 1))
    shared = dict(layers=1, width=2, normalization="none")
    critic, one = patchgan.MultiScale(**shared), patchgan.Discriminator(**shared)
    variables = critic.init(jax.random.key(0), image, source, train=True)
    said = critic.apply(variables, image, source, train=True)
    of_scale = lambda n, *x: one.apply({"params": variables["params"][f"scale_{n}"]}, *x, train=True)  # noqa: E731
    np.testing.assert_allclose(said["logits"][:, 0], of_scale(0, image, source), rtol=1e-5)

    def halved(x):
        """Windows of 3x3 around every other pixel, cut off at the edges."""
        spans = [slice(max(i - 1, 0), i + 2) for i in range(0, 32, 2)]
        windows = [[x[:, rows, columns].mean((1, 2)) for columns in spans] for rows in spans]
        return jnp.stack([jnp.stack(row, 1) for row in windows], 1)

    small = of_scale(1, halved(np.asarray(image)), halved(np.asarray(source)))
    places = np.arange(14) * 6 // 14
    np.testing.assert_allclose(said["logits"][:, 1], small[:, places][:, :, places], rtol=1e-4, atol=1e-5)
    assert said["logits"].shape == (2, 2, 14, 14)
    shapes = {name: x.shape for scale in said["maps"].values() for name, x in scale.items()}
    assert shapes == {"layer_0": (2, 8, 8, 2), "layer_1": (2, 7, 7, 4)}


def test_spade_scales_and_shifts_where_the_label_map_says():
    """Numbers of classes stay what they are at every size, and the halves of a map come out unlike."""
    network = spade.Generator((16, 16, 3), levels=2, width=4, hidden=4, classes=3, normalization="instance")
    labels = np.zeros((1, 16, 16, 1), np.uint8)
    labels[:, :, 8:] = 2
    source = jnp.asarray(labels / 127.5 - 1, jnp.float32)
    one_hot = spade._one_hot(source, 3)
    np.testing.assert_array_equal(one_hot.argmax(-1), labels[..., 0])
    np.testing.assert_array_equal(spade._reduced(one_hot, (4, 4)).argmax(-1)[0, 0], [0, 0, 2, 2])
    variables = network.init(jax.random.key(0), source, train=True)
    image = np.asarray(network.apply(variables, source, train=False))
    assert image.shape == (1, 16, 16, 3) and np.abs(image[:, :, 2] - image[:, :, 13]).max() > 1e-3
    with pytest.raises(InputError, match="levels=2: sides of 18x16 are not halved so often"):
        network.init(jax.random.key(0), jnp.zeros((1, 18, 16, 1)), train=True)
