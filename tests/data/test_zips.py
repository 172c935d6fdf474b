"""Zips of all makers: the same names whoever wrote them, members within bounds, and a word on all else."""

import io
import json
import struct
import warnings
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from gan_jax.data import tables, zips
from gan_jax.data.sources import images
from gan_jax.errors import InputError


def picture(value):
    file = io.BytesIO()
    Image.new("L", (2, 2), value).save(file, "PNG")
    return file.getvalue()


def written(path, members, method=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", method) as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names that stand there twice
        for name, data in members:
            archive.writestr(name, data)
    return str(path)


def values(source):
    return {name: int(source[i]["image"].mean()) for i, name in enumerate(source.names)}


@pytest.mark.parametrize("name", ["{}\\{}", "./{}/{}", "/{}/{}", "{}//{}", ".\\{}\\{}"])
def test_names_of_all_makers(tmp_path, name):
    members = [(name.format(kind, f"{i}.png"), picture(i)) for i, kind in enumerate(("ant", "bee"))]
    members += [("ant\\", b""), (name.format("", "labels.csv"), b"ant\\0.png,zwei\n./bee/1.png,eins\n")]
    source = images.make(written(tmp_path / "set.zip", members))
    assert values(source) == {"ant/0.png": 0, "bee/1.png": 1}
    assert source.classes == ("eins", "zwei") and [int(source[i]["label"]) for i in range(2)] == [1, 0]


def test_a_name_that_stands_twice_is_one_picture_and_told(tmp_path, caplog):
    path = written(tmp_path / "set.zip", [("a.png", picture(1)), ("./a.png", picture(2)), ("a.png", picture(3))])
    assert values(images.make(path)) == {"a.png": 3}
    assert "members with the name of a later one: 2 (./a.png, a.png)" in caplog.text


def test_what_is_no_picture_of_the_zip_is_told(tmp_path, caplog):
    link = zipfile.ZipInfo("link.png")
    link.external_attr = 0o120777 << 16
    members = [("a.png", picture(1)), ("../b.png", picture(2)), ("c/..\\d.png", picture(2)), (link, b"a.png")]
    source = images.make(written(tmp_path / "set.zip", [*members, (".e.png", b""), ("f.heic", b"")]))
    assert source.names == ["a.png"]
    for told in ("files .heic: 1 (f.heic)", "hidden: 1 (.e.png)", "links or devices: 1 (link.png)"):
        assert told in caplog.text
    assert "members that lead out of the zip: 2 (../b.png, c/..\\d.png)" in caplog.text


def test_names_in_utf8_that_do_not_say_so_and_names_of_1981(tmp_path):
    name = "Bär/1.png".encode()
    data = (tmp_path / "set.zip", [("B__r/1.png", picture(1)), ("ant/2.png", picture(2)), ("b_r/3.png", picture(3))])
    raw = Path(written(*data)).read_bytes()
    raw = raw.replace(b"B__r/1.png", name).replace(b"b_r/3.png", b"b\x84r/3.png")
    (tmp_path / "set.zip").write_bytes(raw)
    assert values(images.make(str(tmp_path / "set.zip"))) == {"Bär/1.png": 1, "ant/2.png": 2, "bär/3.png": 3}


def test_an_encrypted_zip_is_named(tmp_path):
    path = written(tmp_path / "set.zip", [("a.png", picture(1))])
    raw = bytearray(Path(path).read_bytes())
    for signature, at in ((b"PK\1\2", 8), (b"PK\3\4", 6)):
        raw[raw.find(signature) + at] |= 1
    (tmp_path / "set.zip").write_bytes(raw)
    with pytest.raises(InputError, match=r"a\.png in .*set\.zip is encrypted: unpack"):
        images.make(path)


@pytest.mark.parametrize("name", ["big.png", "labels.csv", "dataset.json"])
def test_a_member_that_unpacks_to_too_much_is_not_unpacked(tmp_path, monkeypatch, name):
    assert images.MAX_BYTES <= 2**28 and tables.MAX_BYTES <= 2**28
    for reader in (images, tables):
        monkeypatch.setattr(reader, "MAX_BYTES", 10**6)
    path = written(tmp_path / "set.zip", [("a.png", picture(1))])
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as stream:
        stream.write(bytes(2**20))
    with pytest.raises(InputError, match=rf"{name}.*cannot be read.*1,048,576 bytes when unpacked"):
        images.make(path)[1]


def test_a_member_that_says_less_than_it_has(tmp_path):
    path = written(tmp_path / "set.zip", [("a.png", picture(1) + bytes(10**6))], zipfile.ZIP_DEFLATED)
    raw = bytearray(Path(path).read_bytes())
    at = raw.find(b"PK\1\2") + 24
    raw[at : at + 4] = struct.pack("<I", 60)
    (tmp_path / "set.zip").write_bytes(raw)
    with pytest.raises(InputError, match=r"a\.png cannot be read"):
        images.make(path)[0]


def test_more_members_than_are_read(tmp_path, monkeypatch):
    monkeypatch.setattr(zips, "MAX_MEMBERS", 3)
    path = written(tmp_path / "set.zip", [(f"{i}.png", b"") for i in range(4)])
    with pytest.raises(InputError, match=r"set\.zip has 4 members, and at most 3 are read"):
        images.make(path)


def test_a_table_deep_in_a_zip_is_told(tmp_path, caplog):
    members = [("a/1.png", picture(1)), ("b/2.png", picture(2)), ("a/dataset.json", json.dumps({"labels": None}))]
    assert images.make(written(tmp_path / "set.zip", members)).classes == ("a", "b")
    assert "files .json: 1 (a/dataset.json)" in caplog.text
