"""Networks that enlarge: PyTorch's order of channels, the published sizes, and how far they look."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from networks import draw

from gan_jax.errors import InputError
from gan_jax.nets import edsr, pixelwise, rrdb, srresnet, srvgg, swinir
from gan_jax.nets.shuffle import pixel_shuffle, pixel_unshuffle
from gan_jax.network import from_flax


def parameters(module, side=8):
    source = jax.ShapeDtypeStruct((1, side, side, 3), jnp.float32)
    shapes, outputs = jax.eval_shape(lambda x: module.init_with_output(jax.random.key(0), x, train=True)[::-1], source)
    assert outputs.shape == (1, side * module.scale, side * module.scale, 3) and outputs.dtype == jnp.float32
    return sum(leaf.size for leaf in jax.tree.leaves(shapes["params"]))


LARGE = dict(image_shape=(64, 64, 3), width=256, blocks=32, residual_scale=0.1)


@pytest.mark.parametrize(
    ("module", "published"),
    [
        (edsr.Generator((64, 64, 3), 2), 1_369_859),
        (edsr.Generator((64, 64, 3), 3), 1_554_499),
        (edsr.Generator((64, 64, 3), 4), 1_517_571),
        (edsr.Generator(scale=2, **LARGE), 40_729_603),
        (edsr.Generator(scale=3, **LARGE), 43_680_003),
        (edsr.Generator(scale=4, **LARGE), 43_089_923),
        (srvgg.Generator((64, 64, 3), 4), 621_424),
        (srvgg.Generator((64, 64, 3), 4, blocks=32), 1_213_296),
        (srresnet.Generator((64, 64, 3), 4), 1_547_350 + 19 * 63),  # slopes of each channel, not of each layer
        (rrdb.Generator((64, 64, 3), 4), 16_697_987),
        (rrdb.Generator((64, 64, 3), 4, blocks=6), 4_467_779),
        (rrdb.Generator((64, 64, 3), 2), 16_703_171),
        (swinir.Generator((64, 64, 3), 2), 910_152),
        (swinir.Generator((64, 64, 3), 4), 929_628),
    ],
)
def test_published_numbers_of_parameters(module, published):
    assert parameters(module) == published


def test_channels_become_pixels_in_pytorchs_order():
    x = jnp.arange(2 * 3 * 12, dtype=jnp.float32).reshape(1, 2, 3, 12)
    large = np.asarray(pixel_shuffle(x, 2))
    assert large.shape == (1, 4, 6, 3)
    for c, (row, column), (i, j) in [(0, (0, 0), (0, 1)), (1, (1, 2), (1, 0)), (2, (1, 0), (1, 1))]:
        assert large[0, 2 * row + i, 2 * column + j, c] == x[0, row, column, c * 4 + i * 2 + j]
    np.testing.assert_array_equal(pixel_unshuffle(pixel_shuffle(x, 2), 2), x)


SMALL = [
    edsr.Generator((8, 8, 3), 2, width=4, blocks=2),
    edsr.Generator((8, 8, 3), 4, width=4, blocks=1),
    srvgg.Generator((8, 8, 3), 3, width=4, blocks=2),
    srresnet.Generator((8, 8, 3), 2, width=4, blocks=1),
    rrdb.Generator((8, 8, 3), 4, width=4, growth=2, blocks=1),
    rrdb.Generator((8, 8, 3), 2, width=4, growth=2, blocks=1),
    swinir.Generator((8, 8, 3), 2, width=4, heads=2, window=4, groups=2, layers=3),
]


@pytest.mark.parametrize(
    "module", SMALL, ids=lambda module: f"{type(module).__module__.split('.')[-1]}_x{module.scale}"
)
def test_a_part_of_a_picture_gives_a_part_of_the_result(module):
    """Where it has a margin as wide as the network looks, and begins where it may; at its own edge it does not."""
    reach, multiple = from_flax(module).local
    source = jnp.asarray(np.random.default_rng(0).normal(size=(1, 4 * multiple + 2 * reach, 8, 3)), jnp.float32)
    variables = draw(module, source)
    apply = jax.jit(lambda x: module.apply(variables, x, train=False))
    whole, part = apply(source)[:, module.scale * multiple :], apply(source[:, multiple:])
    difference = np.abs(whole - part).max(axis=(0, 2, 3)) / np.abs(whole).max()
    assert difference[reach * module.scale :].max() < 1e-5 < difference[0]


@pytest.mark.parametrize("module", [SMALL[5], SMALL[6]], ids=["rrdb", "swinir"])
def test_sides_need_not_be_multiples(module):
    source = jnp.asarray(np.random.default_rng(0).normal(size=(1, 13, 11, 3)), jnp.float32)
    variables = draw(module, source[:, :4, :4])
    large = jax.jit(lambda x: module.apply(variables, x, train=False))(source)
    assert large.shape == (1, 26, 22, 3) and jnp.isfinite(large).all()


def test_windows_are_attended_to_by_themselves_and_shifted_ones_do_not_wrap_around():
    layer = swinir.Layer(heads=2, window=4, shift=2, widening=1, dtype=jnp.float32)
    x = jnp.asarray(np.random.default_rng(0).normal(size=(1, 12, 8, 4)), jnp.float32)
    variables = draw(layer, x)
    attend = lambda x, at: layer.apply(variables, x, train=False)[0, at[0], at[1]].sum()  # noqa: E731
    for at, rows, columns in (((0, 0), (0, 1), (0, 1)), ((5, 3), (2, 5), (2, 5)), ((11, 7), (10, 11), (6, 7))):
        seen = np.argwhere(np.abs(jax.grad(attend)(x, at)[0]).max(axis=-1) > 1e-6)
        assert (*seen.min(axis=0), *seen.max(axis=0)) == (rows[0], columns[0], rows[1], columns[1])


def test_the_bias_of_a_window_is_of_the_way_from_place_to_place():
    table = swinir.offsets(3)
    assert table.shape == (9, 9) and len(np.unique(table)) == 25
    assert table[0, 4] == table[4, 8] == table[1, 5] != table[4, 0]


def test_the_discriminator_of_pixels_is_the_published_one():
    image = jax.ShapeDtypeStruct((1, 16, 24, 3), jnp.float32)
    run = lambda x: pixelwise.Discriminator().init_with_output(jax.random.key(0), x, train=True)  # noqa: E731
    logits, variables = jax.eval_shape(run, image)
    assert logits.shape == (1, 16, 24)
    assert sum(leaf.size for leaf in jax.tree.leaves(variables["params"])) == 4_376_897
    assert len(variables["spectral"]) == 8
    with pytest.raises(InputError, match="halves the sides 3 times"):
        jax.eval_shape(run, jax.ShapeDtypeStruct((1, 16, 20, 3), jnp.float32))


def test_its_enlargement_is_bilinear_up_to_the_edges():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(1, 3, 5, 2)), jnp.float32)
    np.testing.assert_allclose(pixelwise.doubled(x), jax.image.resize(x, (1, 6, 10, 2), "bilinear"), atol=1e-6)


def test_a_network_that_adds_to_its_source_has_its_channels():
    with pytest.raises(InputError, match="the source has 1, the image 3"):
        srvgg.Generator((8, 8, 3), 2).init(jax.random.key(0), jnp.zeros((1, 4, 4, 1)), train=True)


def test_scales_are_powers_of_two_or_three():
    with pytest.raises(InputError, match="not 6 times"):
        edsr.Generator((12, 12, 3), 6).init(jax.random.key(0), jnp.zeros((1, 2, 2, 3)), train=True)
