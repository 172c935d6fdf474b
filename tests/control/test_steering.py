"""sample.py with codes, and the commands that find directions and codes: what they write, and what they refuse."""

import experiments
import numpy as np
import pytest
from conftest import begun
from PIL import Image

import gan_jax
from gan_jax.commands import directions as directions_command
from gan_jax.commands import projection as projection_command
from gan_jax.commands import sample
from gan_jax.commands import steering_measured as steering_command
from gan_jax.control import directions, edits, finding, projection
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import spaces
from gan_jax.errors import InputError
from gan_jax.sampling.grids import GAP, enlarge, grid


@pytest.fixture(scope="module")
def style(stylegan_run):
    return gan_jax.load(stylegan_run)


@pytest.fixture
def draw(stylegan_run):
    return lambda *arguments: sample.main([f"--workdir={stylegan_run}", *map(str, arguments)])


def pixels(path):
    return np.asarray(Image.open(path)).astype(int)


def assert_near(found, expected):
    """Two programs may differ in their last bits."""
    assert found.shape == expected.shape and np.abs(found.astype(int) - expected).max() <= 1


def test_a_grid_of_mixtures_has_the_unmixed_above_and_at_the_left(draw, style, tmp_path):
    out = tmp_path / "mixed.png"
    assert draw("--seeds=3,4", "--mix_with=8-10", "--layers=1,2", f"--out={out}") == 0
    first, others = style([3, 4], draw="w"), style([8, 9, 10], draw="w")
    rows = [np.full((8, 8, 3), 255), *style([8, 9, 10])]
    for code, seed in zip(first, (3, 4), strict=True):
        mixed = edits.mixed(np.stack([code] * 3), others, np.array([1, 2]))
        rows += [*style([seed]), *style([seed] * 3, {"w": mixed}, draw="from_w")]
    assert_near(pixels(out), grid(enlarge(np.stack(rows).astype(np.uint8)), 4))


def test_mixtures_as_files_say_of_what_they_are(draw, style, tmp_path):
    assert draw("--seeds=3,4", "--mix_with=8", "--layers=0", f"--out={tmp_path / 'a'}") == 0
    files = sorted((tmp_path / "a").iterdir())
    assert [file.name for file in files] == [f"seed0000000{seed}_with_seed00000008.png" for seed in (3, 4)]
    own = {"run": "stylegan", "step": "0", "draw": "from_w", "seed": "4", "mixed_with": "8"}
    text = Image.open(files[1]).text
    assert {key: text[key] for key in own} == own


def test_a_direction_makes_a_row_of_strengths_for_each_seed(draw, style, tmp_path):
    out = tmp_path / "moved.npz"
    assert draw("--seeds=3,4", "--direction=1", "--strength=-2,0,2", "--layers=0,1", f"--out={out}") == 0
    found = np.load(out)
    np.testing.assert_array_equal(found["seeds"], [3, 3, 3, 4, 4, 4])
    np.testing.assert_array_equal(found["strength"], [-2, 0, 2, -2, 0, 2])
    assert_near(found["images"][[1, 4]], style([3, 4]))
    step = finding.find(style, spaces(style)["w"], count=2, layers=[0, 1]).steps[1]
    codes = edits.moved(style([4], draw="w"), -2 * step, np.array([0, 1]))
    assert_near(found["images"][3:4], style([4], {"w": codes}, draw="from_w"))
    assert draw("--seeds=3,4", "--direction=1", "--strength=-2,0,2", "--layers=0,1", f"--out={tmp_path / 'x.png'}") == 0
    assert_near(pixels(tmp_path / "x.png"), grid(enlarge(found["images"]), 3))


