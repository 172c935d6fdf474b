import io
import os
import pickle
import tracemalloc
import zipfile

import numpy as np
import pytest
from PIL import Image

from gan_jax.data import arrays
from gan_jax.data.sources import npz
from gan_jax.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (10, 4, 6, 3), np.uint8)


def png(pixels):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return np.frombuffer(file.getvalue(), np.uint8)


def save(folder, **arrays):
    np.savez(folder / "set.npz", **arrays)
    return str(folder / "set.npz")


def test_raw_pixels_with_labels_and_class_names(tmp_path):
    source = npz.make(save(tmp_path, images=PIXELS, labels=np.arange(10) % 3, classes=["a", "b", "c"]))
    assert (len(source), source.num_classes, source.classes) == (10, 3, ("a", "b", "c"))
    assert (source[7]["image"] == PIXELS[7]).all() and source[7]["label"] == 1 and source[7]["label"].dtype == np.int32


def test_grey_pixels_under_names_of_their_own(tmp_path):
    path = save(tmp_path, train_images=PIXELS[..., 0], train_labels=np.arange(10)[:, None] % 2)
    source = npz.make(path, images="train_images", labels="train_labels")
    assert (source[3]["image"] == PIXELS[3, :, :, :1]).all() and source[3]["label"] == 1
    assert "label" not in npz.make(path, images="train_images")[3]


def test_encoded_files_and_a_damaged_one_by_name(tmp_path):
    files = [png(pixels[: 2 + i]) for i, pixels in enumerate(PIXELS[:3])]
    files[1] = files[1][:40]
    offsets = np.cumsum([0, *map(len, files)])
    source = npz.make(
        save(tmp_path, data=np.concatenate(files), offsets=offsets, labels=[0, 1, 1], names=[b"x", b"y", b"z"])
    )
    source = pickle.loads(pickle.dumps(source))
    assert (source[2]["image"] == PIXELS[2, :4]).all() and source[2]["label"] == 1
    with pytest.raises(InputError, match=r"set\.npz, image 1 \(y\) cannot be read"):
        source[1]


def test_a_split_keeps_images_and_labels_together(tmp_path):
    path = save(tmp_path, images=PIXELS, labels=np.arange(10))
    parts = [npz.make(path, split=split) for split in ("[:70%]", "[70%:]")]
    seen = [example for part in parts for example in (part[i] for i in range(len(part)))]
    assert sorted(int(example["label"]) for example in seen) == list(range(10))
    assert all((example["image"] == PIXELS[example["label"]]).all() for example in seen)
    assert [part.num_classes for part in parts] == [10, 10]


@pytest.mark.parametrize(
    ("arrays", "options", "message"),
    [
        ({"pictures": PIXELS}, {}, "no array 'images'; it has pictures"),
        ({"images": PIXELS}, {"labels": "digit"}, "no array 'digit'; it has images"),
        ({"images": PIXELS / 255}, {}, "must be uint8.*float64"),
        (
            {"images": PIXELS.transpose(0, 3, 1, 2)},
            {},
            r"images \[10, 3, 4, 6\].*np\.moveaxis\(images, 1, -1\)",
        ),
        ({"images": PIXELS.transpose(0, 3, 1, 2)[..., :4]}, {}, "move the axis"),
        ({"images": np.zeros((2, 1, 28, 28), np.uint8)}, {}, "move the axis"),
        ({"images": np.zeros((64, 48, 3), np.uint8)}, {}, r"looks like one picture.*give images\[None\]"),
        ({"images": PIXELS.astype(np.float32)}, {}, "float32.*scale them to 0 to 255"),
        ({"images": PIXELS, "more": PIXELS.transpose(0, 3, 1, 2)}, {"columns": (("source", "more"),)}, "move the axis"),
        ({"images": PIXELS, "labels": np.arange(10), "classes": np.array("ab")}, {}, "classes should be names"),
        ({"data": PIXELS.ravel(), "offsets": np.array([0, 9, 3], np.uint64)}, {}, "offsets rise"),
        ({"data": PIXELS.ravel(), "offsets": np.array([0.0, 9.0])}, {}, "offsets rise"),
        ({"data": PIXELS, "offsets": np.array([0, 9])}, {}, "data must be uint8"),
        ({"data": PIXELS.ravel(), "offsets": np.array([0, 9]), "names": np.array([])}, {}, "1 images, and names"),
        ({"images": PIXELS, "labels": np.array([object()] * 10)}, {}, "array labels cannot be read.*Python objects"),
        ({"images": PIXELS, "labels": np.arange(9)}, {}, "10 images but 9 labels"),
        ({"data": PIXELS.ravel(), "offsets": np.array([0, 9, 3])}, {}, "offsets rise"),
        ({"images": np.array([object()])}, {}, "cannot be read.*allow_pickle"),
    ],
)
def test_what_is_wrong_is_named(tmp_path, arrays, options, message):
    with pytest.raises(InputError, match=rf"set\.npz.*{message}"):
        npz.make(save(tmp_path, **arrays), **options)


