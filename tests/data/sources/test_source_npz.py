import io
import pickle

import numpy as np
import pytest
from PIL import Image

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
        ({"images": PIXELS.transpose(0, 3, 1, 2)}, {}, "channels"),
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
