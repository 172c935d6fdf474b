"""A damaged file of weights is read as it was or refused by name."""

import json
from pathlib import Path

import numpy as np
import pytest
from damage import damaged

from gan_jax.errors import InputError
from gan_jax.features import classifier, convert, weights

ARRAYS = {"a.weight": np.arange(6, dtype=np.float32).reshape(2, 3), "a.bias": np.ones(2, np.float32)}


def safetensors(**entries):
    header = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}} | entries
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + np.float32([1, 2, 3, 4]).tobytes()


def refused(error, name):
    text = str(error)
    return name in text and text.isprintable() and "Type-check" not in text


def test_an_npz_is_what_was_written_or_nothing(tmp_path):
    weights.write(tmp_path / "w.npz", ARRAYS, "0123", size=[8, 8])
    data, refusals = (tmp_path / "w.npz").read_bytes(), 0
    for spoiled in damaged(data, 400):
        (tmp_path / "w.npz").write_bytes(spoiled)
        try:
            found = weights.read(tmp_path / "w.npz")
        except InputError as error:
            assert refused(error, "w.npz")
            refusals += 1
        else:
            assert found.about == {"size": [8, 8]} and found.source_sha256 == "0123"
            assert all((found.arrays[name] == values).all() for name, values in ARRAYS.items())
    assert 0 < refusals < 400


def test_safetensors_have_no_checksum_but_a_form(tmp_path):
    file = tmp_path / "w.safetensors"
    for spoiled in damaged(safetensors(), 400):
        file.write_bytes(spoiled)
        try:
            found = weights.read(file).arrays
        except InputError as error:
            assert refused(error, "w.safetensors")
        else:
            assert all(values.dtype == np.float32 for values in found.values())


@pytest.mark.parametrize(
    "data",
    [
        safetensors(b={"dtype": "F32", "shape": [2], "data_offsets": [-8, 16]}),
        safetensors(b={"dtype": "F32", "shape": [-1], "data_offsets": [0, 8]}),
        safetensors(b={"dtype": "F32", "shape": [2], "data_offsets": [8, 99]}),
        safetensors(b={"dtype": "F32"}),
        safetensors(b=[]),
        safetensors(**{"\ud800": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}),
        safetensors(__metadata__={"about": "[1]"}),
        safetensors(__metadata__={"about": "{"}),
        safetensors(__metadata__={"sha256": "\x1b[2J"}),
        safetensors(__metadata__=3),
        (10**6).to_bytes(8, "little") + b"[" * 10**6,
        (2**63).to_bytes(8, "little"),
        (2).to_bytes(8, "little") + b"[]",
    ],
)
def test_headers_that_mean_ill(tmp_path, data):
    (tmp_path / "w.safetensors").write_bytes(data)
    with pytest.raises(InputError) as refusal:
        weights.read(tmp_path / "w.safetensors")
    assert refused(refusal.value, "w.safetensors")


def test_other_types_of_a_published_file_are_left_out(tmp_path):
    (tmp_path / "w.safetensors").write_bytes(safetensors(n={"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}))
    assert list(weights.read(tmp_path / "w.safetensors").arrays) == ["a"]


@pytest.mark.parametrize("path", ["~nobody_of_that_name", "a" * 5000, "a\0b", "/dev/zero"])
def test_what_is_no_file_is_named(path):
    with pytest.raises(InputError, match="there is"):
        weights.read(Path(path))
    with pytest.raises(InputError, match="it: there are no weights at"):
        weights.load("it", path)


@pytest.mark.parametrize("name", ["w.pb", "w.tgz", "w.npz", "w.safetensors"])
def test_published_files_that_are_damaged_are_named(tmp_path, name):
    (tmp_path / name).write_bytes(b"\x1f\x8b no such thing")
    with pytest.raises(InputError, match=r"w\.(pb|tgz|npz|safetensors)") as refusal:
        convert.convert([tmp_path / name], tmp_path / "out.npz")
    assert refused(refusal.value, name) and not (tmp_path / "out.npz").exists()


def test_weights_of_another_network_are_no_classifiers(tmp_path):
    weights.write(tmp_path / "w.npz", ARRAYS)
    with pytest.raises(InputError, match=r"w\.npz: it does not say its channels"):
        classifier.make(str(tmp_path / "w.npz"))


def test_a_home_is_found(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    weights.write(tmp_path / "mine" / "w.npz", ARRAYS)
    monkeypatch.setenv("GAN_JAX_WEIGHTS", "~/mine")
    assert weights.load("w").arrays.keys() == weights.load("it", "~/mine/w.npz").arrays.keys() == ARRAYS.keys()
    assert weights.read(Path("~/mine/w.npz")).arrays.keys() == ARRAYS.keys()


def test_an_array_alone_is_not_taken_for_weights(tmp_path):
    np.save(tmp_path / "w.npy", ARRAYS["a.bias"])
    with pytest.raises(InputError, match=r"w\.npy"):
        weights.read(tmp_path / "w.npy")