def test_directions_of_a_file_are_taken_with_their_space_and_layers(draw, style, stylegan_run, tmp_path):
    file = tmp_path / "found.npz"
    asked = ["--method=pca", "--space=w", "--num=50", "--count=2", "--layers=2-3", f"--out={file}"]
    assert directions_command.main([f"--workdir={stylegan_run}", *asked]) == 0
    found = directions.read(file, "x")
    assert found.layers == (2, 3) and found.steps.shape == (2, 8)
    out = tmp_path / "moved.npz"
    moved = ["--seeds=3", "--direction=0", f"--directions={file}", "--strength=1.5", "--option", "psi=0.5"]
    assert draw(*moved, f"--out={out}") == 0
    codes = edits.moved(style([3], draw="w", psi=0.5), 1.5 * found.steps[0], np.array([2, 3]))
    assert_near(np.load(out)["images"], style([3], {"w": codes}, draw="from_w"))
    with pytest.raises(InputError, match="--direction=2: there are the directions 0 to 1"):
        draw("--seeds=3", "--direction=2", f"--directions={file}", "--strength=1", f"--out={tmp_path / 'y.png'}")
    with pytest.raises(InputError, match=r"holds directions \[8\] in w, and a code of z"):
        draw("--seeds=3", "--direction=0", "--space=z", f"--directions={file}", "--strength=1", "--out=y.png")
    with pytest.raises(InputError, match="--overwrite"):
        directions_command.main([f"--workdir={stylegan_run}", *asked])


def frames(path):
    film = Image.open(path)
    for number in range(film.n_frames):
        film.seek(number)
        yield np.asarray(film.convert("RGB"))


def test_a_walk_through_codes_is_straight_in_w_and_between_classes(draw, style, tmp_path, monkeypatch):
    seen = []
    monkeypatch.setattr(sample.films, "save_film", lambda parts, path, *rest: seen.append(np.concatenate(list(parts))))
    walk = ["--seeds=5", "--labels=1,3,0", "--interpolate", "--frames=2", "--out=walk.gif"]
    assert draw("--space=w", *walk) == 0 and draw("--space=class", *walk) == 0
    [in_w, by_class] = seen
    codes = style([5, 5, 5], {"label": [1, 3, 0]}, draw="w")
    middle = (codes[:2] + codes[1:]) / 2
    assert_near(in_w[[1, 3]], style([5, 5], {"w": middle}, draw="from_w"))
    half = np.zeros((1, 6), np.float32)
    half[0, [1, 3]] = 0.5
    assert_near(by_class[1:2], style([5], {"class": half}, draw="from_class"))
    for film in seen:
        assert_near(film[[0, 2, 4]], style([5, 5, 5], {"label": [1, 3, 0]}))


def test_codes_of_images_serve_every_other_option(draw, style, stylegan_run, tmp_path, monkeypatch):
    monkeypatch.setattr(projection, "CODES", 64)
    monkeypatch.setattr(projection, "CANDIDATES", 16)
    (tmp_path / "in").mkdir()
    for name, image in zip("ab", style([31, 32]), strict=True):
        Image.fromarray(image).save(tmp_path / "in" / f"{name}.png")
    out = tmp_path / "out"
    asked = [f"--workdir={stylegan_run}", f"--images={tmp_path / 'in'}", "--space=w+", "--steps=40", f"--out={out}"]
    assert projection_command.main(asked) == 0
    found = np.load(out / "codes.npz")
    assert found["w"].shape == (2, 4, 8) and (found["w"] != found["w"][:, :1]).any() and (found["psnr"] > 15).all()
    assert sorted(file.name for file in (out / "images").iterdir()) == ["a.png", "b.png"]
    text = Image.open(out / "images" / "a.png").text
    assert text["source"] == "a.png" and float(text["psnr"]) == pytest.approx(found["psnr"][0], abs=0.01)

    given = ["--condition", f"w={out / 'codes.npz'}"]
    assert draw("--draw=from_w", *given, f"--out={tmp_path / 'again'}") == 0
    again = np.stack([pixels(file) for file in sorted((tmp_path / "again").iterdir())])
    np.testing.assert_array_equal(again, np.stack([pixels(out / "images" / f"{name}.png") for name in "ab"]))
    assert draw(*given, "--direction=0", "--strength=0,1", f"--out={tmp_path / 'moved.npz'}") == 0
    assert_near(np.load(tmp_path / "moved.npz")["images"][[0, 2]], again)
    assert draw(*given, "--mix_with=5", "--layers=0-3", f"--out={tmp_path / 'mixed.npz'}") == 0
    mixed = style([0, 1], {"w": style([5, 5], draw="w")}, draw="from_w")
    assert_near(np.load(tmp_path / "mixed.npz")["images"], mixed)
    assert draw(*given, "--interpolate", "--frames=2", f"--out={tmp_path / 'walk.gif'}") == 0
    assert len(list(frames(tmp_path / "walk.gif"))) == 3
    with pytest.raises(InputError, match="--overwrite"):
        projection_command.main(asked)


