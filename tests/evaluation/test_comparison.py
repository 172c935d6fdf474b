"""The metrics by name, and what must hold of the whole path from image files to values."""

import math

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image

from gan_jax.errors import InputError
from gan_jax.evaluation.comparison import METRICS, Compared, compare
from gan_jax.evaluation.extraction import Extracted, extract
from gan_jax.evaluation.image_sets import parse
from gan_jax.features import Features, pixels

LEVELS = np.random.default_rng(5).integers(60, 196, (10, 6, 6, 1))  # what a class looks like


def draw(count, seed, noise=12.0, classes=range(10)):
    """Images in the middle of the range, and their classes in turn."""
    labels = np.array(classes)[np.arange(count) % len(classes)]
    values = LEVELS[labels] + np.random.default_rng(seed).normal(0, noise, (count, 6, 6, 1))
    return np.clip(np.round(values), 0, 255).astype(np.uint8), labels


def features_named(name="pixels", published=False, **identity):
    def apply(params, images):
        flat = images.reshape(len(images), -1).astype(jnp.float32) / 255
        return {"features": flat, "logits": flat[:, :10]}

    return Features(name, None, {"name": name, **identity}, {}, apply, 256, published)


@pytest.fixture
def measure(tmp_path):
    """Compares two arrays of images by way of npz files."""

    def read(images, labels, name):
        np.savez(tmp_path / f"{name}.npz", images=images, labels=labels)
        return extract(parse(str(tmp_path / f"{name}.npz")), pixels.make())

    def measure(real, fake, metrics="fd,precision_recall,density_coverage"):
        compared = Compared(read(*real, "real"), read(*fake, "fake"), None, pixels.make(), (4, 4, 3))
        return {result.metric: result.value for result in compare(compared, metrics.split(","))}

    return measure


@pytest.fixture(scope="module")
def compared():
    """Two sets of one law with everything that any metric asks for."""

    def extracted(seed):
        values = np.random.default_rng(seed).normal(size=(120, 4)).astype(np.float32)
        return Extracted(values, values[:, :3], np.arange(120) % 3)

    return Compared(extracted(0), extracted(1), extracted(2), features_named("ours"), (4, 4, 3))


@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_gives_finite_numbers_and_all_that_they_depend_on(compared, metric):
    results = list(compare(compared, [metric]))
    assert results
    for result in results:
        assert math.isfinite(result.value) and result.seconds >= 0
        assert result.features == {"name": "ours", "image_shape": [4, 4, 3]}
        assert result.key.startswith(f"{result.metric}-")


def test_settings_that_belong_to_a_value(compared):
    settings = {result.metric: result.settings for result in compare(compared, METRICS)}
    assert settings["precision"]["k"] == settings["recall"]["k"] == 3
    assert settings["density"]["k"] == settings["coverage"]["k"] == 5
    assert settings["kd_ours"] == {"subsets": 100, "subset_size": 60}
    assert settings["fd_ours_class_2"] == {"real": 40, "fake": 40}


def test_only_published_features_have_the_published_names(compared):
    names = {True: {"fid", "kid", "inception_score"}, False: {"fd_net", "kd_net", "classifier_score_net"}}
    for published, expected in names.items():
        features = features_named("net", published)
        few = compared._replace(features=features)
        assert {result.metric for result in compare(few, ["fd", "kid", "inception_score"])} == expected


def test_the_key_changes_with_whatever_changes_the_meaning(compared):
    def key(metric="kid", features=compared.features, count=120):
        fake = Extracted(*(values[:count] for values in compared.fake))
        return next(compare(compared._replace(features=features, fake=fake), [metric])).key

    keys = [
        key(),
        key("mind"),
        key(count=100),  # of a kernel distance, where it is the size of a subset
        key(features=features_named("ours", resize="tf1")),
        key(features=features_named("ours", resize="clean")),
        key(features=features_named("ours", weights_sha256="0f")),
        key(features=features_named("other")),
    ]
    assert len(set(keys)) == len(keys)
    assert key() == keys[0] and key("mind", count=100) == keys[1]


def test_a_distance_to_infinitely_many_stands_beside_one_of_few():
    def metrics(count, size):
        values = np.random.default_rng(0).normal(size=(count, size)).astype(np.float32)
        side = Extracted(values, None, None)
        return [result.metric for result in compare(Compared(side, side, None, features_named(), (4, 4, 3)), ["fd"])]

    assert metrics(100, 4) == ["fd_pixels"]
    assert metrics(100, 40) == ["fd_pixels", "fd_pixels_infinite"]
    assert metrics(29, 40) == ["fd_pixels"]  # too few to extrapolate


