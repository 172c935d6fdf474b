"""Pictures restored at their own sizes, and the published numbers of bicubic interpolation."""

from functools import partial

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.config import experiment, schema
from gan_jax.data import bicubic
from gan_jax.data.sources import npz
from gan_jax.errors import InputError
from gan_jax.evaluation import evals
from gan_jax.features import lpips
from gan_jax.features.squeezenet import SqueezeNet
from gan_jax.images import to_uint8
from gan_jax.metrics.reconstruction import luma, psnr, ssim
from gan_jax.sampling import parts
from gan_jax.sampling.sampler import Sampler
from gan_jax.training import assembly
from gan_jax.training import step as steps
from gan_jax.types import Local


class Photographs:
    """Pictures of sizes of their own, the last of them grey."""

    sides = ((34, 40, 3), (31, 25, 3), (24, 24, 1))

    def __len__(self):
        return len(self.sides)

    def __getitem__(self, i):
        return {"image": np.random.default_rng(i).integers(0, 256, self.sides[i], dtype=np.uint8)}


def sampler_of(config):
    """A model in memory that has not learned anything."""
    config = schema.resolve_config(config)
    data = experiment.make_data(config)
    facts = experiment.make_facts(data)
    objective = experiment.make_objective(config, facts)
    init = jax.jit(partial(steps.init, objective, assembly.make_turns(config)))
    state = init(jax.random.key(3), experiment.example_batch(facts, 4))
    return Sampler(objective, state.ema, facts, lambda: data)


@pytest.fixture(scope="module")
def sampler():
    return sampler_of(experiments.regression(generator__network__blocks=2))


def answer(sampler, source):
    """The network applied to the whole picture."""
    variables = sampler.variables["generator"]
    config = schema.resolve_config(experiments.regression(generator__network__blocks=2))
    network = experiment.make_objective(config, sampler.facts).draws["image"].sample
    made = jax.jit(network)({"generator": variables}, sampler.latent([0]), {"source": source[None]})
    return np.asarray(to_uint8(made))[0]


def test_a_large_picture_in_parts_is_that_of_the_whole(sampler, monkeypatch):
    monkeypatch.setattr(parts, "CORE", 9)
    source = np.random.default_rng(0).integers(0, 256, (31, 44, 3), dtype=np.uint8)
    assert len(parts.stretches(44, Local(4))) > 3
    [found] = sampler.each([0], [{"source": source}])
    assert found.shape == (62, 88, 3)
    np.testing.assert_allclose(found.astype(int), answer(sampler, source).astype(int), atol=1)
    assert (found != answer(sampler, source)).mean() < 1e-3  # where rounding goes the other way


@pytest.mark.parametrize("local", [Local(4), Local(5, 3), Local(40, 8), Local(0)])
@pytest.mark.parametrize("side", [1, 17, 18, 64, 200, 331])
def test_stretches_cover_a_side_with_margins_as_wide_as_is_looked(monkeypatch, side, local):
    monkeypatch.setattr(parts, "CORE", 10)
    found = parts.stretches(side, local)
    kept = np.concatenate([np.arange(stretch.first, stretch.last) for stretch in found])
    np.testing.assert_array_equal(kept, np.arange(side))
    for begin, end, first, last in found:
        assert begin % local.multiple == 0
        assert begin == 0 or first - begin >= local.reach
        assert end == side or end - last >= local.reach