def test_the_latent_of_a_vae_is_steered_like_any_other(vae_run, tmp_path):
    vae, out = gan_jax.load(vae_run), tmp_path / "moved.npz"
    run = [f"--workdir={vae_run}", "--seeds=3", "--direction=0", "--strength=-1,1"]
    assert sample.main([*run, "--option", "truncation=0.5", f"--out={out}"]) == 0
    step = finding.find(vae, spaces(vae)["z"], count=1).steps[0]
    code = vae([3], draw="z", truncation=0.5)
    expected = vae([3, 3], {"z": np.concatenate([code - step, code + step]).astype(np.float32)}, draw="from_z")
    assert_near(np.load(out)["images"], expected)
    with pytest.raises(InputError, match="a code of z is one for all layers"):
        sample.main([f"--workdir={vae_run}", "--seeds=3", "--mix_with=4", "--layers=0", f"--out={tmp_path / 'y.png'}"])


def test_a_traversal_gives_each_latent_each_value_in_turn(draw, style, tmp_path):
    out = tmp_path / "traversed.npz"
    assert draw("--seeds=3,4", "--traverse=1,6", "--strength=-2,0.5", f"--out={out}") == 0
    found = np.load(out)
    np.testing.assert_array_equal(found["seeds"], [3] * 4 + [4] * 4)
    np.testing.assert_array_equal(found["latent"], [1, 1, 6, 6] * 2)
    np.testing.assert_array_equal(found["strength"], [-2, 0.5] * 4)
    codes = style([4], draw="z")
    codes[0, 6] = 0.5
    assert_near(found["images"][7:], style([4], {"z": codes}, draw="from_z"))
    assert draw("--seeds=3", "--traverse", f"--out={tmp_path / 'x.png'}") == 0
    assert pixels(tmp_path / "x.png").shape[:2] == (8 * 64 + 7 * GAP, 7 * 64 + 6 * GAP)  # of 8 latents, -3 to 3
    assert draw("--seeds=3", "--traverse=2", "--strength=1", f"--out={tmp_path / 'a'}") == 0
    [file] = (tmp_path / "a").iterdir()
    assert file.name == "seed00000003_latent2_+1.png" and Image.open(file).text["latent"] == "2"


