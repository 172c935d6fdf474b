"""gan-jax metrics: any two sets, one line of JSON per result, one message for bad input."""

import io
import json
import shutil
import subprocess
import sys
import zipfile

import commands
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

import gan_jax
from gan_jax.commands.metrics import main
from gan_jax.errors import InputError
from gan_jax.evaluation import comparison
from gan_jax.features import Features, weights
from gan_jax.features.squeezenet import SqueezeNet
from gan_jax.metrics.frechet_distance import frechet_distance

SPRITES = "sprites(count=60, resolution=(8, 8), seed=4)"


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("GAN_JAX_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path / "weights"))
    comparison.few.cache_clear()


def draw(count=40, shape=(8, 8, 3), seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def folder(path, images, suffix="png"):
    path.mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image.squeeze()).save(path / f"{i:03d}.{suffix}")
    return str(path)


def archive(path, images):
    np.savez(path, images=images)
    return str(path)


def zipped(path, images):
    with zipfile.ZipFile(path, "w") as file:
        for i, image in enumerate(images):
            stream = io.BytesIO()
            Image.fromarray(image).save(stream, "png")
            file.writestr(f"{i:03d}.png", stream.getvalue())
    return str(path)


def rows(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def measured(tmp_path, *arguments):
    out = tmp_path / "out.jsonl"
    out.unlink(missing_ok=True)
    assert main([*arguments, "--features=pixels", f"--out={out}"]) == 0
    return rows(out)


def test_every_kind_of_set_with_every_other(tmp_path, gan_run):
    images, others = draw(), draw(seed=1)
    expected = frechet_distance(images.reshape(40, -1) / 255, others.reshape(40, -1) / 255).value
    real = [folder(tmp_path / "real", images), zipped(tmp_path / "real.zip", images)]
    fake = [archive(tmp_path / "fake.npz", others), f'images(path="{folder(tmp_path / "fake", others)}")']
    for a, b in zip(real, fake, strict=True):
        found = {row["metric"]: row["value"] for row in measured(tmp_path, a, b, "--metrics=fd")}
        assert found["fd_pixels"] == pytest.approx(expected, rel=1e-5)
    for a, b in ((real[0], SPRITES), (SPRITES, f"run:{gan_run}"), (f"run:{gan_run}@2", fake[0])):
        found = measured(tmp_path, a, b, "--num=30", "--metrics=precision_recall")
        assert [row["metric"] for row in found] == ["precision", "recall"]
        assert all((row["real_count"], row["fake_count"]) == (30, 30) for row in found)


def test_a_run_alone_is_held_against_its_own_data(tmp_path, gan_run, capsys):
    found = measured(tmp_path, f"run:{gan_run}", "--num=50", "--metrics=fd,copying_score", f"--held_out={SPRITES}")
    by_reference = {(row["metric"], row["reference"]): row for row in found}
    assert {("fd_pixels", "train"), ("fd_pixels", "held_out"), ("copying_score", "train")} <= set(by_reference)
    row = by_reference["fd_pixels", "held_out"]
    assert (row["real"], row["real_count"], row["fake_count"]) == (SPRITES, 50, 50)
    assert (row["seeds"], row["fake_split"]) == ("0-49", "generated")
    table = capsys.readouterr().out
    assert "run: gan, step 4 against train: sprites, all" in table and "copying_score" in table


def test_a_line_holds_all_that_a_value_depends_on(tmp_path):
    a, b = archive(tmp_path / "a.npz", draw()), archive(tmp_path / "b.npz", draw(30, seed=1))
    precision, recall, kernel = measured(
        tmp_path, a, f'npz(path="{b}", split="[:20]")', "--metrics=precision_recall,kid"
    )
    assert (precision["metric"], recall["metric"], kernel["metric"]) == ("precision", "recall", "kd_pixels")
    assert precision["key"].startswith("precision-")
    assert 0 <= precision["value"] <= 1 and precision["sd"] >= 0 and precision["seconds"] >= 0
    assert precision["settings"] == {"k": 3, "within": "<="}
    assert kernel["settings"] == {"subsets": 100, "subset_size": 10}
    assert (precision["real_count"], precision["fake_count"]) == (40, 20)
    assert (precision["real_split"], precision["fake_split"], precision["seeds"]) == ("all", "[:20]", "")
    assert precision["real"] == a and precision["reference"] == "train"
    identity = precision["features"]
    assert identity["name"] == "pixels" and identity["quantisation"] == "uint8 round"
    assert {"weights_sha256", "resize", "size"} <= set(identity) and identity["image_shape"] == [8, 8, 3]
    assert precision["versions"] == {"gan_jax": gan_jax.__version__, "jax": jax.__version__, "numpy": np.__version__}


def test_results_are_appended(tmp_path):
    a, out = archive(tmp_path / "a.npz", draw()), tmp_path / "deep" / "out.jsonl"
    for _ in range(2):
        main([a, a, "--metrics=mind", "--features=pixels", f"--out={out}"])
    assert [row["metric"] for row in rows(out)] == ["mind", "mind"]


def test_results_of_a_run_are_kept_beside_it(tmp_path, gan_run):
    shutil.copytree(gan_run, tmp_path / "gan")
    main([f"run:{tmp_path / 'gan'}@2", "--metrics=mind", "--features=pixels", "--num=20"])
    (row,) = rows(tmp_path / "gan" / "evaluations.jsonl")
    assert (row["metric"], row["fake"]) == ("mind", "run: gan, step 2")


def test_a_metric_that_fails_costs_none_that_was_measured(tmp_path):
    a, b, out = archive(tmp_path / "a.npz", draw()), archive(tmp_path / "b.npz", draw(5)), tmp_path / "out.jsonl"
    with pytest.raises(InputError, match="5 fake samples are too few: this metric needs at least 6"):
        main([a, b, "--metrics=fd,density_coverage", "--features=pixels", f"--out={out}"])
    assert [json.loads(row)["metric"] for row in out.read_text().splitlines()] == ["fd_pixels"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["{empty}", "{a}"], "empty holds no files"),
        (["{mixed}", "{a}"], r"the images have different sizes.*--resolution=HEIGHT,WIDTH"),
        (["{a}", "{large}"], r"The images have different sizes \(.*a.npz: 8x8, .*large.npz: 10x9\)"),
        (["{a}", "{a}", "--metrics=fd,nonsense"], "there is no 'nonsense'. Valid: accuracy"),
        (["{a}", "{a}", "--metrics=fd(k=3)"], "--metrics: fd has no settings"),
        (["{a}", "{a}", "--metrics=variety(answers=1)"], r"--metrics: variety\.answers = 1 should be"),
        (["{a}", "{a}", "--metrics=variety(answer=3)"], "variety.*answer.*answers"),
        (["{a}", "{a}", "--metrics=fd)+(kid"], "should be names, or name.setting=value., with commas"),
        (["{a}", "{a}", "--metrics=fd kid"], "'fd kid' should be names, or name.setting=value., with commas"),
        (["{a}", "{a}", "--features=classifer"], "Did you mean 'classifier'"),
        (["{a}", "{few}", "--metrics=precision_recall"], "3 fake samples are too few"),
        (["{a}", "{a}", "--features=squeezenet"], r"there are no weights at .*weights/squeezenet.npz"),
        (["{a}", "{a}", "--features=squeezenet", "--weights={lost}"], "there are no weights at .*lost.npz"),
        (
            ["{a}", "{a}", "--features=squeezenet", "--weights={a}"],
            r"a.npz \(SHA-256 [0-9a-f]{64}\): it has no",
        ),
        (
            ["{a}", "{a}", "--features=squeezenet", "--weights={altered}"],
            "SHA-256 [0-9a-f]{64}, but it was written",
        ),
        (["{a}"], "with what should it be compared"),
        (["{a}", "nothing_like_that"], "neither a file or folder"),
        (["run:{empty}"], "there is no run, for there is no file .*config.json"),
        (["{a}", "{a}", "--resolution=8x8"], "should be HEIGHT,WIDTH"),
        (["{a}", "{a}", "--metrics=copying_score"], "name them by held_out"),
        (["{a}", "{a}", "--metrics=accuracy"], "accuracy needs features with logits"),
        (["{a}", "{a}", "--no_such_flag"], "--no_such_flag"),
        (["{a}", "{a}", "--features=pixels", "--out={empty}"], "--out=.* is a folder: name a file"),
        (["{a}", "{a}", "--features=pixels", "--out={a}/x"], "--out=.* is a file"),
    ],
)
def test_bad_input_is_refused_with_a_message(tmp_path, arguments, message):
    places = {name: tmp_path / f"{name}.npz" for name in ("a", "few", "large", "lost", "altered")}
    archive(places["a"], draw())
    archive(places["few"], draw(3))
    archive(places["large"], draw(shape=(10, 9, 3)))
    weights.write(places["altered"], {"features.0.weight": np.zeros((64, 3, 3, 3), np.float32)})
    with np.load(places["altered"]) as file:
        arrays = dict(file)
    np.savez(places["altered"], **{**arrays, "features.0.weight": arrays["features.0.weight"] + 1})
    (tmp_path / "empty").mkdir()
    places["empty"] = tmp_path / "empty"
    places["mixed"] = folder(tmp_path / "mixed", [*draw(3), *draw(1, (9, 8, 3))])
    with pytest.raises(InputError, match=f"(?s){message}"):
        main([argument.format(**places) for argument in arguments])


