import numpy as np
import pytest

from gan_jax.data import dataset
from gan_jax.errors import InputError


class Numbered:
    """Image i is plain, of value i, but for the damaged ones."""

    num_classes = 3

    def __init__(self, shapes=((6, 9, 3),) * 8, damaged=()):
        self.shapes, self.damaged = shapes, damaged

    def __len__(self):
        return len(self.shapes)

    def __getitem__(self, i):
        if i in self.damaged:
            raise OSError(f"photo_{i}.png is damaged")
        return {"image": np.full(self.shapes[i], i, np.uint8), "label": np.int32(i % 3)}


class Columns:
    """Pixels that say which column they were."""

    def __len__(self):
        return 1

    def __getitem__(self, i):
        return {"image": np.broadcast_to(np.arange(20, dtype=np.uint8), (4, 20))[:, :, None]}


def test_images_that_are_alike_keep_their_shape():
    data = dataset.make(Numbered())
    assert (data.image_shape, data.num_classes, data.classes, len(data)) == ((6, 9, 3), 3, ("0", "1", "2"), 8)
    assert (data.example(5)["image"] == 5).all() and data.example(5)["label"] == 2


def test_resolution_and_channels_make_any_images_alike():
    shapes = ((6, 9, 3), (20, 5, 1), (3, 3, 4), (50, 50, 3))
    arrays = dataset.make(Numbered(shapes), resolution=(4, 8), channels=1).arrays()
    assert arrays["image"].shape == (4, 4, 8, 1) and arrays["image"].dtype == np.uint8
    assert arrays["image"][:2].max(axis=(1, 2, 3)).tolist() == [0, 1] and arrays["label"].tolist() == [0, 1, 2, 0]
    assert arrays["image"][2, 0, 0, 0] == 253  # nearly transparent, over white


def test_images_that_differ_need_a_resolution():
    data = dataset.make(Numbered(((6, 9, 3), (6, 8, 3))), on_error="skip")
    with pytest.raises(InputError, match=r"image of example 1 is 6x8, the first is 6x9.*data\.resolution"):
        data.example(1)


def test_a_damaged_image_is_named():
    data = dataset.make(Numbered(damaged={4}))
    with pytest.raises(InputError, match=r"photo_4\.png"):
        data.example(4)
    with pytest.raises(InputError, match=r"photo_4\.png"):
        data.arrays()
    with pytest.raises(InputError, match=r"photo_0\.png"):
        dataset.make(Numbered(damaged={0}))


def test_a_skipped_image_gives_way_to_the_next_good_one():
    data = dataset.make(Numbered(damaged={0, 3, 4, 7}), on_error="skip")
    arrays = data.arrays()
    assert arrays["image"][:, 0, 0, 0].tolist() == [1, 1, 2, 5, 5, 5, 6, 1]
    assert arrays["label"].tolist() == [1, 1, 2, 2, 2, 2, 0, 1]
    assert sorted(data.skipped) == [0, 3, 4, 7] and data.skipped[3] == "photo_3.png is damaged"
    with pytest.raises(InputError, match=r"none of the 8 examples can be read; the first: photo_0\.png"):
        dataset.make(Numbered(damaged=set(range(8))), on_error="skip")


def test_more_than_half_of_a_set_is_not_skipped(monkeypatch):
    monkeypatch.setattr(dataset, "SKIPPED", 10)
    shapes = ((2, 2, 1),) * 100
    most, half, end = set(range(1, 100, 2)) | set(range(0, 100, 4)), set(range(1, 100, 2)), set(range(60, 100))
    for damaged in (half, end):
        data = dataset.make(Numbered(shapes, damaged), on_error="skip")
        assert len(data.arrays()["image"]) == 100 and data.skipped.keys() == damaged
    with pytest.raises(InputError, match=r"5\d of 100 examples cannot be read, more than half; the last: photo_"):
        dataset.make(Numbered(shapes, most), on_error="skip").arrays()
    with pytest.raises(InputError, match="51 of 100 examples cannot be read"):
        dataset.make(Numbered(shapes, set(range(100))), on_error="skip")


def test_a_damaged_image_is_tried_once():
    tried = []

    class Counted(Numbered):
        def __getitem__(self, i):
            tried.append(i)
            return super().__getitem__(i)

    data = dataset.make(Counted(damaged={1, 2, 3}), on_error="skip")
    for _ in range(3):
        assert [int(data.example(i)["image"][0, 0, 0]) for i in range(1, 4)] == [4, 4, 4]
    assert [tried.count(i) for i in (1, 2, 3)] == [1, 1, 1] and sorted(data.skipped) == [1, 2, 3]


def test_a_random_crop_is_a_function_of_its_key():
    data = dataset.make(Columns(), resolution=(4, 4), crop="random")
    first = [int(data.example(0, (0, n))["image"][0, 0, 0]) for n in range(200)]
    assert first == [int(data.example(0, (0, n))["image"][0, 0, 0]) for n in range(200)]
    assert set(first) == set(range(17))
    assert not data.fits_in_memory
    assert dataset.make(Columns(), resolution=(4, 4)).example(0)["image"][0, :, 0].tolist() == [8, 9, 10, 11]
    assert dataset.make(Columns(), resolution=(4, 10), crop="none").example(0)["image"].shape == (4, 10, 1)


def test_only_what_fits_is_held_in_memory():
    size = 8 * (6 * 9 * 3 + 4) / 2**30  # of the labels too
    assert dataset.make(Numbered(), memory=size).fits_in_memory
    assert not dataset.make(Numbered(), memory=size * 0.999).fits_in_memory


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"crop": "middle"}, r"data\.crop='middle'.*'center'"),
        ({"on_error": "ignore"}, r"data\.on_error='ignore'"),
        ({"resolution": (0, 8)}, r"data\.resolution=\(0, 8\)"),
        ({"channels": 2}, r"data\.channels=2"),
    ],
)
def test_bad_values_are_named(options, message):
    with pytest.raises(InputError, match=message):
        dataset.make(Numbered(), **options)


def test_what_a_source_does_wrong_is_named():
    class Labelled(Columns):
        def __getitem__(self, i):
            return super().__getitem__(i) | {"label": np.int32(5)}

    with pytest.raises(InputError, match="num_classes"):
        dataset.make(Labelled())
    Labelled.num_classes = 5
    with pytest.raises(InputError, match="label of example 0 is 5, but num_classes is 5"):
        dataset.make(Labelled()).example(0)
    Labelled.__getitem__ = lambda self, i: {"image": np.zeros((2, 2, 3))}
    with pytest.raises(InputError, match=r"example 0 must have an `image` of uint8.*float64 \(2, 2, 3\)"):
        dataset.make(Labelled())
    Labelled.__len__ = lambda self: 0
    with pytest.raises(InputError, match="no examples"):
        dataset.make(Labelled())
