"""Photographs of any size from the shell, and models between two runs."""

import experiments
import jax
import numpy as np
import pytest
from conftest import begun
from PIL import Image

import gan_jax
from gan_jax.commands import sample
from gan_jax.data.bicubic import resize_pixels
from gan_jax.errors import InputError
from gan_jax.sampling.blend import blended
from gan_jax.sampling.wishes import describe


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return begun(experiments.regression(), tmp_path_factory.mktemp("runs") / "enlarging")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A colour picture, one that is partly transparent, one that lies on its side, and a grey one."""
    folder = tmp_path_factory.mktemp("photographs")
    pixels = np.random.default_rng(0).integers(0, 256, (13, 21, 4), dtype=np.uint8)
    Image.fromarray(pixels[:12, :8, :3]).save(folder / "colours.png")
    Image.fromarray(pixels).save(folder / "clear.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    (folder / "more").mkdir()
    Image.fromarray(pixels[:, :, :3]).save(folder / "more" / "turned.jpg", exif=exif, quality=95)
    Image.fromarray(pixels[:5, :5, 0]).save(folder / "grey.png")
    return folder


def ask(run, *arguments):
    return sample.main([f"--workdir={run}", *map(str, arguments)])


def test_photographs_are_enlarged_as_large_as_they_are(run, folder, tmp_path):
    out = tmp_path / "out"
    assert ask(run, f"--condition=source={folder}", f"--out={out}") == 0
    found = {file.relative_to(out).as_posix(): Image.open(file) for file in out.rglob("*.png")}
    sizes = {name: (image.size, image.mode) for name, image in found.items()}
    assert sizes == {
        "colours.png": ((16, 24), "RGB"),
        "clear.png": ((42, 26), "RGBA"),
        "more/turned.png": ((26, 42), "RGB"),
        "grey.png": ((10, 10), "RGB"),
    }
    clear = np.asarray(Image.open(folder / "clear.png"))
    np.testing.assert_array_equal(np.asarray(found["clear.png"])[..., 3:], resize_pixels(clear[..., 3:], (26, 42)))
    sampler = gan_jax.load(run)
    [colours] = sampler.each([0], [{"source": clear[..., :3]}])
    np.testing.assert_array_equal(np.asarray(found["clear.png"])[..., :3], colours)
    assert found["clear.png"].text["source"] == "clear.png"


def test_a_model_says_that_it_takes_pictures_of_any_size(run):
    assert "condition  source: 4x4x3 pixels, or of any size; by default an example" in describe(gan_jax.load(run))


def test_one_picture_and_one_size_make_a_grid_too(run, folder, tmp_path):
    assert ask(run, f"--condition=source={folder / 'colours.png'}", f"--out={tmp_path / 'one.png'}") == 0
    assert (tmp_path / "one.png").is_file()
    with pytest.raises(InputError, match=r"--condition source: pictures of several sizes \(clear.png 13x21, .*12x8"):
        ask(run, f"--condition=source={folder}", f"--out={tmp_path / 'all.png'}")


def test_a_blend_lies_between_two_runs(run, tmp_path, folder):
    other = begun(experiments.regression(seed=4), tmp_path / "other")
    ours, theirs = gan_jax.load(run), gan_jax.load(other)
    theirs.variables = jax.tree.map(lambda x: x + 1, ours.variables)
    a, b = (jax.tree.leaves(blended(ours, theirs, share).variables) for share in (0.0, 0.3))
    for start, moved, x in zip(a, b, jax.tree.leaves(ours.variables), strict=True):
        np.testing.assert_array_equal(start, x)
        np.testing.assert_allclose(moved, x + 0.3, atol=1e-6)
    given = (f"--condition=source={folder / 'colours.png'}", f"--blend={other}", "--share=0.3")
    assert ask(run, *given, f"--out={tmp_path / 'out'}") == 0
    assert Image.open(tmp_path / "out" / "colours.png").text["blend"] == "0.3 of other, step 0"


def test_what_cannot_be_blended_is_told(run, tmp_path):
    ours = gan_jax.load(run)
    with pytest.raises(InputError, match=r"A share of 1\.5"):
        blended(ours, ours, 1.5)
    wide = gan_jax.load(begun(experiments.regression(generator__network__width=5), tmp_path / "wide"))
    with pytest.raises(InputError, match=r"other networks .* is \[5\] there and \[4\] here"):
        blended(ours, wide, 0.5)
