"""Sets whose shares are planted, audited by the command and by its parts."""

import json

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression

from gan_jax.commands.bias import main
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.evaluation import bias
from gan_jax.evaluation.attributes import Attribute
from gan_jax.evaluation.bias import Read
from gan_jax.evaluation.findings import Finding
from gan_jax.features import Features
from gan_jax.metrics.shares import confusion

SPRITES = "sprites(count=300, resolution=(16, 16))"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_CACHE", str(tmp_path / "cache"))


def skewed(path, count: int, blue: float, right: float = 0.5, seed: int = 0) -> str:
    """Sprites with known factors, a share of which has a hue above a half, and a share lies on the right."""
    rng = np.random.default_rng(seed)
    uniform = rng.random((count, 8))
    for column, share in ((1, blue), (4, right)):
        above = np.arange(count) < round(share * count)
        uniform[:, column] = 0.05 + 0.4 * uniform[:, column] + 0.5 * rng.permutation(above)
    factors = np.stack([sprites.factors_of(row) for row in uniform])
    np.savez(path, images=np.stack([sprites.draw(row, (16, 16)) for row in factors]), factors=factors)
    return str(path)


def audited(tmp_path, *arguments: str) -> dict[str, dict]:
    out = tmp_path / "out.jsonl"
    assert main([*arguments, "--features=pixels", f"--out={out}"]) == 0
    return {row["name"]: row for row in map(json.loads, out.read_text().splitlines())}


def test_skewed_sprites(tmp_path, capsys):
    train = skewed(tmp_path / "train.npz", 400, blue=0.25)
    made = skewed(tmp_path / "made.npz", 300, blue=0.1, seed=1)
    source = f'npz(path="{train}", columns=(("factors", "factors"),))'
    arguments = ["--attribute=hue>0.5", "--attribute=x>0.5", f"--labelled=hue={SPRITES}", f"--labelled=x={SPRITES}"]
    found = audited(tmp_path, source, made, *arguments)
    blue = found["share/hue>0.5"]
    assert blue["null"] == 0.25 and blue["settings"]["training"] == "known"
    assert blue["value"] == pytest.approx(0.1, abs=0.01) and blue["low"] < 0.1 < blue["high"] < 0.25
    assert blue["n"] == 300 and blue["seed"] == 0 and blue["features"]["name"] == "pixels" and blue["seconds"] >= 0
    assert len(blue["data_sha256"]) == len(blue["generated_sha256"]) == 64 and blue["checkpoint_sha256"] is None
    amplified = found["amplification/hue>0.5"]
    assert amplified["null"] == 0 and amplified["high"] < 0
    assert amplified["value"] == pytest.approx(np.log(0.1 / 0.9) - np.log(0.25 / 0.75), abs=0.1)
    right = found["amplification/x>0.5"]
    assert right["low"] < 0 < right["high"]
    cell = found["cell/hue>0.5&x>0.5"]
    assert cell["settings"]["differs"] and cell["null"] > cell["high"]
    assert found["discrepancy/hue>0.5"]["value"] > 3 * found["discrepancy/hue>0.5"]["null"]
    assert {"recall/hue>0.5", "coverage/x<=0.5"} <= set(found)
    assert "share/hue>0.5" in capsys.readouterr().out


def digits_classifier(images, labels, monkeypatch) -> None:
    """Puts a logistic regression in the place of the pixels' features."""
    model = LogisticRegression(max_iter=200).fit(images.reshape(len(images), -1), labels)

    def make():
        def apply(params, x):
            flat = x.reshape(len(x), -1)
            return {"features": flat / 255.0, "logits": flat @ model.coef_.T + model.intercept_}

        return Features("digits", 64, {"name": "digits"}, {}, apply, 256)

    monkeypatch.setattr("gan_jax.features.pixels.make", make)


def test_digits_with_a_planted_skew(tmp_path, monkeypatch):
    digits = load_digits()
    images, labels = np.rint(digits.images * 255 / 16).astype(np.uint8)[..., None], digits.target
    order = np.random.default_rng(0).permutation(len(labels))
    images, labels = images[order], labels[order]
    digits_classifier(images[:500], labels[:500], monkeypatch)
    parts = {"train": slice(500, 1000), "held_out": slice(1000, 1797)}
    places = {}
    for name, part in parts.items():
        places[name] = str(tmp_path / f"{name}.npz")
        np.savez(places[name], images=images[part], labels=labels[part])
    rest = np.arange(1000, 1797)
    fewer = rest[(labels[rest] != 3) | (np.arange(len(rest)) % 4 == 0)]  # a quarter of the threes
    np.savez(tmp_path / "made.npz", images=images[fewer])
    known = [f"--labelled=label={places['held_out']}"]
    found = audited(tmp_path, places["train"], str(tmp_path / "made.npz"), "--attribute=label=pixels", *known)
    truth = np.bincount(labels[fewer]) / len(fewer)
    for digit in range(10):
        row = found[f"share/label/{digit}"]
        assert row["low"] < truth[digit] < row["high"]
    assert found["amplification/label/3"]["high"] < 0
    assert [name for name, row in found.items() if "differs" in row["settings"]] == ["cell/label/3"]
    assert sum(found[f"share/label/{digit}"]["value"] for digit in range(10)) == pytest.approx(1)


def read_of(true: np.ndarray, generated: np.ndarray, name: str = "a") -> bias.Read:
    """An attribute that nobody misreads."""
    classes = (f"{name}0", f"{name}1")
    known = np.repeat([0, 1], 100)
    attribute = Attribute(name, classes, confusion(known, known, classes, name), "planted", lambda x: x, true)
    return bias.Read(attribute, true, generated)


