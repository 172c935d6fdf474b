"""sample.py: what it writes in every format, that it writes nothing by halves, and what it says of bad input."""

import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from commands import ROOT, environment
from PIL import Image

import gan_jax
from gan_jax.commands import sample
from gan_jax.errors import InputError
from gan_jax.sampling import export, films, wishes
from gan_jax.sampling.grids import GAP, WIDE, enlarge, grid, side_by_side


@pytest.fixture
def draw(gan_run):
    return lambda *arguments: sample.main([f"--workdir={gan_run}", *map(str, arguments)])


@pytest.fixture(scope="module")
def gan(gan_run):
    return gan_jax.load(gan_run)


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_pngs_are_named_by_seed_and_say_where_they_come_from(draw, gan, tmp_path):
    assert draw("--seeds=3-5,40", "--labels=2,4", f"--out={tmp_path / 'pngs'}") == 0
    files = sorted((tmp_path / "pngs").iterdir())
    assert [file.name for file in files] == [f"seed{seed:08d}.png" for seed in (3, 4, 5, 40)]
    for file, seed, label in zip(files, (3, 4, 5, 40), (4, 2, 4, 2), strict=True):
        text = Image.open(file).text
        own = {"run": "gan", "step": "4", "seed": str(seed), "label": str(label)}
        assert {key: text[key] for key in own} == own
        np.testing.assert_array_equal(pixels(file), gan([seed], {"label": label})[0])


def test_npz_holds_images_seeds_and_labels(draw, gan, tmp_path):
    out = tmp_path / "new" / "images.npz"
    assert draw("--num=70", "--batch_size=9", "--step=4", f"--out={out}") == 0
    with np.load(out, allow_pickle=False) as arrays:
        assert sorted(arrays) == ["images", "labels", "provenance", "seeds"]
        assert (arrays["images"].dtype, arrays["seeds"].dtype, arrays["labels"].dtype) == (np.uint8, np.int64, np.int32)
        np.testing.assert_array_equal(arrays["images"], gan(range(70)))
        np.testing.assert_array_equal(arrays["seeds"], np.arange(70))
        np.testing.assert_array_equal(arrays["labels"], np.arange(70) % 6)
    assert [file.name for file in out.parent.iterdir()] == ["images.npz"]


def test_grid_is_in_order_of_the_classes(draw, gan, tmp_path):
    assert draw("--seeds=0-11", "--labels=balanced", "--truncation=0.7", f"--out={tmp_path / 'grid.png'}") == 0
    by_class = np.arange(12).reshape(2, 6).T.ravel()  # 0 and 6 are of class 0, 1 and 7 of class 1, ...
    expected = grid(enlarge(gan(by_class, truncation=0.7)), 4)  # two classes a row: it is nearly square
    np.testing.assert_array_equal(pixels(tmp_path / "grid.png"), expected)
    text = Image.open(tmp_path / "grid.png").text
    asked = {"run": "gan", "step": "4", "seeds": "0-11", "labels": "0-5", "truncation": "0.7"}
    assert {key: text[key] for key in asked} == asked


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_a_walk_is_a_film(draw, gan, tmp_path, suffix):
    out = tmp_path / f"walk{suffix}"
    assert draw("--seeds=1,2,1", "--interpolate", "--frames=4", "--labels=3", f"--out={out}") == 0
    if suffix == ".gif":
        film = Image.open(out)
        assert film.n_frames == 9 and film.size == (256, 256)
        frames = []
        for index in (0, 4):
            film.seek(index)
            frames.append(np.asarray(film.convert("RGB")))
    else:
        film = pytest.importorskip("imageio.v2").mimread(out)
        assert len(film) == 9 and film[0].shape == (256, 256, 3)
        frames = [film[0], film[4]]
    expected = enlarge(gan([1, 2], {"label": 3}), side=256)
    inside = np.s_[:, 8::32, 8::32]  # away from edges, where colours are coded less finely
    assert np.abs(np.stack(frames)[inside].astype(int) - expected[inside]).mean() < 12


