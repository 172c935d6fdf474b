"""Every picture below a folder once, whatever leads there, and a word on all else."""

import logging
import os
import socket

import pytest
from PIL import Image

from gan_jax.data.folders import files_below
from gan_jax.data.left_out import LeftOut
from gan_jax.data.sources import images
from gan_jax.errors import InputError


def put(*files):
    for file in files:
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("L", (3, 2)).save(file, "PNG")


@pytest.fixture
def folder(tmp_path):
    """Six pictures of three classes."""
    root = tmp_path / "all" / "set"
    put(*(root / kind / f"{i}.png" for kind in ("ant", "bee", "cat") for i in range(2)))
    return root


def walked(root):
    left_out = LeftOut()
    return files_below(root, left_out), str(left_out)


def test_links_to_parents_and_neighbours_lead_nowhere_new(folder):
    put(folder.parent / "beside.png", folder.parent / "other" / "1.png")
    whole, _ = walked(folder)
    (folder / "ant" / "up").symlink_to("..")
    (folder / "ant" / "far_up").symlink_to(folder.parent)
    (folder / "itself").symlink_to(".")
    (folder / "bee" / "neighbour").symlink_to(folder / "ant")
    (folder / "a_link_that_comes_first").symlink_to("cat")
    found, told = walked(folder)
    assert found == whole and len(found) == 6
    assert "links to folders that are read already or lie above: 5 (a_link_that_comes_first, ant/far_up, ant/up" in told


def test_folders_elsewhere_are_followed_once(folder, tmp_path):
    put(tmp_path / "store" / "1.png", tmp_path / "store" / "deep" / "2.png")
    for name in ("dog", "wolf"):
        (folder / name).symlink_to(tmp_path / "store")
    (tmp_path / "store" / "back").symlink_to(folder)
    found, told = walked(folder)
    assert {name for name in found if name.startswith(("dog", "wolf"))} == {"dog/1.png", "dog/deep/2.png"}
    assert "(dog/back, wolf)" in told


def test_a_linked_root_is_a_folder_like_any(folder, tmp_path):
    (tmp_path / "link").symlink_to(folder)
    assert walked(tmp_path / "link") == walked(folder)


def test_links_to_files(folder, tmp_path):
    put(tmp_path / "pool" / "7.png")
    for name in ("7.png", "again.png"):
        (folder / "bee" / name).symlink_to(tmp_path / "pool" / "7.png")
    (folder / "cat" / "same.png").symlink_to("../ant/0.png")
    (folder / "cat" / "lost.png").symlink_to("gone.png")
    (folder / "cat" / "round.png").symlink_to("round.png")
    found, told = walked(folder)
    assert len(found) == 7 and "bee/7.png" in found
    assert "links to files that are read already: 2 (bee/again.png, cat/same.png)" in told
    assert "links that lead nowhere: 1 (cat/lost.png)" in told
    assert "files that cannot be opened: 1 (cat/round.png: Too many levels of symbolic links)" in told


def test_nothing_is_waited_for(folder, monkeypatch):
    os.mkfifo(folder / "ant" / "pipe.png")
    os.mkfifo(folder / "dataset.json")
    (folder / "bee" / "linked.png").symlink_to("../ant/pipe.png")
    (folder / "bee" / "null.png").symlink_to("/dev/zero")
    monkeypatch.chdir(folder / "cat")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("socket.png")
        found, told = walked(folder)
    assert len(found) == 6 and "pipes, sockets or devices: 5 (ant/pipe.png, bee/linked.png, bee/null.png, ...)" in told
    assert images.make(str(folder)).classes == ("ant", "bee", "cat")
    for path in (folder / "ant" / "pipe.png", "/dev/zero"):
        with pytest.raises(InputError, match="is neither a folder nor a zip"):
            images.make(str(path))


def test_a_file_that_became_a_pipe_is_not_waited_for(folder):
    source = images.make(str(folder))
    (folder / "ant" / "0.png").unlink()
    os.mkfifo(folder / "ant" / "0.png")
    with pytest.raises(InputError, match=r"ant/0\.png cannot be read.*no regular file any more"):
        source[0]


def test_a_folder_that_may_not_be_read_is_told(folder, monkeypatch):
    scandir = os.scandir

    def forbidding(path):
        if str(path).endswith("bee"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", forbidding)
    found, told = walked(folder)
    assert len(found) == 4 and told == "folders that cannot be opened: 1 (bee: Permission denied)"


def test_what_is_left_out_is_told_in_one_warning(folder, caplog):
    for name in ("ant/1.heic", "ant/2.HEIC", "bee/notes.txt", ".hidden/1.png", "cat/README", "old.zip"):
        put(folder / name)
    assert len(images.make(str(folder))) == 6
    (warning,) = caplog.records
    assert warning.levelno == logging.WARNING and warning.message == (
        f"images: {folder}: 6 images: left out: files .heic: 2 (ant/1.heic, ant/2.HEIC); "
        "files .txt: 1 (bee/notes.txt); files .zip: 1 (old.zip); files without a suffix: 1 (cat/README); "
        "hidden: 1 (.hidden)"
    )


def test_every_format_is_read_whatever_the_case_of_its_name(tmp_path, caplog):
    names = ["1.PNG", "2.jpg", "3.JPEG", "4.jfif", "5.bmp", "6.TIF", "7.tiff", "8.gif", "9.WebP"]
    kinds = ["PNG", "JPEG", "JPEG", "JPEG", "BMP", "TIFF", "TIFF", "GIF", "WEBP"]
    for i, (name, kind) in enumerate(zip(names, kinds, strict=True)):
        Image.new("RGB", (4, 4), (i * 20,) * 3).save(tmp_path / name, kind)
    source = images.make(str(tmp_path))
    assert source.names == names and not caplog.records
    for i in range(9):
        image = source[i]["image"]
        assert image.shape == (4, 4, 3) and abs(int(image.mean()) - i * 20) <= 1


def test_a_home_is_found(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(images.make("~/set")) == 6