def test_latents_of_a_vae_are_ranked_by_their_divergence(vae_run, tmp_path):
    vae = gan_jax.load(vae_run)
    assert sample.main([f"--workdir={vae_run}", "--seeds=3", "--traverse", f"--out={tmp_path / 'x.npz'}"]) == 0
    kl = vae(range(96), draw="kl")  # of all the examples that it has
    assert np.load(tmp_path / "x.npz")["latent"][::7].tolist() == np.argsort(-kl.mean(axis=0)).tolist()
    assert (kl > 0).all() and len(set(kl.mean(axis=0))) == 4


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A folder of two pictures."""
    folder = tmp_path_factory.mktemp("own")
    for name, image in zip("ab", np.random.default_rng(0).integers(0, 256, (2, 8, 8, 3), np.uint8), strict=True):
        Image.fromarray(image).save(folder / f"{name}.png")
    return folder


def test_images_of_ones_own_are_encoded_changed_and_walked_through(vae_run, own, tmp_path, monkeypatch):
    vae, run = gan_jax.load(vae_run), [f"--workdir={vae_run}", "--condition", f"image={own}"]
    images = np.stack([pixels(own / f"{name}.png") for name in "ab"]).astype(np.uint8)
    codes, rebuilt = vae([0, 1], {"image": images}, draw="to_z"), vae([0, 1], {"image": images}, draw="reconstruction")
    assert sample.main([*run, "--direction=0", "--strength=0,2", f"--out={tmp_path / 'moved'}"]) == 0
    files = sorted((tmp_path / "moved").iterdir())
    assert [file.name for file in files] == ["a_+0.png", "a_+2.png", "b_+0.png", "b_+2.png"]
    assert Image.open(files[2]).text["source"] == "b.png"
    assert_near(np.stack([pixels(file) for file in files[::2]]), rebuilt)
    step = finding.find(vae, spaces(vae)["z"], count=1).steps[0]
    assert_near(pixels(files[3])[None], vae([1], {"z": codes[1:] + 2 * step}, draw="from_z"))

    assert sample.main([*run, "--seeds=7", "--traverse=1", "--strength=3", f"--out={tmp_path / 'x.npz'}"]) == 0
    codes[1, 1] = 3
    assert_near(np.load(tmp_path / "x.npz")["images"], vae([7], {"z": codes[1:]}, draw="from_z"))  # row 7 modulo 2

    seen = []
    monkeypatch.setattr(sample.films, "save_film", lambda parts, path, *rest: seen.append(np.concatenate(list(parts))))
    assert sample.main([*run, "--interpolate", "--frames=3", f"--out={tmp_path / 'walk.gif'}"]) == 0
    assert_near(seen[0][[0, 3]], rebuilt)


def test_the_classes_of_ones_own_images_are_those_of_their_folders(tmp_path):
    run = begun(experiments.vae(objective__conditional=True), tmp_path / "run")
    images = np.random.default_rng(1).integers(0, 256, (2, 8, 8, 3), np.uint8)
    for folder, image in zip(("disc", "star"), images, strict=True):
        (tmp_path / "in" / folder).mkdir(parents=True)
        Image.fromarray(image).save(tmp_path / "in" / folder / "x.png")
    asked = [f"--workdir={run}", "--condition", f"image={tmp_path / 'in'}", "--direction=0", "--strength=0"]
    model, out = gan_jax.load(run), tmp_path / "x.npz"
    for labels, given in (([0, 4], []), ([3, 3], ["--labels=square"])):
        assert sample.main([*asked, *given, f"--out={out}", "--overwrite"]) == 0
        rebuilt = model([0, 1], {"image": images, "label": labels}, draw="reconstruction")
        assert_near(np.load(out)["images"], rebuilt)
        assert np.load(out)["labels"].tolist() == labels


def test_codes_are_not_of_pictures_of_any_size(draw, own, tmp_path):
    with pytest.raises(InputError, match="--own_size: codes are of pictures of the data's size"):
        draw("--condition", f"image={own}", "--own_size", "--direction=0", "--strength=1", f"--out={tmp_path / 'x'}")


def test_a_model_that_does_not_encode_says_so(draw, own, tmp_path):
    with pytest.raises(InputError, match="'from_w' is asked with w, not with 'image'"):
        draw("--condition", f"image={own}", "--direction=0", "--strength=1", f"--out={tmp_path / 'x.png'}")


def test_directions_of_factors_are_asked_for_by_name(vae_run, tmp_path, caplog):
    file, out = tmp_path / "found.npz", tmp_path / "x.npz"
    asked = [f"--workdir={vae_run}", "--method=regression", "--source=sprites(count=200,seed=4)", f"--out={file}"]
    with caplog.at_level("INFO"):
        assert directions_command.main(asked) == 0
    found = directions.read(file, "x")
    assert found.names[6:10] == ("hue_cos", "hue_sin", "size", "angle_cos") and found.steps.shape == (18, 4)
    assert "R² of z: shape_disc" in caplog.text and "mostly noise (R²)" in caplog.text
    moved = [f"--workdir={vae_run}", "--seeds=3", f"--directions={file}", "--strength=1", f"--out={out}"]
    assert sample.main([*moved, "--direction=size"]) == 0
    code = gan_jax.load(vae_run)([3], draw="z")
    expected = gan_jax.load(vae_run)([3], {"z": code + found.steps[8]}, draw="from_z")
    assert_near(np.load(out)["images"], expected)
    assert np.load(out)["direction"].tolist() == ["size"]
    with pytest.raises(InputError, match="--direction=hue: there are the directions 0 to 17, and by name shape_disc, "):
        sample.main([*moved, "--direction=hue", "--overwrite"])


def test_directions_of_a_generator_are_of_what_is_read_in_its_images(stylegan_run, tmp_path):
    file = tmp_path / "found.npz"
    asked = [f"--workdir={stylegan_run}", "--method=regression", "--num=60", f"--out={file}", "--layers=1-2"]
    assert directions_command.main(asked) == 0
    found = directions.read(file, "x")
    assert found.names == ("hue_cos", "hue_sin", "size", "x", "y", "background_cos", "background_sin")
    assert (found.space, found.steps.shape, found.layers) == ("w", (7, 8), (1, 2))


def test_a_model_that_neither_encodes_nor_has_a_reader_is_told_apart(stylegan_run, own, tmp_path):
    asked = ["--method=regression", "--num=40", f"--source={own}", f"--out={tmp_path / 'x.npz'}"]
    message = "does not encode to w, as VAEs do .to_w.: the source cannot read factors from images"
    with pytest.raises(InputError, match=message):
        directions_command.main([f"--workdir={stylegan_run}", *asked])


def test_what_directions_do_is_measured(vae_run, tmp_path, capsys, caplog):
    file, out = tmp_path / "found.npz", tmp_path / "measured.npz"
    steps = np.eye(3, 4, dtype=np.float32)
    directions.save(Directions("z", steps, np.ones(3), (), ("x", "shape_disc", "hue_cos")), file)
    data = "--source=sprites(count=120,seed=4)"
    asked = [f"--workdir={vae_run}", f"--directions={file}", data, "--num=5", f"--out={out}"]
    with caplog.at_level("INFO"):
        assert steering_command.main([*asked, "--strength=-1,1"]) == 0
    assert "read measured in the pixels" in caplog.text
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:3] == ["direction", "attribute", "slope"] and "cannot be read" in lines[2]
    found = np.load(out)
    assert found["slopes"].shape == (3, 7) and found["aims"].tolist() == [3, -1, 0]
    name, _, slope, r2 = lines[1].split()[:4]
    assert (name, float(slope)) == ("x", pytest.approx(found["slopes"][0, 3], abs=0.01))
    assert float(r2) == pytest.approx(found["linearity"][0, 3], abs=0.01)
    for wrong, message in (("--strength=1", "two strengths"), ("--num=0", "--num=0"), ("--out=x.txt", "a file .npz")):
        with pytest.raises(InputError, match=message):
            steering_command.main([*asked, wrong])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--mix_with=3"], "--mix_with takes --layers"),
        (["--mix_with=3", "--layers=0-4"], "--layers=0-4: '0-4' is not a number or a range such as 0-3, below 4"),
        (["--mix_with=3", "--layers=0", "--direction=1", "--strength=1"], "pictures of their own"),
        (["--mix_with=x", "--layers=0"], "--mix_with=x"),
        (["--mix_with=3,3", "--layers=0", "--out=folder"], "--mix_with: 3 is given twice"),
        (["--direction=0"], "--direction and --strength go together"),
        (["--strength=1"], "--direction and --strength go together"),
        (["--direction=0", "--strength=1,x"], "--strength=1,x: should be numbers"),
        (["--direction=0", "--strength=nan"], "--strength=nan: should be numbers"),
        (["--direction=-1", "--strength=1"], "--direction=-1"),
        (["--direction=8", "--strength=1"], "--direction=8: there are the directions 0 to 7"),
        (["--direction=0", "--strength=1", "--directions=none.npz"], "none.npz"),
        (["--direction=0", "--strength=1", "--draw=w"], "--space says which"),
        (["--direction=hue", "--strength=1"], "--direction=hue: give a number from 0, or the file"),
        (["--traverse", "--direction=0", "--strength=1"], "pictures of their own"),
        (["--traverse", "--interpolate", "--out=walk.gif"], "--traverse makes pictures, not a film"),
        (["--traverse=0-8"], "--traverse=0-8: '0-8' is not a number or a range such as 0-7, below 8"),
        (["--traverse", "--space=w"], "--traverse: the numbers of w have no scale in common"),
        (["--traverse", "--layers=0"], "--layers says"),
        (["--directions=x.npz"], "--directions says"),
        (["--layers=3"], "--layers says"),
        (["--space=w"], "--space says"),
        (["--space=v", "--direction=0", "--strength=1"], "--space=v: .* has no space 'v'"),
        (["--interpolate", "--space=w", "--out=walk.gif", "--seeds=1"], "two codes"),
        (["--direction=0", "--strength=1", "--condition", "w=1,2"], "--condition w=1,2: 2 numbers"),
        (["--direction=0", "--strength=1", "--condition", "hue=1"], "is asked with w, not with 'hue'"),
        (["--direction=0", "--strength=1", "--option", "pis=1"], "no option 'pis'"),
    ],
)
def test_bad_input_is_one_message(draw, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    more = [] if any(argument.startswith("--out") for argument in arguments) else ["--out=x.png"]
    seeds = [] if any(argument.startswith("--seeds") for argument in arguments) else ["--seeds=0-2"]
    with pytest.raises(InputError, match=message):
        draw(*arguments, *more, *seeds)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--out=x.txt"], r"a file \.npz"),
        (["--count=0", "--out=x.npz"], "--count=0"),
        (["--space=v", "--out=x.npz"], "has no space 'v'"),
        (["--layers=4", "--out=x.npz"], "--layers=4"),
        (["--space=z", "--layers=0", "--out=x.npz"], "one for all layers"),
        (["--source=sprites()", "--out=x.npz"], "sefa looks at no data"),
        (
            ["--method=regression", "--num=20", "--out=x.npz"],
            "20 examples are too few for a regression on the 8 numbers of a code of w",
        ),
    ],
)
def test_directions_refuses_bad_input(stylegan_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=message):
        directions_command.main([f"--workdir={stylegan_run}", *arguments])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "nothing.png"),
        (["--steps=0"], "--steps=0"),
        (["--starts=999"], "--starts=999 should be at most 256"),
        (["--learning_rate=nan"], "--learning_rate=nan"),
        (["--space=z+"], r"z\+: a code of z has no rows"),
        (["--space=z"], "label is missing"),
        (["--lpips=none.npz"], "none.npz"),
        (["--condition", "hue=1"], "not with 'hue'"),
        (["--option", "psi=1"], "no option 'psi'"),
        (["--out=here.png"], "here.png is a file"),
    ],
)
def test_projection_refuses_bad_input(stylegan_run, tmp_path, monkeypatch, arguments, message):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (8, 8)).save("here.png")
    image = "here.png" if arguments else "nothing.png"
    with pytest.raises(InputError, match=message):
        projection_command.main([f"--workdir={stylegan_run}", f"--images={image}", "--out=out", *arguments])
    assert [file.name for file in tmp_path.iterdir()] == ["here.png"]