def test_missing_and_broken_files_are_named(tmp_path):
    with pytest.raises(InputError, match=r"no file .*gone\.npz"):
        npz.make(str(tmp_path / "gone.npz"))
    (tmp_path / "broken.npz").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(InputError, match=r"broken\.npz cannot be read"):
        npz.make(str(tmp_path / "broken.npz"))


def test_an_npy_is_the_images_alone(tmp_path):
    for name in ("set.npy", "set.npz"):
        with (tmp_path / name).open("wb") as file:
            np.save(file, PIXELS)
        source = npz.make(str(tmp_path / name))
        assert len(source) == 10 and (source[4]["image"] == PIXELS[4]).all() and source.classes == ()
    np.save(tmp_path / "set.npy", PIXELS.transpose(0, 3, 1, 2))
    with pytest.raises(InputError, match=r"set\.npy, images \[10, 3, 4, 6\] looks like \[N, channels"):
        npz.make(str(tmp_path / "set.npy"))


def test_pipes_and_folders_are_named_and_a_home_is_found(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe.npz")
    for path in (tmp_path / "pipe.npz", tmp_path, "/dev/zero"):
        with pytest.raises(InputError, match="there is no file"):
            npz.make(str(path))
    for path in ("~nobody_of_that_name/set.npz", "a" * 5000, "a\0b"):
        with pytest.raises(InputError, match="there is no file"):
            npz.make(path)
    monkeypatch.setenv("HOME", str(tmp_path))
    save(tmp_path, images=PIXELS)
    assert len(npz.make("~/set.npz")) == 10


def npz_of(file, name, header, content, method=zipfile.ZIP_DEFLATED):
    """An array whose header says what it likes."""
    with zipfile.ZipFile(file, "w", method) as archive:
        archive.writestr(f"{name}.npy", b"\x93NUMPY\1\0" + len(header).to_bytes(2, "little") + header + content)
    return str(file)


@pytest.mark.parametrize("shape", ["(1000000000000, 9, 9)", "(3, 4, 4)", "(-1, 4, 4)", "(2, 4, 5)", "()"])
def test_a_header_that_says_more_or_less_than_there_is(tmp_path, shape):
    header = f"{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}".encode()
    path = npz_of(tmp_path / "set.npz", "images", header, bytes(32))
    tracemalloc.start()
    with pytest.raises(InputError, match=r"set\.npz, array images cannot be read: it says that it has"):
        npz.make(path)
    assert tracemalloc.get_traced_memory()[1] < 2**23
    tracemalloc.stop()


def test_what_would_fill_the_memory_is_not_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(arrays, "LARGE", 10**6)
    np.savez_compressed(tmp_path / "set.npz", images=np.zeros((2000, 32, 32), np.uint8))
    with pytest.raises(InputError, match=r"set\.npz has [0-9,]+ bytes and would unpack to 2,048,128"):
        npz.make(str(tmp_path / "set.npz"))
    np.savez(tmp_path / "set.npz", images=np.zeros((2000, 32, 32), np.uint8))
    assert len(npz.make(str(tmp_path / "set.npz"))) == 2000


def test_two_arrays_of_one_name_are_named(tmp_path):
    path = save(tmp_path, images=PIXELS)
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr("images.npy", b"")
    with pytest.raises(InputError, match="has two arrays 'images'"):
        npz.make(path)