def test_a_film_without_imageio_is_refused_before_anything_is_drawn(draw, tmp_path, monkeypatch):
    monkeypatch.setattr(films, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=r"gan-jax\[video\]"):
        draw("--seeds=1,2", "--interpolate", f"--out={tmp_path / 'walk.mp4'}")


def test_a_vae_rebuilds_the_images_of_a_folder(vae_run, tmp_path):
    rng = np.random.default_rng(0)
    real = rng.integers(0, 256, (3, 8, 8, 3), np.uint8)
    (tmp_path / "real").mkdir()
    for name, image in zip("abc", real, strict=True):
        Image.fromarray(image).save(tmp_path / "real" / f"{name}.png")
    run = lambda *arguments: sample.main([f"--workdir={vae_run}", f"--reconstruct={tmp_path / 'real'}", *arguments])  # noqa: E731
    rebuilt = gan_jax.load(vae_run)(range(3), {"image": real}, draw="reconstruction")

    assert run(f"--out={tmp_path / 'pngs'}", "--batch_size=2") == 0
    files = sorted((tmp_path / "pngs").iterdir())
    assert [file.name for file in files] == ["a.png", "b.png", "c.png"]
    text = Image.open(files[1]).text
    assert (text["source"], text["draw"], text["seed"]) == ("b.png", "reconstruction", "1")
    np.testing.assert_array_equal(np.stack([pixels(file) for file in files]), rebuilt)

    assert run(f"--out={tmp_path / 'grid.png'}") == 0
    gap = np.full((3, 64, GAP, 3), 255, np.uint8)
    pairs = np.concatenate([enlarge(real), gap, enlarge(rebuilt)], axis=2)
    np.testing.assert_array_equal(pixels(tmp_path / "grid.png"), grid(pairs, 2, WIDE))
    assert run(f"--out={tmp_path / 'rebuilt.npz'}") == 0
    np.testing.assert_array_equal(np.load(tmp_path / "rebuilt.npz")["images"], rebuilt)


def test_a_grid_shows_what_was_asked_with_also_where_nobody_gave_it(vae_run, tmp_path):
    """Examples of the run's data come by seed, and stand to the left of what was made of them."""
    out = tmp_path / "grid.png"
    assert sample.main([f"--workdir={vae_run}", "--draw=reconstruction", "--seeds=3,99", f"--out={out}"]) == 0
    vae = gan_jax.load(vae_run)
    shown = np.stack([vae.data.example(3)["image"]] * 2)  # 99 is 3 modulo its 96 examples
    pairs = side_by_side([shown, vae([3, 99], draw="reconstruction")])
    np.testing.assert_array_equal(pixels(out), grid(pairs, 1, WIDE))


def test_draws_that_are_no_pictures_go_into_arrays(vae_run, tmp_path):
    run = lambda *arguments: sample.main([f"--workdir={vae_run}", "--draw=log_weights", "--num=5", *arguments])  # noqa: E731
    assert run(f"--out={tmp_path / 'weights.npz'}") == 0
    found = np.load(tmp_path / "weights.npz")
    np.testing.assert_array_equal(found["log_weights"], gan_jax.load(vae_run)(range(5), draw="log_weights"))
    with pytest.raises(InputError, match=r"--draw=log_weights gives float32 \[\]: write FILE.npz"):
        run(f"--out={tmp_path / 'weights.png'}")


def test_describe_tells_what_a_model_can_be_asked_for(gan_run, vae_run, capsys):
    assert sample.main([f"--workdir={gan_run}", "--describe"]) == 0
    told = capsys.readouterr().out
    assert "--draw=image  (the default)" in told and "label: a class, 0 to 5" in told and "truncation" in told
    assert sample.main([f"--workdir={vae_run}", "--describe"]) == 0
    assert "--draw=reconstruction\n  gives      8x8x3 pixels\n  condition  image" in capsys.readouterr().out


