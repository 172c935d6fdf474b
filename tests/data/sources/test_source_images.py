import json
import pickle
import zipfile

import pytest
from PIL import Image

from gan_jax.data.sources import images
from gan_jax.errors import InputError


@pytest.fixture
def folder(tmp_path):
    """Images whose every pixel is the place of their name in the alphabet."""
    root = tmp_path / "set"
    for value, name in enumerate(["ant/red/1.png", "ant/red/2.PNG", "bee/black/1.jpg", "bee/red/1.webp"]):
        write(root / name, value)
    (root / "ant" / ".hidden.png").write_bytes(b"")
    (root / "ant" / "notes.txt").write_text("no image")
    return root


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (5, 4), (value * 10,) * 3).save(path, {".jpg": "JPEG", ".webp": "WEBP"}.get(path.suffix, "PNG"))


def zipped(folder, inside=""):
    path = folder.with_suffix(".zip")
    with zipfile.ZipFile(path, "w") as archive:
        for file in folder.rglob("*"):
            archive.write(file, inside + file.relative_to(folder).as_posix())
        archive.writestr("__MACOSX/ant/._1.png", b"")
    return path


@pytest.mark.parametrize("pack", [lambda folder: folder, zipped, lambda folder: zipped(folder, "outer/inner/")])
def test_a_tree_or_a_zip_of_it(folder, pack):
    source = pickle.loads(pickle.dumps(images.make(str(pack(folder)))))
    assert (len(source), source.num_classes, source.classes) == (4, 2, ("ant", "bee"))
    assert [int(source[i]["image"].mean()) for i in range(4)] == [0, 10, 20, 30]
    assert [int(source[i]["label"]) for i in range(4)] == [0, 0, 1, 1]
    assert source[3]["image"].shape == (4, 5, 3)


def test_classes_from_deeper_folders_or_none(folder):
    assert images.make(str(folder), class_depth=2).classes == ("ant/red", "bee/black", "bee/red")
    assert images.make(str(folder), class_depth=0).num_classes == 0
    assert "label" not in images.make(str(folder / "ant"))[0]


def test_labels_from_a_table(folder):
    (folder / "labels.csv").write_text(
        "picture,way\nant/red/1.png,up\nant/red/2.PNG,down\nbee/black/1.jpg,up\nbee/red/1.webp,up\n"
    )
    source = images.make(str(folder))
    assert source.classes == ("down", "up") and [int(source[i]["label"]) for i in range(4)] == [1, 0, 1, 1]


def test_labels_from_json_inside_a_zip(folder):
    labels = [["ant/red/1.png", 3], ["ant/red/2.PNG", 0], ["bee/black/1.jpg", 1], ["bee/red/1.webp", 1]]
    (folder / "dataset.json").write_text(json.dumps({"labels": labels}))
    source = images.make(str(zipped(folder, "outer/")))
    assert source.num_classes == 4 and [int(source[i]["label"]) for i in range(4)] == [3, 0, 1, 1]
    (folder / "dataset.json").write_text('{"labels": null}')
    assert images.make(str(folder)).num_classes == 0


def test_a_split_keeps_the_labels(folder):
    parts = [images.make(str(folder), split=split) for split in ("[:50%]", "[50%:]")]
    seen = {int(part[i]["image"].mean()) // 10: int(part[i]["label"]) for part in parts for i in range(len(part))}
    assert seen == {0: 0, 1: 0, 2: 1, 3: 1}


def test_a_damaged_file_is_named(folder):
    (folder / "bee/black/1.jpg").write_bytes(b"broken")
    source = images.make(str(folder))
    with pytest.raises(InputError, match=r"set/bee/black/1\.jpg cannot be read"):
        source[2]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds no files"),
        ({"a.heic": "x"}, r"holds files \.heic: 1 \(a\.heic\), but none that ends in \.png"),
        ({"1.png": "", "ant/2.png": ""}, r"1\.png lies in 0 sub-folders"),
        ({"1.png": "", "labels.csv": "2.png,0"}, r"labels\.csv has no label for 1\.png"),
        ({"1.png": "", "labels.csv": "1.png"}, "two columns"),
        ({"1.png": "", "dataset.json": '{"labels": [["1.png", [0.5]]]}'}, r"dataset\.json must hold"),
        ({"1.png": "", "dataset.json": "{"}, r"dataset\.json cannot be read"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, files, message):
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=message):
        images.make(str(tmp_path))


def test_a_missing_path_and_a_plain_file_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no folder or zip .*nowhere"):
        images.make(str(tmp_path / "nowhere"))
    for path in ("~nobody_of_that_name", "a" * 5000, "a\0b"):
        with pytest.raises(InputError, match="no folder or zip"):
            images.make(path)
    (tmp_path / "one.png").write_bytes(b"")
    with pytest.raises(InputError, match=r"one\.png is neither a folder nor a zip"):
        images.make(str(tmp_path / "one.png"))