def test_restoration_is_by_its_formulas_at_the_pictures_own_sizes(sampler):
    found = evals.restoration(sampler, sampler.data, held_out=Photographs())
    rows = []
    for i in range(3):
        image = Photographs()[i]["image"]
        right = image[: len(image) // 2 * 2, : image.shape[1] // 2 * 2]
        low = bicubic.resize_pixels(right, (right.shape[0] // 2, right.shape[1] // 2))
        colours = np.repeat(low, 3, axis=2) if i == 2 else low
        made = answer(sampler, colours)
        if i == 2:
            a, b = right, (made @ [0.299, 0.587, 0.114]).astype(np.uint8)[:, :, None]
            assert psnr(a[None], b[None], border=2)[0] == pytest.approx(
                psnr(a[None], b[None], border=2, plane="luma")[0]
            )
        else:
            a, b = right, made
        rows.append(
            {
                "psnr_y": psnr(a[None], b[None], border=2, plane="luma")[0],
                "ssim_rgb": ssim(a[None], b[None], border=2)[0],
                "bicubic_psnr_rgb": psnr(a[None], bicubic.resize_pixels(low, a.shape[:2])[None], border=2)[0],
                "consistency": psnr(colours[None], bicubic.resize_pixels(made, low.shape[:2])[None])[0],
            }
        )
    for name in rows[0]:
        assert found[name] == pytest.approx(np.mean([row[name] for row in rows]), abs=0.02), name
    assert len(found) == 9


def test_restoration_tells_lpips_beside_that_of_bicubic_interpolation(sampler, weights_file, monkeypatch):
    monkeypatch.setattr(Photographs, "sides", ((34, 40, 3), (16, 40, 3)))  # the second is too small for its network
    shapes = jax.eval_shape(SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
    heads = {f"lpips_v0.1.squeeze.lin{k}.model.1.weight": (1, c, 1, 1) for k, c in enumerate(lpips.CHANNELS)}
    weights = weights_file(shapes, heads)
    found = evals.restoration(sampler, sampler.data, held_out=Photographs(), weights=weights)
    right = Photographs()[0]["image"]
    low = bicubic.resize_pixels(right, (17, 20))
    distance = lpips.load(weights, batch_size=1)
    made = {"lpips_squeeze": answer(sampler, low), "bicubic_lpips_squeeze": bicubic.resize_pixels(low, (34, 40))}
    for name, picture in made.items():
        assert found[name] == pytest.approx(distance(right[None], picture[None]).item(), rel=1e-2), name


def test_a_draw_that_sees_pictures_as_a_whole_has_one_size():
    translation = sampler_of(experiments.translation())
    with pytest.raises(InputError, match="'image' is not made of pictures of any size: ask for paired"):
        evals.restoration(translation, translation.data)
    with pytest.raises(InputError, match="looks at pictures as a whole"):
        next(translation.each([0], [{"source": np.zeros((8, 8, 1), np.uint8)}]))


PUBLISHED = {2: (33.66, 30.24), 3: (30.39, 27.55), 4: (28.42, 26.00)}  # dB on Set5 and Set14
SSIM = {2: (0.9299, 0.8688), 3: (0.8682, 0.7742), 4: (0.8104, 0.7027)}


@pytest.mark.parametrize("scale", PUBLISHED)
def test_bicubic_has_its_published_numbers(test_data, scale):
    """Of luma that is rounded to whole levels, as MATLAB does with pixels."""
    both = npz.make(str(test_data / "sr_set5_set14.npz"))
    for number, chosen in enumerate((range(5), range(5, 19))):
        pairs = [enlarged(both[i]["image"], scale, scale) for i in chosen]
        in_luma = [[rounded_luma(x) for x in pair] for pair in pairs]
        values = [psnr(*pair, border=scale)[0] for pair in in_luma]
        assert np.mean(values) == pytest.approx(PUBLISHED[scale][number], abs=0.02)
        similar = [ssim(*pair, border=scale)[0] for pair in in_luma]
        assert np.mean(similar) == pytest.approx(SSIM[scale][number], abs=0.002)


@pytest.mark.parametrize(
    ("name", "colours", "in_luma"),
    [
        (5, (20.419710, 0.391853), (22.441898, 0.453097)),  # baboon
        (9, (20.239912, 0.567738), (21.720398, 0.585511)),  # comic
    ],
)
def test_psnr_and_ssim_are_those_of_a_reference_on_its_own_pictures(test_data, name, colours, in_luma):
    pair = enlarged(npz.make(str(test_data / "sr_set5_set14.npz"))[name]["image"], 4, 12)
    for plane, (decibels, similarity) in {"all": colours, "luma": in_luma}.items():
        assert psnr(*pair, border=4, plane=plane)[0] == pytest.approx(decibels, abs=2e-5)
        assert ssim(*pair, border=4, plane=plane)[0] == pytest.approx(similarity, abs=2e-5)


def enlarged(image, scale, multiple):
    """A picture cut to a multiple, and its bicubic enlargement from the small one; [1, H, W, C] each."""
    height, width = (side // multiple * multiple for side in image.shape[:2])
    right = image[:height, :width]
    low = bicubic.resize_pixels(right, (height // scale, width // scale))
    return right[None], bicubic.resize_pixels(low, (height, width))[None]


def rounded_luma(images):
    return np.rint(luma(images.astype(float))).astype(np.uint8) if images.shape[-1] == 3 else images
