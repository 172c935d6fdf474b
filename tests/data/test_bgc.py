"""ADA's transformations, each against another way to do it, and the control of how often they come."""

import math
from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import ndimage

from gan_jax.data import augment
from gan_jax.data.augment import pipeline, warp
from gan_jax.errors import InputError
from gan_jax.types import Facts

RANDOM = np.random.default_rng(0)
bgc = jax.jit(lambda images, keys, p: augment.bgc(images, keys, p=p))
slopes = jax.jit(jax.grad(lambda images, keys, p, weights: (augment.bgc(images, keys, p=p) * weights).sum()))


def keys(count, seed=0):
    return jax.random.split(jax.random.key(seed), count)


def noise(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


def smooth(side, channels=1):
    image = ndimage.gaussian_filter(RANDOM.normal(size=(side, side, channels)), (3, 3, 0), mode="mirror")
    return jnp.asarray(image / image.std(), jnp.float32)


def test_the_filter_is_orthonormal_to_its_shifts_by_two():
    taps = np.array(warp.SYM6)
    assert taps.sum() == pytest.approx(math.sqrt(2), abs=1e-9)
    for shift in range(0, 12, 2):
        assert taps[shift:] @ taps[: len(taps) - shift] == pytest.approx(float(shift == 0), abs=1e-9)


@pytest.mark.parametrize("shape", [(12, 12, 3), (8, 20, 1)])
def test_nothing_happens_with_probability_0(shape):
    images, weights = noise(5, *shape), noise(5, *shape)
    np.testing.assert_allclose(bgc(images, keys(5), 0.0), images, atol=3e-6)
    slope = slopes(images, keys(5), 0.0, weights)
    np.testing.assert_allclose(slope, weights, atol=3e-6)


@pytest.mark.parametrize("channels", [1, 4])
def test_gradients_come_through_and_transparency_is_not_coloured(channels):
    images = noise(6, 12, 12, channels)
    if channels in (2, 4):
        images = images.at[..., -1].set(0.25)
    out = bgc(images, keys(6), 1.0)
    assert (abs(out - images).mean(axis=(1, 2, 3)) > 0.1).all()
    slope = slopes(images, keys(6), 1.0, images)
    assert np.isfinite(slope).all() and (abs(slope).sum(axis=(1, 2, 3)) > 0).all()
    if channels in (2, 4):
        np.testing.assert_allclose(out[..., -1], 0.25, atol=1e-5)


def test_an_image_is_changed_by_its_own_key_alone():
    images = noise(4, 12, 12, 3)
    whole = bgc(images, keys(4), 0.7)
    np.testing.assert_allclose(bgc(images[2:3], keys(4)[2:3], 0.7)[0], whole[2], atol=1e-5)
    assert (abs(bgc(images, keys(4, seed=1), 0.7) - whole) > 1e-3).any(axis=(1, 2, 3)).all()
    assert bgc(images.astype(jnp.bfloat16), keys(4), 0.7).dtype == jnp.bfloat16


def test_colours_have_a_share_of_the_probability():
    """Grey pictures of one value are changed by changes of colour alone."""
    grey = jnp.full((600, 4, 4, 3), 0.5)
    changed = [
        float((abs(augment.bgc(grey, keys(600), p=0.8, colours=share) - grey).max(axis=(1, 2, 3)) > 1e-4).mean())
        for share in (0.0, 0.5, 1.0)
    ]
    # brightness, contrast and inversion (which half of the time is none) are what changes a grey
    wanted = [1 - (1 - p) ** 2 * (1 - p / 2) for p in (0.0, 0.4, 0.8)]
    np.testing.assert_allclose(changed, wanted, atol=4 * 0.5 / math.sqrt(600))


def test_a_rectangle_of_half_of_the_sides_is_cut_out():
    white = jnp.ones((500, 16, 20, 1))
    cut = augment.bgc(white, keys(500), p=0.6, colours=0.0, cutout=0.5) == 0
    hit = np.asarray(cut.any(axis=(1, 2, 3)))
    assert hit.mean() == pytest.approx(0.3, abs=4 * math.sqrt(0.3 * 0.7 / 500))
    heights, widths = (np.asarray(cut.any(axis=axes).sum(axis=1))[hit] for axes in ((2, 3), (1, 3)))
    assert heights.max() == 8 and widths.max() == 10  # of centres far from the edges
    assert heights.min() >= 4 and widths.min() >= 5  # the centre is in the image
    assert (np.asarray(cut.sum(axis=(1, 2, 3)))[hit] == heights * widths).all()


def test_probabilities_do_not_compile_anew():
    traced = []

    @jax.jit
    def run(images, keys, p):
        traced.append(1)
        return augment.bgc(images, keys, p=p)

    for p in (0.0, 0.3, 1.0):
        run(noise(2, 8, 8, 1), keys(2), jnp.float32(p))
    assert len(traced) == 1


def test_blits_are_flips_and_quarter_turns_in_equal_shares():
    """Of 4,000 square images each of the 8 has a share of 1/8, with a standard error of .0052."""
    image = noise(6, 6, 1)
    views = [np.rot90(x, turns) for x in (np.asarray(image), np.asarray(image)[:, ::-1]) for turns in range(4)]
    out = np.asarray(jax.vmap(lambda key: pipeline._blit(image, key, 1.0))(keys(4000, seed=1)))
    shares = [(out == view).all(axis=(1, 2, 3)).mean() for view in views]
    np.testing.assert_allclose(shares, 1 / 8, atol=0.021)
    wide = noise(4, 6, 1)
    out = np.asarray(jax.vmap(lambda key: pipeline._blit(wide, key, 0.5))(keys(4000)))
    shares = [(out == np.asarray(view)).all(axis=(1, 2, 3)).mean() for view in (wide, wide[:, ::-1])]
    np.testing.assert_allclose(shares, [0.75**2, 0.25 * 0.75], atol=0.032)


def sources(matrix):
    return jnp.asarray(matrix, jnp.float32)[None]


@pytest.mark.parametrize("degrees, x, y", [(0, 1.3, 1.3), (30, 1.0, 1.0), (-70, 0.8, 1.2)])
def test_a_warp_is_that_of_scipy(degrees, x, y):
    """SciPy's by cubic splines, on an image without fine detail."""
    image = smooth(48)
    matrix = warp.rotation(math.radians(degrees)) @ warp.scaling(x, y) @ warp.translation(1.5, -2.25)
    found = warp.warp(image[None], sources(matrix))[0, :, :, 0]
    flipped = np.asarray(matrix)[[1, 0, 2]][:, [1, 0, 2]]  # SciPy counts rows first
    center = np.full(2, 47 / 2)
    offset = flipped[:2, :2] @ -center + flipped[:2, 2] + center
    expected = ndimage.affine_transform(np.asarray(image)[:, :, 0], flipped[:2, :2], offset, order=3, mode="mirror")
    assert np.sqrt(((found - expected) ** 2).mean()) < 0.02
    assert abs(found - image[:, :, 0]).mean() > 0.2


def test_whole_shifts_are_exact_and_edges_are_mirrors():
    image = noise(1, 10, 12, 2)
    moved = warp.warp(image, sources(warp.translation(2.0, -1.0)))
    mirrored = np.pad(np.asarray(image), ((0, 0), (1, 0), (0, 2), (0, 0)), mode="reflect")
    np.testing.assert_allclose(moved, mirrored[:, :10, 2:14], atol=3e-6)
    random = jax.vmap(lambda key: pipeline._geometry(key, 1.0, (10, 12)))(keys(50))
    np.testing.assert_allclose(warp.warp(jnp.ones((50, 10, 12, 1)), random), 1, atol=1e-5)


def test_geometry_comes_as_often_and_as_far_as_published():
    """By 4,000 draws each; tolerances are four standard errors."""
    drawn = np.asarray(jax.vmap(lambda key: pipeline._geometry(key, 1.0, (40, 40)))(keys(4000)))
    size = np.log2(np.linalg.det(drawn[:, :2, :2])) / 2  # of which stretching has no part
    assert size.mean() == pytest.approx(0, abs=4 * 0.2 / math.sqrt(4000))
    assert size.std() == pytest.approx(0.2, abs=4 * 0.2 / math.sqrt(8000))
    seldom = np.asarray(jax.vmap(lambda key: pipeline._geometry(key, 0.1, (40, 40)))(keys(4000)))
    turned = abs(seldom[:, 0, 1] + 0.0) > 1e-6
    assert turned.mean() == pytest.approx(0.1, abs=4 * math.sqrt(0.09 / 4000) + 1e-3)
    shifted = (abs(seldom[:, :2, 2]) > 1e-6).any(axis=1)
    assert shifted.mean() == pytest.approx(1 - 0.9**4, abs=4 * 0.5 / math.sqrt(4000))  # four coins, for x and for y


def test_colours():
    third = 2 * math.pi / 3
    neutral, colour = (1.0, 0, 0.0, 1.0), jnp.array([0.9, -0.3, 0.1])

    def painted(contrast=1.0, inverted=0, angle=0.0, saturation=1.0):
        return np.asarray(pipeline.colour_matrix(contrast, inverted, angle, saturation) @ colour)

    np.testing.assert_allclose(pipeline.colour_matrix(*neutral), np.eye(3), atol=1e-6)
    assert sorted(painted(angle=third).round(5)) == sorted(np.asarray(colour).round(5))
    assert (painted(angle=third) != painted(angle=-third)).all()
    np.testing.assert_allclose(painted(saturation=0.0), np.full(3, colour.mean()), atol=1e-6)
    np.testing.assert_allclose(painted(contrast=2.0), 2 * colour, rtol=1e-5)
    np.testing.assert_allclose(painted(inverted=1), colour - 2 * colour.mean(), atol=1e-6)


def test_a_grey_image_is_painted_as_grey_of_three_channels_is_on_average():
    grey = noise(40, 4, 4, 1)
    one = jax.vmap(lambda image, key: pipeline._colour(image, key, 1.0))(grey, keys(40))
    three = jax.vmap(lambda image, key: pipeline._colour(image, key, 1.0))(grey.repeat(3, axis=3), keys(40))
    np.testing.assert_allclose(one, three.mean(axis=3, keepdims=True), atol=1e-5)


def facts_of(batch_size):
    return Facts(**{**dict.fromkeys(Facts._fields), "batch_size": batch_size})


FACTS = facts_of(4)


def told(logits, carry, axis_name=None):
    return SimpleNamespace(real_logits=jnp.asarray(logits, jnp.float32), carry=carry, axis_name=axis_name)


def test_the_controller_follows_the_signs_of_the_logits():
    """Every second batch of 4: up by 8/100 where the mean sign is above .6, down where it is below, never below 0."""
    control = augment.ada(facts=FACTS, images=100, interval=2, target=0.6)
    sure, unsure = [1, 2, 3, 4], [1, -1, 1, -1]
    script = [(sure, 0.0), (sure, 0.08), (sure, 0.08), (unsure, 0.0), (unsure, 0.0), (unsure, 0.0)]
    script += [(sure, 0.0), (sure, 0.08), (sure, 0.08), (sure, 0.16)]
    memory = control.init()
    for logits, expected in script:
        memory, numbers = control.learn(told(logits, memory))
        assert float(numbers["p"]) == pytest.approx(expected, abs=1e-6)
    top = {**control.init(), "p": jnp.float32(0.99)}
    for _ in range(4):
        top, numbers = control.learn(told(sure, top))
    assert float(numbers["p"]) == 1.0


def test_the_papers_speed():
    """Karras et al. 2020: batches of 64, every 4 of them: 0.000512 at a time."""
    control = augment.apa(facts=facts_of(64))
    memory = control.init()
    for _ in range(4):
        memory, numbers = control.learn(told(np.ones(64), memory))
    assert float(numbers["p"]) == pytest.approx(0.000512, rel=1e-5)


def test_devices_that_see_a_part_each_agree():
    control = augment.ada(facts=FACTS, images=100, interval=1)
    logits = jnp.array([[1.0, 1.0], [1.0, -1.0]])
    memory = control.init()
    apart = jax.vmap(lambda part: control.learn(told(part, memory, "devices"))[0], axis_name="devices")(logits)
    together = control.learn(told(logits.reshape(4), memory))[0]
    for name, value in together.items():
        np.testing.assert_allclose(apart[name], np.full(2, value))
    assert float(together["p"]) == 0  # a mean sign of .5


def test_both_kinds_of_images_are_shown_alike_by_ada_and_real_ones_deceive_in_apa():
    real, fake = jnp.ones((400, 2, 2, 1)), jnp.zeros((400, 2, 2, 1))
    brighter = augment.ada(facts=FACTS, pipeline=lambda images, keys, step=0, p=0.0: images + p)
    shown = brighter.show({"p": jnp.float32(0.5)}, real, fake, keys(400), keys(400))
    np.testing.assert_allclose(shown[0], 1.5)
    np.testing.assert_allclose(shown[1], 0.5)
    deceived, same = augment.apa(facts=FACTS).show({"p": jnp.float32(0.25)}, real, fake, keys(400), keys(400))
    assert (same == fake).all()
    assert float(1 - deceived.mean()) == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 400))
    assert set(np.unique(deceived.mean(axis=(1, 2, 3)))) == {0.0, 1.0}


def test_the_slope_at_an_image_that_deceives_is_not_lost():
    """A penalty is of what the discriminator is shown, as in the authors' code."""
    real, fake = jnp.full((8, 2, 2, 1), 3.0), jnp.full((8, 2, 2, 1), 5.0)
    always = augment.apa(facts=FACTS)
    squares = jax.grad(lambda real: (always.show({"p": jnp.float32(1)}, real, fake, keys(8), keys(8))[0] ** 2).sum())
    np.testing.assert_allclose(squares(real), 2 * fake)


def test_a_pipeline_without_a_probability_is_refused():
    with pytest.raises(InputError, match="cutout takes no p"):
        augment.ada(facts=FACTS, pipeline=augment.cutout)
