"""Copies of frozen networks: read as they were written, or refused with a word, whatever has become of the file."""

import json

import numpy as np
import pytest
from damage import damaged

from gan_jax.data import arrays
from gan_jax.errors import InputError
from gan_jax.runs import kept
from gan_jax.types import Frozen

NETWORK = Frozen(None, {"params": {"kernel": np.arange(6, dtype=np.float32).reshape(2, 3)}}, {"name": "one"})


def test_a_copy_is_read_as_it_was_written(tmp_path):
    kept.save(tmp_path, "one", NETWORK)
    copy = kept.read(tmp_path, "one")
    np.testing.assert_array_equal(copy.variables["params"]["kernel"], NETWORK.variables["params"]["kernel"])
    assert copy.identity == kept.identity(NETWORK) and kept.read(tmp_path, "other") is None


@pytest.mark.parametrize("identity", [None, "{", "3", "[]", '{"name": "one"}', "[" * 10**5])
def test_a_copy_that_does_not_say_of_what_is_refused(tmp_path, identity):
    (tmp_path / "frozen").mkdir()
    said = {} if identity is None else {"__identity__": identity}
    np.savez(tmp_path / "frozen" / "one.npz", kernel=np.zeros(3), **said)
    with pytest.raises(InputError, match=r"one\.npz does not say what it is a copy of"):
        kept.read(tmp_path, "one")


def test_a_copy_that_would_fill_the_memory_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", 2**20)
    (tmp_path / "frozen").mkdir()
    about = json.dumps({"sha256": ""})
    np.savez_compressed(tmp_path / "frozen" / "one.npz", __identity__=about, kernel=np.zeros(2**22, np.uint8))
    with pytest.raises(InputError, match=r"one\.npz has .* bytes and would unpack to"):
        kept.read(tmp_path, "one")


def test_a_damaged_copy_is_refused(tmp_path):
    kept.save(tmp_path, "one", NETWORK)
    file = tmp_path / "frozen" / "one.npz"
    for data in damaged(file.read_bytes(), 200):
        file.write_bytes(data)
        try:
            copy = kept.read(tmp_path, "one")
        except InputError as error:
            assert "one.npz" in str(error)
        else:  # what is damaged is no part of it
            np.testing.assert_array_equal(copy.variables["params"]["kernel"], NETWORK.variables["params"]["kernel"])
