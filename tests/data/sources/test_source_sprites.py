import numpy as np
import pytest

from gan_jax.data.sources import sprites
from gan_jax.errors import InputError

AREAS = {  # of shapes in the unit circle
    "disc": np.pi,
    "ring": np.pi * (1 - 0.5**2),
    "triangle": 0.75 * np.sqrt(3),
    "square": 2.0,
    "star": 10 * 0.5 * 0.45 * np.sin(np.pi / 5),
    "cross": 5 * (2 / np.sqrt(10)) ** 2,
}


def factors(**changes):
    values = dict.fromkeys(sprites.FACTORS, 0.0) | {"size": 0.25, "x": 0.5, "y": 0.5} | changes
    return np.array([values[name] for name in sprites.FACTORS], np.float32)


def coverage(resolution=(64, 64), **changes):
    """How much of each pixel a plain shape covers: the change with its hue, in parts of the largest."""
    red, cyan = (sprites.draw(factors(**changes, hue=hue), resolution).astype(float) for hue in (0, 0.5))
    change = np.abs(red - cyan)[:, :, 0]
    return change / change.max()


@pytest.mark.parametrize("shape", sprites.SHAPES)
def test_area_and_centre_are_the_factors(shape):
    covered = coverage((80, 120), shape=sprites.SHAPES.index(shape), size=0.2, x=0.3, y=0.7, angle=0.1)
    assert covered.sum() == pytest.approx(AREAS[shape] * (0.2 * 80) ** 2, rel=0.02)
    down, right = np.indices(covered.shape) + 0.5
    center = [(covered * axis).sum() / covered.sum() for axis in (down, right)]
    np.testing.assert_allclose(center, [0.7 * 80, 0.3 * 120], atol=0.1)


@pytest.mark.parametrize("shape", sprites.SHAPES)
def test_edges_are_antialiased(shape):
    code = {"shape": sprites.SHAPES.index(shape), "angle": 0.07, "x": 0.46}
    fine = coverage((512, 512), **code).reshape(32, 16, 32, 16).mean((1, 3))
    assert np.abs(coverage((32, 32), **code) - fine).mean() < 0.01


def test_a_quarter_turn_turns_the_picture():
    triangle = {"shape": sprites.SHAPES.index("triangle")}
    np.testing.assert_allclose(coverage(**triangle, angle=0.25), np.rot90(coverage(**triangle), -1), atol=0.02)


def test_each_factor_changes_the_picture():
    base = sprites.draw(factors(), (32, 32)).astype(float)
    changes = {"shape": 3, "hue": 0.3, "size": 0.15, "x": 0.3, "y": 0.6, "texture": 1, "background": 0.5}
    for name, value in changes.items():
        assert np.abs(sprites.draw(factors(**{name: value}), (32, 32)) - base).mean() > 1, name


def test_sprites_are_a_function_of_seed_and_index():
    source, again = sprites.make(count=50, resolution=(16, 24)), sprites.make(count=50, resolution=(16, 24))
    assert source[7]["image"].shape == (16, 24, 3)
    assert all((source[7][name] == again[7][name]).all() for name in ("image", "label", "factors"))
    assert (sprites.make(seed=1)[7]["factors"] != source[7]["factors"]).any()
    larger = sprites.make(count=50, resolution=(64, 96), split="[5:]")
    assert len(larger) == 45 and (larger[2]["factors"] == source[7]["factors"]).all()


def test_factors_are_uniform_and_the_label_is_the_shape():
    source = sprites.make(count=2000, resolution=(2, 2))
    table = np.stack([source[i]["factors"] for i in range(2000)])
    assert [source[i]["label"] for i in range(20)] == table[:20, 0].tolist()
    assert (
        np.bincount(table[:, 0].astype(int), minlength=6).min() > 270
        and np.bincount(table[:, 6].astype(int)).min() > 590
    )
    ranges = {"hue": (0, 1), "size": sprites.SIZES, "angle": (0, 1), "x": sprites.CENTERS, "y": sprites.CENTERS}
    for name, (low, high) in ranges.items():
        column = (table[:, sprites.FACTORS.index(name)] - low) / (high - low)
        assert 0 <= column.min() < 0.01 and 0.99 < column.max() <= 1 and abs(column.mean() - 0.5) < 0.03, name
    assert np.abs(np.corrcoef(table.T) - np.eye(8)).max() < 0.1


def test_impossible_sets_are_refused():
    with pytest.raises(InputError, match="count=0"):
        sprites.make(count=0)


def test_factors_are_read_from_pictures():
    source = sprites.make(count=200, resolution=(48, 32))
    examples = [source[i] for i in range(200)]
    known = np.stack([example["factors"] for example in examples])
    read = source.read_factors(np.stack([example["image"] for example in examples]))
    wrong = dict(zip(sprites.FACTORS, (read - known).T, strict=True))
    for name in ("hue", "background"):
        assert np.abs((wrong[name] + 0.5) % 1 - 0.5).max() < 0.01, name
    for name in ("size", "x", "y"):
        assert np.abs(wrong[name]).max() < 1.6 / 32 and np.abs(wrong[name].mean()) < 0.01, name
    for name in ("shape", "angle", "texture"):
        assert np.isnan(wrong[name]).all()
