import os
import pickle
import shutil
import subprocess
import sys
import time

import numpy as np
import pytest
import tensorflow_datasets as builders
from PIL import Image
from sklearn.datasets import load_digits

from gan_jax.data import dataset, tokenizers
from gan_jax.data.sources import tfds
from gan_jax.errors import InputError

PREPARE = "import sys; from gan_jax.data.sources import tfds; print(len(tfds.make('digits', data_dir=sys.argv[1])))"


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    """A folder where two processes have prepared the digits at once."""
    root = tmp_path_factory.mktemp("tfds")
    other = subprocess.Popen([sys.executable, "-c", PREPARE, str(root)], stdout=subprocess.PIPE, text=True)
    assert len(tfds.make("digits", data_dir=str(root))) == 1437
    assert other.communicate()[0] == "1437\n"
    assert [path.name for path in root.iterdir()] == ["digits"]
    return str(root)


def test_the_splits_hold_each_digit_once(data_dir):
    digits = load_digits()
    wanted = sorted(
        (int(target), tuple(image.ravel())) for target, image in zip(digits.target, digits.images, strict=True)
    )
    parts = [tfds.make("digits", split=split, data_dir=data_dir) for split in ("train", "test")]
    assert [len(part) for part in parts] == [1437, 360] and parts[0].classes == tuple("0123456789")
    examples = [part[i] for part in parts for i in range(len(part))]
    assert {example["image"].shape for example in examples} == {(8, 8, 1)}
    found = sorted((int(e["label"]), tuple(np.rint(e["image"].ravel() * (16 / 255)))) for e in examples)
    assert found == wanted
    assert max(example["image"].max() for example in examples) == 255
    assert np.bincount([part_label["label"] for part_label in examples[1437:]]).min() > 25


def test_being_second_to_prepare_is_no_failure(tmp_path, monkeypatch):
    rename = os.rename

    def late(source, target):
        if target == tmp_path / "digits" / "1.0.0":
            shutil.copytree(source, target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", late)
    assert len(tfds.make("digits", data_dir=str(tmp_path))) == 1437
    assert [path.name for path in tmp_path.iterdir()] == ["digits"]


def test_threads_decode_what_one_would(data_dir):
    source = tfds.make("digits", split="test", data_dir=data_dir)
    arrays = dataset.make(source).arrays()
    assert (arrays["image"] == np.stack([source[i]["image"] for i in range(360)])).all()
    assert arrays["label"].tolist() == [source[i]["label"] for i in range(360)]


def test_slices_and_worker_processes(data_dir):
    half = tfds.make("digits", split="train[50%:]", data_dir=data_dir, label="")
    assert len(half) == 719 and half.num_classes == 0 and "label" not in half[0]
    assert (pickle.loads(pickle.dumps(half))[5]["image"] == half[5]["image"]).all()


def test_the_usual_folder_is_the_default(data_dir, monkeypatch):
    monkeypatch.setattr("tensorflow_datasets.core.constants.DATA_DIR", data_dir)
    assert len(tfds.make("digits", split="test")) == 360


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"split": "validation"}, "cannot be split by 'validation'; its splits are train, test"),
        ({"image": "picture"}, "no feature 'picture'; it has .*image"),
        ({"label": "image"}, "'image' of digits/1.0.0 is not a class label"),
    ],
)
def test_what_is_wrong_is_named(data_dir, options, message):
    with pytest.raises(InputError, match=message):
        tfds.make("digits", data_dir=data_dir, **options)


def test_a_stock_set_that_is_not_prepared_says_how_in_seconds(tmp_path):
    start = time.monotonic()
    with pytest.raises(
        InputError, match=r"(?s)'mnist' is not prepared.*gan-jax\[tfds\].*array_record.*download_and_prepare"
    ):
        tfds.make("mnist", data_dir=str(tmp_path))
    with pytest.raises(InputError, match=r"did you mean .*mnist"):
        tfds.make("mnistt", data_dir=str(tmp_path))
    assert time.monotonic() - start < 20


def test_a_folder_that_cannot_be_written_is_named(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match=r"cannot write .*TFDS_DATA_DIR"):
        tfds.make("digits", data_dir=str(tmp_path / "file"))


class Named(builders.core.GeneratorBasedBuilder):
    """Two pictures and what they are called."""

    VERSION = builders.core.Version("1.0.0")

    def _info(self):
        features = {"image": builders.features.Image(shape=(4, 4, 3)), "caption": builders.features.Text()}
        return builders.core.DatasetInfo(builder=self, features=builders.features.FeaturesDict(features))

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples()}

    def _generate_examples(self):
        for i, caption in enumerate(("a cat", "zwei Hunde, müde")):
            yield i, {"image": Image.fromarray(np.full((4, 4, 3), i, np.uint8)), "caption": caption}


def test_captions_are_a_feature(tmp_path, monkeypatch):
    monkeypatch.setattr(
        builders.features.Text, "encode_example", lambda self, text: text.encode()
    )  # without TensorFlow
    Named(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    source = tfds.make("named", data_dir=str(tmp_path), columns=(("text", "caption"),))
    data = dataset.make(pickle.loads(pickle.dumps(source)), tokenizer=tokenizers.bytes())
    found = {data.example(i)["image"].max(): data.tokenizers["text"].decode(data.example(i)["text"]) for i in range(2)}
    assert found == {0: "a cat", 1: "zwei Hunde, müde"}
