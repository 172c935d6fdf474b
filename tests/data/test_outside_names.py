"""Names that come from outside: nothing in them reaches a terminal as anything but letters."""

import json
import logging
import os
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from gan_jax.data import dataset, tables
from gan_jax.data.sources import images, npz
from gan_jax.errors import DivergedError, InputError, printable, told_of

EVIL = "a\x1b[2J\nerror: \x07b\u202e\udcff\x9b"


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_is_printable_on_one_line(text):
    shown = printable(text)
    assert shown.isprintable() and isinstance(shown.encode("utf-8"), bytes)
    assert shown == text or not text.isprintable()
    assert printable(shown) == shown


def test_umlauts_and_ideographs_stay_as_they_are():
    assert printable("Bär 猫 🦉 \\n") == "Bär 猫 🦉 \\n"
    assert printable("a\nb\x1b[31m\udc80") == "a\\nb\\x1b[31m\\udc80"


@pytest.mark.parametrize("kind", [InputError, DivergedError])
def test_a_message_has_the_lines_that_it_was_made_of(kind):
    error = pickle.loads(pickle.dumps(kind(f"first {EVIL}", "  second\r")))
    first, second = str(error).split("\n")
    assert first.isprintable() and second == "  second\\r" and "\\x1b[2J" in first


def test_an_error_of_ones_own_keeps_its_lines(tmp_path):
    (tmp_path / "mine.py").write_text("raise RuntimeError('one\\n  two \\x1b')")
    with pytest.raises(InputError) as refusal, told_of("data.source"):
        exec(compile((tmp_path / "mine.py").read_text(), str(tmp_path / "mine.py"), "exec"), {})
    assert str(refusal.value).endswith("RuntimeError: one\n  two \\x1b")


def test_names_of_files_and_folders(tmp_path, caplog):
    folder = tmp_path / os.fsdecode(b"set\x1b[31m\xff\n")
    for kind in (EVIL, "other"):
        (folder / kind).mkdir(parents=True)
        Image.new("L", (2, 2)).save(folder / kind / f"{EVIL}.png")
        (folder / kind / f"{EVIL}.xyz\x1b").write_bytes(b"")
    (folder / EVIL / f"{EVIL}.png").write_bytes(b"damaged")
    with caplog.at_level(logging.INFO):
        source = images.make(str(folder))
        data = dataset.make(source, on_error="skip")
        data.arrays()
    assert len(caplog.messages) == 2 and all(message.isprintable() for message in caplog.messages)
    assert all(name.isprintable() for name in source.classes) and len(source.classes) == 2
    json.dumps(source.classes, ensure_ascii=False).encode("utf-8")
    with pytest.raises(InputError) as refusal:
        source[0]
    assert str(refusal.value).isprintable() and "\\udcff" in str(refusal.value)


def test_names_in_zips_npz_and_tables(tmp_path):
    name = EVIL.replace("\udcff", "")
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(f"{name}.png", b"damaged")
    np.savez(tmp_path / "set.npz", **{name: np.zeros(2)})
    refusals = [
        lambda: images.make(str(tmp_path / "set.zip"))[0],
        lambda: npz.make(str(tmp_path / "set.npz")),
        lambda: tables.parse("dataset.json", json.dumps({"labels": [[EVIL, [EVIL]]]}).encode(), EVIL),
        lambda: tables.parse("labels.csv", b"a.png,1,2\x1b", EVIL),
    ]
    for refuse in refusals:
        with pytest.raises(InputError) as refusal:
            refuse()
        assert str(refusal.value).isprintable() and "\\x1b" in str(refusal.value)
