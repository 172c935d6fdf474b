"""Pictures of a user's own at their own size: names, sides, orientation, and what is seen of the padding."""

import experiments
import numpy as np
import pytest
from conftest import begun
from PIL import Image

import gan_jax
from gan_jax.commands import sample
from gan_jax.errors import InputError
from gan_jax.sampling import own_size

SIZES = {"wide.png": (12, 20), "odd.png": (9, 15), "more/same.png": (12, 20)}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Both directions of a game whose generators take any multiples of 4."""
    config = experiments.cycle_gan(generator__network__normalization="instance")
    return begun(config, tmp_path_factory.mktemp("runs") / "cycle")


@pytest.fixture(scope="module")
def photos(tmp_path_factory):
    """Pictures of three sizes; the photograph lies on its side, as a camera leaves it."""
    folder = tmp_path_factory.mktemp("photos")
    (folder / "more").mkdir()
    random = np.random.default_rng(0)
    for name, sides in SIZES.items():
        Image.fromarray(random.integers(0, 256, (*sides, 3), np.uint8)).save(folder / name)
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned a quarter clockwise
    Image.fromarray(random.integers(0, 256, (8, 16, 3), np.uint8)).save(folder / "camera.jpg", exif=exif)
    return folder


def test_answers_have_the_size_and_the_names_of_their_sources(run, photos, tmp_path):
    ask = [f"--workdir={run}", "--draw=source", f"--condition=image={photos}", f"--out={tmp_path / 'out'}"]
    assert sample.main([*ask, "--own_size"]) == 0
    found = {
        file.relative_to(tmp_path / "out").as_posix(): Image.open(file) for file in (tmp_path / "out").rglob("*.png")
    }
    sides = {name: (image.height, image.width) for name, image in found.items()}
    assert sides == {**SIZES, "camera.png": (16, 8)}
    assert found["camera.png"].text["source"] == "camera.jpg" and found["odd.png"].text["draw"] == "source"
    sampler = gan_jax.load(run)
    for name, fit in (("wide.png", (12, 20)), ("odd.png", (12, 16))):
        given = own_size.padded(np.asarray(Image.open(photos / name)), fit)
        (answer,) = sampler([0], {"image": given[None]}, draw="source")
        height, width = SIZES[name]
        np.testing.assert_array_equal(np.asarray(found[name]), answer[:height, :width])


def test_pictures_are_mirrored_at_their_far_edges():
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3, 1)
    np.testing.assert_array_equal(
        own_size.padded(picture, (3, 5))[..., 0], [[0, 1, 2, 2, 1], [3, 4, 5, 5, 4], [3, 4, 5, 5, 4]]
    )


def test_a_grid_of_several_sizes_is_refused(run, photos, tmp_path):
    with pytest.raises(InputError, match="--own_size makes pictures of several sizes"):
        sample.main(
            [f"--workdir={run}", f"--condition=source={photos}", "--own_size", f"--out={tmp_path / 'grid.png'}"]
        )
