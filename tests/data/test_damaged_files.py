"""A damaged file is read as it was or refused by name: never a traceback, never other values, never for ever."""

import io
import itertools
import json
import time
import zipfile

import numpy as np
import pytest
from damage import damaged
from PIL import Image

from gan_jax.data import arrays, tables
from gan_jax.data.decode import FORMATS, decode
from gan_jax.data.sources import images, npz
from gan_jax.errors import InputError

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 5, 4, 3), np.uint8)
LABELS = np.arange(6) % 2
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")


def refused(error: InputError, name: str) -> bool:
    """Whether it is one printable line that names the file, and no mistake of ours."""
    text = str(error)
    return name in text and text.isprintable() and "Type-check" not in text


def picture(format, pixels=PIXELS[0], **options):
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, format, **options)
    return file.getvalue()


@pytest.fixture(autouse=True)
def within_seconds():
    start = time.monotonic()
    yield
    assert time.monotonic() - start < 10


@pytest.mark.parametrize("format", FORMATS)
def test_pictures(format):
    """Only PNG has checksums that find any other pixel."""
    refusals = 0
    for data in damaged(picture(format), 300):
        try:
            pixels = decode(lambda data=data: data, "shelf/cat")
        except InputError as error:
            assert refused(error, "shelf/cat")
            refusals += 1
        else:
            assert pixels.dtype == np.uint8 and pixels.ndim == 3 and 0 < pixels.size <= 2**27 * 4
            assert format != "PNG" or (pixels == PIXELS[0]).all()
    assert 0 < refusals < 300


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("options", [{}, {"progressive": True, "lossless": True, "compression": "tiff_lzw"}])
def test_pictures_that_are_cut_short(format, options):
    """Wherever the end is missing, no pixel is made up."""
    data = picture(format, np.random.default_rng(1).integers(0, 256, (16, 16, 3), np.uint8), **options)
    whole = decode(lambda: data, "it")
    for end in range(0, len(data), 3):
        try:
            assert (decode(lambda end=end: data[:end], "shelf/cat") == whole).all()
        except InputError as error:
            assert refused(error, "shelf/cat")


def test_a_compressed_tiff():
    for data in damaged(picture("TIFF", compression="tiff_lzw"), 200):
        try:
            decode(lambda data=data: data, "shelf/cat")
        except InputError as error:
            assert refused(error, "shelf/cat")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_an_npz(tmp_path, save):
    file = io.BytesIO()
    save(file, images=PIXELS, labels=LABELS, classes=["ant", "bee"])
    refusals = 0
    for data in damaged(file.getvalue(), 400):
        (tmp_path / "set.npz").write_bytes(data)
        try:
            source = npz.make(str(tmp_path / "set.npz"))
            examples = [source[i] for i in range(6)]
        except InputError as error:
            assert refused(error, "set.npz")
            refusals += 1
        else:
            assert source.classes == ("ant", "bee")
            assert (np.stack([example["image"] for example in examples]) == PIXELS).all()
            assert [int(example["label"]) for example in examples] == LABELS.tolist()
    assert 0 < refusals < 400


def test_an_npy(tmp_path):
    file = io.BytesIO()
    np.save(file, np.arange(20.0).reshape(4, 5))
    for data in damaged(file.getvalue(), 300):
        (tmp_path / "set.npy").write_bytes(data)
        try:
            assert isinstance(arrays.read_npy(tmp_path / "set.npy", "it"), np.ndarray)  # which has no checksum
        except InputError as error:
            assert refused(error, "set.npy")


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_a_zip_of_pictures(tmp_path, method):
    """A name alone has no checksum of its own that is looked at before its picture is: then it has another name."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for i, pixels in enumerate(PIXELS):
            archive.writestr(f"{'ab'[i % 2]}/{i}.png", picture("PNG", pixels))
    known = {pixels.tobytes() for pixels in PIXELS}
    refusals = 0
    for number, data in enumerate(damaged(file.getvalue(), 400)):
        path = tmp_path / f"{number}.zip"  # a new one each time, since a zip is opened once
        path.write_bytes(data)
        try:
            source = images.make(str(path))
            for i in range(len(source)):
                assert source[i]["image"].tobytes() in known
        except InputError as error:
            assert refused(error, path.name)
            refusals += 1
        finally:
            images._archive.cache_clear()
            path.unlink()
    assert 0 < refusals < 400


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("labels.csv", b"file,label\n" + b"".join(b"%d.png,%d\n" % (i, i % 2) for i in range(6))),
        ("dataset.json", json.dumps({"labels": [[f"{i}.png", i % 2] for i in range(6)]}).encode()),
    ],
)
def test_a_table_of_labels(name, data):
    for spoiled in itertools.chain(damaged(data, 400), damaged(data, 400, seed=1)):
        try:
            table = tables.parse(name, spoiled, f"shelf/{name}")
        except InputError as error:
            assert refused(error, name)
        else:
            assert all(isinstance(file, str) and isinstance(label, int | str) for file, label in table.items())
