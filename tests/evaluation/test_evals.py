"""Evaluations in the training loop: what they say, and that the run does not notice them."""

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import commands
import evals_on_devices
import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import begun

import gan_jax
from gan_jax.config import files as configs
from gan_jax.config import schema
from gan_jax.data import dataset
from gan_jax.data.sources import sprites
from gan_jax.errors import InputError
from gan_jax.evaluation import encoding, evals, likelihood
from gan_jax.features import lpips, pixels
from gan_jax.features.squeezenet import SqueezeNet
from gan_jax.images import from_uint8
from gan_jax.losses import rewards
from gan_jax.metrics.frechet_distance import frechet_distance
from gan_jax.metrics.precision_recall import precision_recall
from gan_jax.metrics.reconstruction import l1, psnr, ssim
from gan_jax.runs.checkpoint import Checkpoints
from gan_jax.sampling.sampler import Sampler
from gan_jax.sampling.tilted import tilted
from gan_jax.training import assembly, loop
from gan_jax.types import Column, Draw, Objective

HELD_OUT = dict(name="sprites", count=64, resolution=(12, 12), seed=9)
SCORES = iter(())


def scripted(sampler, data):
    """An evaluation of one's own: the next of SCORES."""
    return {"value": next(SCORES)}


@pytest.fixture(scope="module")
def evaluated_run(gan_run, tmp_path_factory) -> Path:
    """The run of the fixture `gan_run` once more, with evaluations on its way and only one newest checkpoint kept."""
    global SCORES
    SCORES = iter([0.0, 3.0, 1.0])  # the first when it is tried, before training
    workdir = tmp_path_factory.mktemp("evaluated") / "gan"
    metrics = ("fd", "precision_recall", "authenticity", "copying_score")
    settings = dict(features="pixels", num_images=40, held_out=HELD_OUT)
    sections = dict(
        both=dict(name="comparison", metrics=metrics, every=2, **settings),
        last=dict(name="density_coverage", **settings),
        own=dict(name="test_evals:scripted", every=2),
    )
    checkpoint = dict(every=2, keep=1, best="-own/value")
    config = configs.read(gan_run / "config.json") | dict(checkpoint=checkpoint, evals=sections)
    assert loop.run(config, workdir) == 0
    return workdir


def reports(workdir: Path) -> dict[int, dict[str, float]]:
    lines = [json.loads(line) for line in (workdir / "metrics.jsonl").read_text().splitlines()]
    return {line["step"]: line for line in lines}


def description(workdir: Path, step: int) -> dict:
    with Checkpoints(workdir, read_only=True) as checkpoints:
        return checkpoints.describe(step)


def test_a_run_is_the_same_to_the_bit_with_and_without_evaluations(gan_run, evaluated_run):
    plain, evaluated = gan_jax.load(gan_run), gan_jax.load(evaluated_run)
    jax.tree.map(np.testing.assert_array_equal, plain.variables, evaluated.variables)
    for step in (2, 4):
        ours, theirs = (description(run, step)["digest"] for run in (evaluated_run, gan_run))
        assert {**ours, "config": ""} == {**theirs, "config": ""}


def test_the_best_checkpoint_is_kept_beside_the_newest(evaluated_run):
    with Checkpoints(evaluated_run, read_only=True) as checkpoints:
        assert checkpoints.steps == [2, 4]
    assert gan_jax.load(evaluated_run, best=True).origin["step"] == "2"


def test_references_stand_side_by_side(evaluated_run):
    first, last = (reports(evaluated_run)[step] for step in (2, 4))
    measured = {name for name in last if name.startswith(("both/", "last/", "own/"))}
    pairs = ("both/fd_pixels", "both/precision", "both/recall", "both/authenticity", "last/density", "last/coverage")
    assert {f"{name}/{reference}" for name in pairs for reference in ("train", "held_out")} <= measured
    assert "both/copying_score/train" in measured and "both/copying_score/held_out" not in measured
    assert (first["own/value"], last["own/value"]) == (3, 1)
    assert "last/density/train" not in first