def test_the_classes_of_images_to_rebuild_are_found_by_name(gan, tmp_path):
    known = gan.facts["classes"]
    for name in known[4], known[1], known[4]:
        (tmp_path / name).mkdir(exist_ok=True)
        Image.new("L", (9, 12)).save(tmp_path / name / f"{len(list(tmp_path.rglob('*.png')))}.png")
    found = wishes.own_labels(gan, tmp_path)
    assert [known[label] for label in found] == sorted((known[4], known[1], known[4]))
    (tmp_path / known[1]).rename(tmp_path / "teapot")
    with pytest.raises(InputError, match="'teapot'"):
        wishes.own_labels(gan, tmp_path)
    with pytest.raises(InputError, match="--labels"):
        wishes.own_labels(gan, tmp_path / known[4])


def test_what_is_there_is_not_overwritten_unless_asked(draw, tmp_path):
    out = tmp_path / "grid.png"
    out.write_text("precious")
    with pytest.raises(InputError, match="--overwrite"):
        draw("--num=4", f"--out={out}")
    assert out.read_text() == "precious"
    assert draw("--num=4", f"--out={out}", "--overwrite") == 0 and pixels(out).shape == (130, 130, 3)
    assert draw("--num=2", f"--out={tmp_path / 'pngs'}") == 0
    assert draw("--seeds=2-3", f"--out={tmp_path / 'pngs'}") == 0  # adds to the folder
    with pytest.raises(InputError, match=r"seed00000003\.png would"):
        draw("--seeds=3-5", f"--out={tmp_path / 'pngs'}")
    assert len(list((tmp_path / "pngs").iterdir())) == 4