def test_features_that_are_not_finite_are_refused(tmp_path, monkeypatch):
    def make():
        return Features(
            "broken", 1, {"name": "broken"}, {}, lambda params, x: {"features": jnp.log(x[:, 0, 0] - 200.0)}, 8
        )

    monkeypatch.setattr("gan_jax.features.pixels.make", make)
    a = archive(tmp_path / "a.npz", draw())
    with pytest.raises(InputError, match=r"rows of the real features are not finite.*NaN pixels"):
        main([a, a, "--features=pixels", "--metrics=kid"])


@pytest.mark.parametrize(
    ("other", "warning"),
    [
        (lambda path: folder(path / "grey", draw(shape=(8, 8, 1))), "3 and 1 channels"),
        (lambda path: folder(path / "photos", draw(), "jpg"), "One side has JPEG files"),
        (
            lambda path: archive(path / "few.npz", draw(20)),
            "20 samples are few for a Fréchet distance in 16",
        ),
    ],
    ids=["grey", "jpeg", "few"],
)
def test_what_moves_every_distance_is_warned_of(tmp_path, monkeypatch, caplog, other, warning):
    def make():
        def apply(params, images):
            rows = images.astype(jnp.float32).mean(-1).reshape(len(images), 16, 4)
            return {"features": rows.mean(-1)}

        return Features("rows", 16, {"name": "rows"}, {}, apply, 8)

    monkeypatch.setattr("gan_jax.features.pixels.make", make)
    main([archive(tmp_path / "real.npz", draw(100)), other(tmp_path), "--features=pixels", "--metrics=fd"])
    assert warning in caplog.text