def test_values_are_those_of_the_metrics_on_the_average_by_seed(evaluated_run):
    images = gan_jax.load(evaluated_run)(range(40)).reshape(40, -1) / 255
    last = reports(evaluated_run)[4]
    for reference, source in (
        ("train", sprites.make(count=96, resolution=(8, 8))),
        ("held_out", sprites.make(count=64, resolution=(12, 12), seed=9)),
    ):
        real = dataset.make(source, resolution=(8, 8)).arrays()["image"].reshape(len(source), -1) / 255
        assert last[f"both/fd_pixels/{reference}"] == pytest.approx(frechet_distance(real, images).value, rel=1e-5)
        assert last[f"both/recall/{reference}"] == precision_recall(real, images).recall.value


def test_results_are_shown_in_the_log(evaluated_run):
    log = (evaluated_run / "log.txt").read_text()
    shown = log[log.index("Evaluation after step 4:") :].splitlines()
    rows = dict(line.split() for line in shown[1:] if line.startswith("  "))
    last = reports(evaluated_run)[4]
    assert float(rows["both/fd_pixels/train"]) == pytest.approx(last["both/fd_pixels/train"], rel=1e-4)
    assert list(rows).index("both/fd_pixels/train") == list(rows).index("both/fd_pixels/held_out") + 1


@pytest.fixture(scope="module")
def binary_run(tmp_path_factory) -> Path:
    """A VAE of images that are drawn black and white."""
    return begun(experiments.vae(objective__likelihood__binarize="dynamic"), tmp_path_factory.mktemp("runs") / "binary")


def test_neither_batch_size_nor_devices_change_a_value(gan_run, binary_run, monkeypatch):
    alone = evals_on_devices.values(str(gan_run)) | evals_on_devices.bounds(str(binary_run))
    script = commands.start(Path(evals_on_devices.__file__), gan_run, binary_run, devices=8)
    output, errors = script.communicate(timeout=300)
    assert script.returncode == 0, errors
    on_eight = json.loads(output)
    assert on_eight.pop("devices") == 8 and jax.device_count() == 1
    assert on_eight == pytest.approx(alone, rel=1e-5)
    monkeypatch.setattr(encoding, "BLOCK", 7)
    again = evals_on_devices.values(str(gan_run), batch_size=7) | evals_on_devices.bounds(str(binary_run))
    assert again == pytest.approx(alone, rel=1e-5)
    assert {"elbo_dynamic_binary", "iw3_dynamic_binary", "iw3_dynamic_binary_bits_per_dimension"} <= alone.keys()


DATA = dict(count=40, resolution=(8, 8), seed=2)


def test_likelihood_bounds_are_of_the_held_out_images(vae_run):
    sampler, data = gan_jax.load(vae_run), dataset.make(sprites.make(count=96, resolution=(8, 8)))
    held_out = sprites.make(**DATA)
    images = dataset.make(held_out).arrays()["image"]
    found = evals.evidence_lower_bound(sampler, data, held_out=held_out, draws=2)
    weights = likelihood.log_weights(sampler, {"image": images}, draws=5)
    assert found["elbo"] == pytest.approx(weights[:, :2].mean(), abs=0.5)  # which draw the KL that is exact there
    assert found["elbo"] == pytest.approx(found["elbo/reconstruction"] - found["elbo/kl"], rel=1e-6)
    five = evals.importance_weighted_bound(sampler, data, held_out=held_out, draws=5, num_images=0)
    assert (set(found), set(five)) == ({"elbo", "elbo/kl", "elbo/reconstruction"}, {"iw5"})  # coins have no bits
    assert five["iw5"] == pytest.approx(likelihood.importance_weighted(weights).mean(), rel=1e-6)
    assert weights.mean() < five["iw5"] < weights.max(axis=1).mean()


def test_bits_per_dimension_of_a_discrete_likelihood(vae_run):
    sampler, data = gan_jax.load(vae_run), dataset.make(sprites.make(**DATA))
    weights = sampler.objective.draws["log_weights"]._replace(output="log_probability")
    sampler.objective.draws["log_weights"] = weights
    found = evals.evidence_lower_bound(sampler, data)
    assert found["elbo_bits_per_dimension"] == pytest.approx(-found["elbo"] / (8 * 8 * 3 * np.log(2)), rel=1e-6)


def test_reconstruction_of_small_images_is_their_signal_to_noise_ratio(vae_run):
    sampler, data = gan_jax.load(vae_run), dataset.make(sprites.make(**DATA))
    images = data.arrays()["image"]
    found = evals.reconstruction(sampler, data)
    rebuilt = sampler(range(len(images)), {"image": images}, draw="reconstruction")
    assert found == pytest.approx({"l1": l1(images, rebuilt).mean(), "psnr": psnr(images, rebuilt).mean()})