def cells_of(rng, share: float, count: int = 400) -> dict[str, Finding]:
    sides = [(rng.random((2, count)) < p).astype(int) for p in (0.5, share)]
    reads = [read_of(sides[0][i], sides[1][i], name) for i, name in enumerate("ab")]
    return {finding.name: finding for finding in bias.cells(reads)}


def test_cells_of_one_law_do_not_differ_and_those_of_two_do():
    rng = np.random.default_rng(0)
    alarms = [any("differs" in cell.settings for cell in cells_of(rng, 0.5).values()) for _ in range(200)]
    assert np.mean(alarms) < 0.08
    assert "differs" in cells_of(rng, 0.7)["cell/a1&b1"].settings


def test_a_cell_of_few_images_has_no_share_but_one_that_vanished_has():
    a, none = np.repeat([0, 1], [380, 20]), np.zeros(400, int)
    found = {cell.name: cell for cell in bias.cells([read_of(a, a), read_of(1 - a, none, "b")])}
    assert found["cell/a1&b0"].value is None and found["cell/a1&b0"].settings["n"] == "too small"
    gone = found["cell/a0&b1"]
    assert gone.value == 0 and gone.settings["differs"] and gone.settings["images"] == 0


def test_shares_that_explain_nothing_have_no_interval(caplog):
    """One image in ten would be misread, and of 400 none is read as the other class."""
    known = np.repeat([0, 1], 300)
    matrix = confusion(known, np.where(np.arange(600) % 10, known, 1 - known), ("a", "b"), "it")
    one = Attribute("it", ("a", "b"), matrix, "", lambda images: images, None)
    for made, told in ((np.zeros(400, int), True), (np.arange(400) // 360, False)):
        caplog.clear()
        found = {finding.name: finding for finding in bias.shares(Read(one, known, made))}
        for name in ("share/a", "share/b", "amplification/a", "amplification/b"):
            assert (found[name].low is None) == (found[name].high is None) == told, name
            assert found[name].settings.get("misread") == ("otherwise" if told else None)
        assert ("--attribute it: no shares explain how often" in caplog.text) == told


def test_a_group_that_is_not_made_has_no_recall():
    rng = np.random.default_rng(0)
    groups = np.arange(400) % 2
    real = rng.standard_normal((400, 4)) + 8 * groups[:, None]
    fake = rng.standard_normal((200, 4))
    found = {finding.name: finding for finding in bias.quality(read_of(groups, groups), real, fake)}
    assert found["recall/a1"].value == 0 and found["recall/a1"].null > 0.8
    assert found["coverage/a0"].low < found["coverage/a0"].null + 0.1 and found["recall/a0"].value > 0.8


def test_a_run_is_swept_over_truncation(tmp_path, gan_run):
    plot = tmp_path / "plot.png"
    arguments = [f"run:{gan_run}", "--num=100", "--attribute=hue>0.5", "--sweep=1,0.5", f"--plot={plot}"]
    out = tmp_path / "out.jsonl"
    source = "--labelled=hue=sprites(count=300, resolution=(8, 8), seed=3)"
    with pytest.raises(InputError, match=r"96 training images .* are too few for shares: give 100"):
        main([*arguments, source])
    with pytest.raises(InputError, match=r"--sweep: truncation = -1.0 should be a number from 0 on"):
        main(["sprites(count=200, resolution=(8, 8))", *arguments, source, "--features=pixels", "--sweep=-1"])
    held = "sprites(count=200, resolution=(8, 8))"
    assert main([held, *arguments, source, "--features=pixels", f"--out={out}"]) == 0
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    swept = [row["settings"].get("truncation") for row in rows if row["name"] == "share/hue>0.5"]
    assert swept == [None, 1, 0.5] and plot.stat().st_size > 1000
    assert len({row["checkpoint_sha256"] for row in rows}) == 1 and rows[0]["checkpoint_sha256"]
    assert len({row["generated_sha256"] for row in rows}) == 3


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--attribute=hue"], r"--attribute hue: should be FACTOR>NUMBER.*or NAME=CLASSIFIER"),
        (["--attribute=hues>0.5"], r"has no such factor. Did you mean 'hue'"),
        (["--attribute=shape>0.5"], r"it cannot be read in 300 of 300 images.*needs a classifier"),
        (["--attribute=kind=pixels"], r"give them by --labelled 'kind=SOURCE'"),
        (["--attribute=hue>0.5.1"], r"--attribute hue>0.5.1: should be FACTOR>NUMBER"),
        (["--attribute=hue>0.5", "--plot=a.png"], "--plot is of a sweep: give --sweep"),
        (["--attribute=hue>0.5", "--out={folder}"], "--out=.* is a folder: name a file"),
        (["--attribute=hue>0.5", "--sweep=1,0.5"], "--sweep is of a model"),
        (["--attribute=hue>0.5", "--labelled=hue"], "--labelled hue: should be NAME=VALUE"),
        (
            ["--attribute=hue>0.5", "--labelled=hues=x"],
            "--labelled hues=x: no --attribute is of 'hues'. Did you mean 'hue'",
        ),
        (["--attribute=hue>0.5", "--attribute=hue>0.5"], "--attribute hue>0.5: given twice"),
        (["--attribute=hue>0.5", "--sweep="], "--sweep=: should be numbers"),
        (["--attribute=hue>0.5", "--sweep=1,1"], "--sweep=1,1: one is given twice"),
        (["--attribute=label=pixels", f"--labelled=label={SPRITES}"], "the features 'pixels' have no logits"),
    ],
)
def test_bad_input_is_refused(tmp_path, arguments, message):
    made = skewed(tmp_path / "made.npz", 120, blue=0.5)
    with pytest.raises(InputError, match=message):
        main([SPRITES, made, "--features=pixels", *(argument.format(folder=tmp_path) for argument in arguments)])
