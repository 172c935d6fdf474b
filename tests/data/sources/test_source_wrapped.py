"""Sources that are made of another: they keep what it says of itself, of their own examples."""

import pickle

import numpy as np
import pytest
from PIL import Image

from gan_jax.data import dataset, factors
from gan_jax.data.jpegs import has_jpeg
from gan_jax.data.sources import halves, images, sprites, subset, unpaired


@pytest.fixture(scope="module")
def described():
    return sprites.make(captions=True, count=60)


def test_factors_of_a_subset_are_those_of_the_set():
    whole = sprites.make(count=60)
    data = dataset.make(subset.make(whole, share=0.5))
    found = factors.factors_of(data, data.arrays(), "here")
    assert [(one.name, one.kind) for one in found] == list(sprites.KINDS.items())
    assert found[0].classes == sprites.SHAPES
    read = factors.read_factors(data, np.stack([data.example(i)["image"] for i in range(30)]), "here")
    np.testing.assert_allclose(read[1].values, found[1].values, atol=0.02)  # hues


def test_captions_of_a_subset_are_those_of_its_own_examples(described):
    part = pickle.loads(pickle.dumps(subset.make(described, share=0.5)))  # as worker processes get it
    assert list(part.texts("text")) == [str(part[i]["text"]) for i in range(30)]
    assert [part.asked(i) for i in range(30)] == [described.asked(int(i)) for i in part.chosen]
    assert len(part.shown(part[0]["image"][None])) == 1
    pairs = unpaired.make(described, sprites.make(count=90))
    assert list(pairs.texts("text")) == [str(pairs[i]["text"]) for i in range(90)]


def test_what_reads_whole_pictures_is_not_there_for_halves(described):
    cut = halves.make(described)
    assert cut.factor_names == sprites.FACTORS and cut.classes == sprites.SHAPES
    assert not hasattr(cut, "shown") and not hasattr(cut, "read_factors")


def test_what_a_source_does_not_say_is_not_there():
    part = subset.make(sprites.make(count=60), share=0.5)
    assert not any(hasattr(part, name) for name in ("asked", "shown", "texts", "file", "kinds", "names", "__wrapped__"))


def test_files_are_those_of_the_examples(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 8, 3), np.uint8)
    for i, picture in enumerate(pixels):
        (tmp_path / "ab"[i % 2]).mkdir(exist_ok=True)
        Image.fromarray(picture).save(tmp_path / "ab"[i % 2] / (f"{i}.jpg" if i == 7 else f"{i}.png"))
    whole = images.make(str(tmp_path))
    for source in (subset.make(whole, share=0.5, seed=1), halves.make(whole), unpaired.make(whole, whole)):
        lossy = [whole.names[i].endswith("jpg") for i in source.chosen]
        assert [source.file(i) for i in range(len(source))] == [whole.file(int(i)) for i in source.chosen]
        assert [source.is_jpeg(i) for i in range(len(source))] == lossy and has_jpeg(source) == any(lossy)