def darkening(*sides: int) -> Sampler:
    """A model that reconstructs every image a little too dark."""

    def darken(variables, latent, condition):
        return 0.9 * (from_uint8(condition["image"]) + 1) - 1

    draw = Draw(darken, condition=lambda batch, keys: {"image": batch["image"]})
    objective = Objective(init=lambda key, batch: ({}, {}), losses={}, averaged=(), draws={"reconstruction": draw})
    columns = {"image": Column((*sides, 3), "uint8", "image")}
    return Sampler(objective, {}, dict(image_shape=(*sides, 3), num_classes=0, columns=columns))


@pytest.fixture
def squeezenet_file(weights_file, monkeypatch, tmp_path) -> Callable[[bool], str]:
    """Writes drawn weights of SqueezeNet, with LPIPS's heads or without; there are none in the weights folder."""
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path / "weights"))
    lpips._loaded.cache_clear()
    shapes = jax.eval_shape(SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 32, 32, 3)))
    heads = {f"lpips_v0.1.squeeze.lin{k}.model.1.weight": (1, c, 1, 1) for k, c in enumerate(lpips.CHANNELS)}
    return lambda with_heads: weights_file(shapes, heads if with_heads else {})


def test_reconstruction_of_larger_images(squeezenet_file):
    model = darkening(20, 18)
    data = dataset.make(sprites.make(count=5, resolution=(20, 18)))
    images = data.arrays()["image"]
    darker = np.round(images * 0.9).astype(np.uint8)
    found = evals.reconstruction(model, data, num_images=5)
    expected = {
        "l1": l1(images, darker).mean(),
        "psnr": psnr(images, darker).mean(),
        "ssim": ssim(images, darker).mean(),
    }
    assert found == pytest.approx(expected, rel=1e-3)

    weights = squeezenet_file(True)
    found = evals.reconstruction(model, data, num_images=5, weights=weights)
    assert found["lpips_squeeze"] == pytest.approx(lpips.load(weights)(images, darker).mean(), rel=1e-2)
    with pytest.raises(InputError, match="no file"):
        evals.reconstruction(model, data, weights="no file")


@pytest.mark.parametrize(("with_heads", "side"), [(True, 18), (False, 18), (False, 16)])
def test_weights_without_lpips_heads_are_refused_where_lpips_is_due(squeezenet_file, tmp_path, with_heads, side):
    (tmp_path / "weights").mkdir()
    Path(squeezenet_file(with_heads)).rename(tmp_path / "weights" / "squeezenet.npz")
    model, data = darkening(20, side), dataset.make(sprites.make(count=5, resolution=(20, side)))
    if with_heads or side < lpips.SMALLEST:
        assert ("lpips_squeeze" in evals.reconstruction(model, data, num_images=5)) == with_heads
        return
    for measure in (evals.reconstruction, evals.variety):
        with pytest.raises(InputError, match=r"squeezenet\.npz .*it has no lpips_v0\.1\.squeeze"):
            measure(model, data, num_images=5)


@pytest.mark.parametrize(
    ("section", "message"),
    [
        (dict(name="frechet_distance"), "evals.e.features is missing"),
        (dict(name="frechet_distance", features="pixel"), "gan_jax.features has no 'pixel'"),
        (dict(name="frechet_distance", features="pixels", k=3), "evals.e.k = 3 is not a setting"),
        (dict(name="comparison", features="pixels", metrics=("fd", "fid")), "evals.e.metrics = 'fid' is unknown"),
        (dict(name="comparison", features="pixels", metrics=("fd",), held_out="nothing"), "held_out.name = 'nothing'"),
    ],
)
def test_wrong_sections_are_refused_before_training(section, message):
    with pytest.raises(InputError, match=message):
        schema.resolve_config(experiments.gan(evals=dict(e=section)))


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (
            experiments.gan(evals=dict(e=dict(name="reconstruction"))),
            "^evals.e: draw = 'reconstruction': this model has image",
        ),
        (
            experiments.gan(evals=dict(e=dict(name="paired"))),
            "^evals.e: paired: the draw 'image' is made of no example",
        ),
        (
            experiments.vae(evals=dict(e=dict(name="reconstruction")), checkpoint=dict(best="-e/psn")),
            r"^checkpoint.best = 'e/psn': evals.e gives no such value. Did you mean 'e/psnr'\?",
        ),
    ],
)
def test_evaluations_that_do_not_fit_the_model_are_found_before_training(tmp_path, config, message):
    with pytest.raises(InputError, match=message):
        loop.dry_run(config, tmp_path / "run")


