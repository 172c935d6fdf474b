import shutil

import jax.numpy as jnp
import numpy as np
import pytest
from damage import damaged
from PIL import Image

from gan_jax.evaluation import extraction, image_sets
from gan_jax.evaluation.extraction import extract, extract_cached
from gan_jax.evaluation.image_sets import parse
from gan_jax.features import Features


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "features"


@pytest.fixture
def runs(monkeypatch) -> list[str]:
    """The names of the sets that the network was run on."""
    names = []

    def counted(images, features, **options):
        names.append(images.name)
        return extract(images, features, **options)

    monkeypatch.setattr(extraction, "extract", counted)
    return names


def means(**identity) -> Features:
    """Each channel's mean, and twice that as logits."""

    def apply(params, images):
        mean = images.astype(jnp.float32).mean((1, 2))
        return {"features": mean, "logits": 2 * mean}

    return Features("means", 3, {"name": "means", **identity}, {}, apply, batch_size=4)


IMAGES = np.random.default_rng(0).integers(0, 256, (11, 5, 4, 3), dtype=np.uint8)


def write(folder, images=IMAGES):
    for i, image in enumerate(images):
        file = folder / f"class {i % 2}" / f"{i:02d}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(image).save(file)
    return parse(str(folder))


def in_order_of_files(values):
    return np.concatenate([values[::2], values[1::2]])


def test_every_image_counts_the_last_block_too(tmp_path, monkeypatch):
    monkeypatch.setattr(image_sets, "BLOCK", 3)
    found = extract(write(tmp_path / "a"), means())
    expected = in_order_of_files(IMAGES.astype(np.float64).mean((1, 2)))
    np.testing.assert_allclose(found.features, expected, rtol=1e-6)
    np.testing.assert_allclose(found.logits, 2 * expected, rtol=1e-6)
    np.testing.assert_array_equal(found.labels, [0] * 6 + [1] * 5)


def test_a_set_is_known_by_its_content(tmp_path, runs):
    first = extract_cached(write(tmp_path / "a"), means())
    shutil.move(tmp_path / "a", tmp_path / "moved")
    again = extract_cached(parse(str(tmp_path / "moved")), means())
    assert runs == [str(tmp_path / "a")]
    for name in first._fields:
        np.testing.assert_array_equal(getattr(again, name), getattr(first, name))

    changed = IMAGES.copy()
    changed[3, 0, 0, 0] ^= 1
    other = extract_cached(write(tmp_path / "moved", changed), means())
    assert len(runs) == 2 and (other.features != first.features).any()


def test_features_are_known_by_their_identity(tmp_path, runs):
    images = write(tmp_path / "a")
    for identity in ({}, {"weights_sha256": "1"}, {"weights_sha256": "2"}, {"resize": "clean"}, {}):
        extract_cached(images, means(**identity))
    assert len(runs) == 4


def flip_a_bit(file):
    raw = bytearray(file.read_bytes())
    with np.load(file) as archive:
        raw[raw.index(archive["features"].tobytes())] ^= 1
    file.write_bytes(raw)


def other_values(file):
    with np.load(file) as archive:
        arrays = {name: archive[name] for name in archive.files}
    np.savez(file, **{**arrays, "features": arrays["features"] + 1})


@pytest.mark.parametrize(
    "damage",
    [
        flip_a_bit,
        other_values,
        lambda file: file.write_bytes(file.read_bytes()[:-200]),
        lambda file: file.write_bytes(b""),
        lambda file: np.savez(file, features=np.zeros((2, 2))),
    ],
    ids=["a bit", "other values", "cut off", "empty", "another file"],
)
def test_a_damaged_cache_is_reported_and_mended(tmp_path, cache, runs, caplog, damage):
    images = write(tmp_path / "a")
    whole = extract_cached(images, means())
    (file,) = cache.iterdir()
    damage(file)
    found = extract_cached(images, means())
    assert len(runs) == 2
    assert f"{file} are damaged" in caplog.text
    np.testing.assert_array_equal(found.features, whole.features)
    extract_cached(images, means())
    assert len(runs) == 2


def test_a_cache_with_any_damage_is_mended(tmp_path, cache, runs):
    images = write(tmp_path / "a")
    whole = extract_cached(images, means())
    (file,) = cache.iterdir()
    for spoiled in damaged(file.read_bytes(), 40):
        file.write_bytes(spoiled)
        np.testing.assert_array_equal(extract_cached(images, means()).features, whole.features)
    assert len(runs) > 30


def test_nothing_half_written_is_left(tmp_path, cache, monkeypatch):
    def broken(stream, **arrays):
        stream.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", broken)
    with pytest.raises(KeyboardInterrupt):
        extract_cached(write(tmp_path / "a"), means())
    assert list(cache.iterdir()) == []