def test_accuracy_is_the_share_of_images_read_as_their_class():
    logits = np.eye(4, dtype=np.float32)[[0, 1, 2, 3, 3]]
    side = Extracted(logits, logits, np.array([0, 1, 2, 2, 3]))
    (result,) = compare(Compared(side, side, None, features_named(), (4, 4, 3)), ["accuracy"])
    assert result.value == 0.8
    assert result.sd == pytest.approx(math.sqrt(0.8 * 0.2 / 5))


@pytest.mark.parametrize("metric", ["copying_score", "membership", "train_share"])
def test_held_out_images_are_not_copies_of_themselves(compared, metric):
    assert list(compare(compared._replace(real=compared.held_out), [metric])) == []


def test_copies_raise_the_train_share_and_membership(compared):
    found = {}
    for name, fake in (("fresh", compared.fake), ("copied", compared.real)):
        for result in compare(compared._replace(fake=fake), ["train_share", "membership"]):
            found[name, result.metric] = result.value
    assert abs(found["fresh", "train_share_z"]) < 2.5 and abs(found["fresh", "membership_auc"] - 0.5) < 0.15
    assert found["copied", "train_share"] == 1 and found["copied", "membership_auc"] > 0.9


@pytest.mark.parametrize(
    ("metric", "lacking", "message"),
    [
        ("copying_score", dict(held_out=None), "name them by held_out"),
        ("membership", dict(held_out=None), "membership compares with images that were not trained on"),
        ("inception_score", dict(logits=None), "ours has none"),
        ("accuracy", dict(logits=None), "accuracy needs features with logits"),
        ("accuracy", dict(labels=None), "images with labels"),
        ("accuracy", dict(labels=np.full(120, 3)), "label 3 is none of the classifier's 3 classes"),
        ("fd_per_class", dict(labels=None), "labels on both sides"),
        ("density_coverage", dict(features=np.zeros((5, 4), np.float32)), "5 fake samples are too few"),
        ("fd", dict(features=np.full((120, 4), np.nan, np.float32)), "120 of 120 rows of the fake features are not"),
        ("fid", {}, "there is no 'fid'. Valid: accuracy"),
    ],
)
def test_what_a_metric_cannot_do_without(compared, metric, lacking, message):
    of_fake = {name: value for name, value in lacking.items() if name != "held_out"}
    lacks = compared._replace(fake=compared.fake._replace(**of_fake), held_out=lacking.get("held_out"))
    with pytest.raises(InputError, match=message):
        list(compare(lacks, [metric]))


def test_images_through_png_files_are_the_same(tmp_path):
    images, _ = draw(40, 0)
    for i, image in enumerate(images):
        Image.fromarray(image[..., 0]).save(tmp_path / f"{i:02d}.png")
    np.savez(tmp_path / "images.npz", images=images)
    network = pixels.make()
    real, fake = (extract(parse(str(path)), network) for path in (tmp_path, tmp_path / "images.npz"))
    (distance, *_) = compare(Compared(real, fake, None, network, (4, 4, 3)), ["fd"])
    assert distance.value == pytest.approx(0, abs=1e-9)


def test_missing_classes_lower_recall_and_coverage_but_not_precision(measure):
    real = draw(500, 0)
    found = [measure(real, draw(500, 1, classes=range(known))) for known in (10, 7, 4)]
    for fewer, more in zip(found[1:], found, strict=False):
        assert fewer["recall"] < more["recall"] - 0.2
        assert fewer["coverage"] < more["coverage"] - 0.2
        assert fewer["fd_pixels"] > more["fd_pixels"]
        assert fewer["precision"] == pytest.approx(more["precision"], abs=0.03)
    assert found[0]["precision"] > 0.7


def test_more_noise_never_lowers_the_distance(measure):
    real = draw(300, 0)
    distances = [measure(real, draw(300, 1, noise=noise), "fd")["fd_pixels"] for noise in (12, 16, 24, 36)]
    assert distances == sorted(distances)
    assert distances[1] > 1.1 * distances[0]


def stretched(images):
    """The planted fault of scaling each batch by its own extremes."""
    batches = [batch.astype(float) for batch in np.array_split(images, 6)]
    scaled = [255 * (batch - batch.min()) / (batch.max() - batch.min()) for batch in batches]
    return np.round(np.concatenate(scaled)).astype(np.uint8)


def without_the_last_batch(images):
    return np.concatenate([images[:256], images[:44]])  # the others in its place


def test_planted_faults_move_the_distance(measure):
    real, (images, labels) = draw(300, 0), draw(300, 1)
    labels = np.sort(labels)  # a set that is sorted by class: its last batch is a class of its own
    images = images[np.argsort(np.arange(300) % 10, kind="stable")]
    right = measure(real, (images, labels), "fd")["fd_pixels"]
    assert measure(real, (stretched(images), labels), "fd")["fd_pixels"] > 2 * right
    assert measure(real, (without_the_last_batch(images), labels), "fd")["fd_pixels"] > 1.3 * right