def test_npz_is_written_part_by_part_and_never_by_halves(tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (10, 4, 5, 3), np.uint8)
    out = tmp_path / "images.npz"
    seen = []

    def parts():
        for start in range(0, 10, 3):
            yield images[start : start + 3]
            (partial,) = tmp_path.iterdir()
            assert partial != out
            seen.append(partial.stat().st_size)

    export.save_npz(parts(), out, "images", {}, seeds=np.arange(10))
    assert len(seen) == 4 and zipfile.ZipFile(out).testzip() is None
    np.testing.assert_array_equal(np.load(out, allow_pickle=False)["images"], images)
    before = out.read_bytes()

    def broken():
        yield images[:3]
        raise RuntimeError("the device is gone")

    with pytest.raises(RuntimeError):
        export.save_npz(broken(), out, "images", {}, seeds=np.arange(10))
    with pytest.raises(ValueError, match="3 images came for 10"):
        export.save_npz([images[:3]], out, "images", {}, seeds=np.arange(10))
    assert [file.name for file in tmp_path.iterdir()] == ["images.npz"] and out.read_bytes() == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out=x.png"], "--seeds or --num"),
        (["--num=4"], "--out"),
        (["--num=0", "--out=x.png"], "--num=0"),
        (["--num=4", "--seeds=1", "--out=x.png"], "not allowed"),
        (["--num=4", "--bogus=1", "--out=x.png"], "--bogus"),
        (["--seeds=5-3", "--out=x.png"], "'5-3'"),
        (["--seeds=1,,2", "--out=x.png"], "''"),
        (["--seeds=4294967296", "--out=x.png"], "below 4294967296"),
        (["--seeds=-1", "--out=x.png"], "'-1'"),
        (["--num=4", "--labels=cat", "--out=x.png"], "'cat'"),
        (["--num=4", "--labels=0-6", "--out=x.png"], "'0-6' is not a number or a range such as 0-5, below 6"),
        (["--num=4", "--option", "truncatoin=1", "--out=x.png"], "Did you mean 'truncation'"),
        (["--num=4", "--option", "truncation", "--out=x.png"], "NAME=VALUE"),
        (
            ["--num=4", "--condition", "colour=1", "--out=x.png"],
            "--condition colour=1: the draw 'image' is asked with label, not with 'colour'",
        ),
        (["--num=4", "--draw=imago", "--out=x.png"], "--draw=imago: .* Did you mean 'image'"),
        (["--num=4", "--truncation=-1", "--out=x.png"], "truncation"),
        (["--num=4", "--batch_size=0", "--out=x.png"], "batch_size"),
        (["--num=4", "--out=x.jpeg"], r"x\.jpeg"),
        (["--num=4", "--out=x.png", "--format=npz"], r"a file \.npz"),
        (["--num=4", "--out=x.npz", "--format=jpg"], "jpg"),
        (["--num=4", "--out=.", "--format=png", "--step=3"], "step = 3"),
        (["--num=4", "--out=x.png", "--step=2", "--best"], "not allowed"),
        (["--num=4", "--out=x.png", "--best"], "checkpoint"),
        (["--num=1", "--out=x.gif", "--interpolate"], "--interpolate: a walk needs two seeds, .*voxels only turn"),
        (["--num=2", "--out=x.gif", "--interpolate", "--frames=0"], "0"),
        (["--num=2", "--out=x.avi", "--interpolate"], r"\.gif"),
        (["--reconstruct=.", "--out=x.png", "--truncation=1"], "--truncation"),
        (["--reconstruct=nowhere", "--out=x.png"], "--reconstruct: gan, step 4 has no draw 'reconstruction'"),
        (["--num=5000000000", "--out=x.png"], "are too many at a time"),
        (["--seeds=0-4294967295", "--out=x.png"], "are too many at a time"),
        (["--seeds=1,2,1", "--out=x"], "1 is given twice"),
        (["--num=2", "--frames=1000000000", "--interpolate", "--out=x.gif"], "too many"),
        (["--num=4", "--out="], "a path is missing"),
        (["--num=4", "--workdir=", "--out=x.png"], "a path is missing"),
        (["--num=4", "--condition", "label=1", "--labels=2", "--out=x.png"], "label"),
        (["--num=4", "--dry-run", "--out=x.png"], "--dry-run: there is no such argument"),
        (["--num=-3", "--out=x.png"], "--num=-3 should be at least 1"),
        (["--num=2", "--out=x.gif", "--interpolate", "--format=grid"], "--format=grid is not for films"),
        (["--num=2", "--out=x.gif"], r"--out=x\.gif: a film goes from seed to seed: .*--interpolate"),
        (["--num=2", "--out=x.mp4", "--format=png"], r"--out=x\.mp4: a film goes from seed to seed"),
        (["--num=2", "--out=x", "--frames=32"], "--frames=32 is of films, and a film goes"),
        (["--num=2", "--out=x", "--share=0.5"], r"--share=0\.5 is of another run's .* --blend"),
        (["--num=2", "--out=x", "--share=nan", "--blend=."], "--share=nan should be at least 0"),
        (["--num=2", "--out=x", "--own_size"], "--own_size is of pictures that are given: name them"),
        (["--num=2", "--out=x", "--own_size", "--condition=label=1"], "--own_size .* draw 'image' is given .*: label"),
        (["--num=4", "--labels=trianglee", "--out=x.png"], "no class|is not a number"),
    ],
)
def test_bad_input_is_one_message(draw, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        draw(*arguments)
    assert not list(tmp_path.iterdir())


def test_the_command_itself(gan_run, gan, tmp_path):
    def run(*arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, str(ROOT / "sample.py"), *arguments]
        return subprocess.run(command, env=environment(devices=2), cwd=tmp_path, capture_output=True, text=True)

    done = run(f"--workdir={gan_run}", "--seeds=0-63", "--labels=3", "--out=images.npz")
    assert done.returncode == 0, done.stderr
    assert "64/64" in done.stderr and "images.npz" in done.stderr
    np.testing.assert_array_equal(np.load(tmp_path / "images.npz")["images"], gan(range(64), {"label": 3}))
    missing = run("--workdir=nowhere", "--num=4", "--out=x.png")
    assert missing.returncode == 2 and missing.stderr.count("\n") == 1 and "nowhere holds no run" in missing.stderr