def test_missing_weights_are_found_before_training(monkeypatch, tmp_path):
    monkeypatch.setenv("GAN_JAX_WEIGHTS", str(tmp_path))
    section = dict(name="frechet_distance", features="squeezenet")
    config = schema.resolve_config(experiments.gan(evals=dict(e=section)))
    with pytest.raises(InputError, match=f"no weights at {tmp_path}/squeezenet.npz"):
        assembly.make_evals(config)


def test_the_distance_of_each_class_is_of_its_images_alone(gan_run):
    sampler, data = gan_jax.load(gan_run), dataset.make(sprites.make(count=96, resolution=(8, 8)))
    found = evals.frechet_distance_per_class(sampler, data, features=pixels.make(), num_images=30)
    arrays = data.arrays()
    real, fake = (images.reshape(len(images), -1) / 255 for images in (arrays["image"], sampler(range(30))))
    expected = {
        f"fd_pixels_class_{label}/train": frechet_distance(real[arrays["label"] == label], fake[label::6]).value
        for label in range(6)
    }
    assert found == pytest.approx(expected, rel=1e-4)
    few = evals.frechet_distance_per_class(sampler, data, features=pixels.make(), num_images=8)
    assert few.keys() == {"fd_pixels_class_0/train", "fd_pixels_class_1/train"}  # of the others one image was drawn


def test_a_generator_cannot_reconstruct(gan_run):
    data = dataset.make(sprites.make(**DATA))
    with pytest.raises(InputError, match="draw = 'reconstruction': this model has image"):
        evals.reconstruction(gan_jax.load(gan_run), data)


def test_of_itself_a_run_keeps_the_order_and_a_reward_is_that_of_its_images(gan_run):
    sampler, data = gan_jax.load(gan_run), dataset.make(sprites.make(**DATA))
    assert evals.same_seed(sampler, data, workdir=str(gan_run), features=pixels.make(), num_images=8) == {
        "rank_correlation": pytest.approx(1)
    }
    found = evals.rewarded(sampler, data, reward=rewards.sharpness, num_images=8)
    images = sampler(range(8))
    assert found["mean"] == pytest.approx(float(rewards.sharpness(from_uint8(jnp.asarray(images))).mean()), rel=1e-4)
    pairs = [np.square((a - b) / 127.5).mean() for a, b in itertools.combinations(images.astype(np.float64), 2)]
    assert found["apart"] == pytest.approx(np.sqrt(np.mean(pairs)), rel=1e-4)
    best = tilted(sampler, rewards.sharpness, beta=0.05, number=4)
    np.testing.assert_array_equal(best.images, sampler(best.seeds))
    assert best.rewards.mean() > found["mean"]
    with pytest.raises(InputError, match=r"of 256 seeds .* are accepted, too few for 200 images"):
        tilted(sampler, rewards.sharpness, beta=1e-4, number=200, most=256)
    with pytest.raises(InputError, match=r"number = 0 should be from 1 to most"):
        tilted(sampler, rewards.sharpness, beta=1.0, number=0)

    def sometimes(images):  # finite where it is tried, of one colour and of noise
        spread = images.std((1, 2, 3))
        return jnp.where((spread < 1e-6) | (spread > 0.5), 0.0, jnp.nan)

    with pytest.raises(InputError, match=r"sometimes gives nan for seed 0"):
        tilted(sampler, sometimes, beta=1.0, number=1)


def test_a_reference_is_read_once(gan_run, monkeypatch):
    sampler, data = gan_jax.load(gan_run), dataset.make(sprites.make(**DATA))
    features, reads = pixels.make(), []
    monkeypatch.setattr(data, "example", lambda *key, read=data.example: reads.append(key) or read(*key))
    for _ in range(2):
        evals.frechet_distance(sampler, data, features=features, num_images=4)
    assert len(reads) == 40