def test_weights_of_the_users_own_are_known_by_their_hash(tmp_path, weights_file):
    file = weights_file(jax.eval_shape(SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 32, 32, 3))))
    sha256 = weights.fingerprint(weights.read(tmp_path / "drawn.npz").arrays)
    a, out = archive(tmp_path / "a.npz", draw(8)), tmp_path / "out.jsonl"
    main([a, a, "--features=squeezenet", f"--weights={file}", "--metrics=mind", f"--out={out}"])
    (row,) = rows(out)
    assert row["features"]["weights_sha256"] == sha256


def test_as_a_command(tmp_path):
    def run(*arguments):
        command = [sys.executable, "-m", "gan_jax", "metrics", *arguments]
        environment = commands.environment(GAN_JAX_CACHE=str(tmp_path / "cache"))
        return subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=300)

    a, b = archive(tmp_path / "a.npz", draw()), folder(tmp_path / "b", draw(seed=1), "jpg")
    done = run(a, b, "--features=pixels", "--metrics=fd,precision_recall", "--out=out.jsonl")
    assert done.returncode == 0, done.stderr
    assert all(metric in done.stdout for metric in ("fd_pixels", "fd_pixels_infinite", "precision", "recall"))
    assert "JPEG" in done.stderr and "40 samples are few" in done.stderr
    assert len(rows(tmp_path / "out.jsonl")) == 4

    refused = run(a, str(tmp_path / "nowhere"))
    assert refused.returncode == 2 and refused.stdout == ""
    assert refused.stderr.startswith("error: ") and len(refused.stderr.splitlines()) == 1


def test_how_well_a_run_explains_images(tmp_path, vae_run, capsys):
    run, metrics = (
        f"run:{vae_run}",
        "--metrics=evidence_lower_bound,fd,importance_weighted_bound(draws=3),reconstruction,"
        "importance_weighted_bound(draws=2)",
    )
    found = measured(tmp_path, run, f"--held_out={SPRITES}", "--num=30", metrics)
    by_reference = {(row["metric"], row["reference"]): row for row in found}
    for reference in ("train", "held_out"):
        elbo, bound = by_reference["elbo", reference], by_reference["iw3", reference]
        assert elbo["value"] < bound["value"] and elbo["sd"] > 0
        assert (elbo["settings"], bound["settings"], elbo["features"]) == (
            {"draws": 1},
            {"draws": 3},
            {"image_shape": [8, 8, 3]},
        )
        assert by_reference["iw2", reference]["value"] < bound["value"]  # one metric, asked twice
        assert by_reference["psnr", reference]["value"] > 5
        assert elbo["real_count"] == 30 and "fake_count" not in elbo and elbo["fake"] == "run: vae, step 0"
        assert by_reference["fd_pixels", reference]["features"]["name"] == "pixels"
    assert by_reference["elbo", "train"]["value"] != by_reference["elbo", "held_out"]["value"]
    assert "explaining held_out: sprites(count=60" in capsys.readouterr().out
    swapped = measured(tmp_path, SPRITES, run, "--num=30", "--metrics=evidence_lower_bound")
    assert swapped[0]["value"] == pytest.approx(by_reference["elbo", "held_out"]["value"])


def test_only_runs_that_encode_explain_images(tmp_path, gan_run):
    with pytest.raises(InputError, match="draw = 'reconstruction': this model has image"):
        main([f"run:{gan_run}", "--metrics=reconstruction"])
    with pytest.raises(InputError, match="should be a run, run:DIR"):
        main([SPRITES, archive(tmp_path / "a.npz", draw()), "--metrics=evidence_lower_bound"])
