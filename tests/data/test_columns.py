"""Columns beside the image: kept together with it, known by their kinds, computed from it, refused by name."""

import dataclasses
import io
import itertools
import pickle

import jax.numpy as jnp
import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from gan_jax.data import dataset, derive, kinds, loader
from gan_jax.data.bicubic import resize_pixels
from gan_jax.data.jpegs import has_jpeg
from gan_jax.data.labels import UNLABELLED
from gan_jax.data.sources import halves, npz, unpaired
from gan_jax.errors import InputError
from gan_jax.types import Column


class Twins:
    """A picture, the same once more, tokens, a number and a label."""

    num_classes, kinds, sizes = 2, {"words": "tokens"}, {"words": 9}

    def __init__(self, side=(10, 14)):
        self.side = side

    def __len__(self):
        return 6

    def __getitem__(self, i):
        pixels = np.random.default_rng(i).integers(0, 256, (*self.side, 3), dtype=np.uint8)
        return dict(image=pixels, twin=pixels, words=np.int32([i, 8]), size=np.float32(i), label=np.int32(i % 2))


def test_every_column_is_known_by_its_kind():
    data = dataset.make(Twins(), resolution=(4, 4))
    assert data.columns == {
        "image": Column((4, 4, 3), "uint8", "image"),
        "twin": Column((4, 4, 3), "uint8", "image"),
        "words": Column((2,), "int32", "tokens", 9),
        "size": Column((), "float32", "array"),
        "label": Column((), "int32", "label", 2),
    }


@pytest.mark.parametrize("crop", ["center", "random", "jitter", "patch", "none"])
def test_the_pictures_of_an_example_are_cut_at_one_place(crop):
    data = dataset.make(Twins(), resolution=(5, 5), crop=crop)
    examples = [data.example(3, (1, place)) for place in range(8)]
    assert all((example["image"] == example["twin"]).all() for example in examples)
    assert (len({example["image"].tobytes() for example in examples}) > 1) == (crop in ("random", "jitter", "patch"))


def test_streamed_and_held_batches_have_the_same_columns():
    held, streamed = (dataset.make(Twins(), memory=memory, flip=True) for memory in (1.0, 0.0))
    assert held.flipped == ("image", "twin") and held.fits_in_memory and not streamed.fits_in_memory
    batch = next(loader.batches(streamed, seed=1, start_step=0, examples_per_step=4))
    chosen = next(loader.batches(held, seed=1, start_step=0, examples_per_step=4))["index"]
    arrays = held.arrays()
    assert batch.keys() == arrays.keys() | {"position"}
    for name, values in arrays.items():
        np.testing.assert_array_equal(values[chosen], batch[name])
        assert values.dtype == batch[name].dtype


def test_memory_counts_all_columns():
    one = 2 * 10 * 14 * 3 + 2 * 4 + 4 + 4
    assert dataset.make(Twins(), memory=6 * one / 2**30).fits_in_memory
    assert not dataset.make(Twins(), memory=(6 * one - 1) / 2**30).fits_in_memory


class Voxels:
    def __len__(self):
        return 2

    def __getitem__(self, i):
        return {"image": np.full((3, 4, 5, 1), i, np.uint8)}


def test_arrays_come_in_their_own_size():
    assert dataset.make(Voxels()).columns["image"] == Column((3, 4, 5, 1), "uint8", "voxels")
    Voxels.kinds = {"image": "array"}
    for settings in (dict(resolution=(4, 4)), dict(channels=3)):
        with pytest.raises(InputError, match=r"are of pictures and voxels, and `image` is \[3, 4, 5, 1\]"):
            dataset.make(Voxels(), **settings)


class Odd(Twins):
    """Twins of which one column is replaced from the second example on."""

    def __init__(self, name, first, then):
        super().__init__()
        self.name, self.values = name, (first, then)

    def __getitem__(self, i):
        return super().__getitem__(i) | {self.name: self.values[min(i, 1)]}


@pytest.mark.parametrize(
    ("name", "first", "then", "message"),
    [
        ("sound", np.zeros(4, np.float32), np.zeros(5, np.float32), r"sound of example 1 is float32 \[5\].*\[4\]"),
        (
            "caption",
            "a cat",
            "a dog",
            r"column 'caption' is text \(<U5\): say how it becomes numbers, data.tokenizer=words",
        ),
        ("caption", b"a cat", b"a dog", r"column 'caption' is text \(\|S5\)"),
        ("ragged", [[1], [1, 2]], 0, "column 'ragged' is of type list and no array of one shape: pad it"),
        ("ragged", np.int32([1, 2]), [[1], [1, 2]], "ragged of example 1 is of type list and no array of one shape"),
        ("sound", np.zeros(4), "a dog", r"sound of example 1 is <U5 \[\].*pad or cut them .* or leave the column out"),
        ("sound", np.zeros(4), None, r"sound of example 1 is object \[\]"),
        ("twin", np.zeros((10, 14, 3), np.uint8), [[1], [1, 2]], "twin of example 1 must be uint8"),
        ("mask", np.zeros((3, 64, 48), np.uint8), 0, r"column 'mask' is uint8 \[3, 64, 48\].*np\.moveaxis\(x, 0, -1\)"),
        ("image", np.zeros((1, 64, 48), np.uint8), 0, "column 'image' is uint8.*move the axis"),
        ("when", np.datetime64("2020-01-01"), 0, "type datetime64"),
        ("label", np.int32(1), "cat", r"label of example 1 is <U3 \[\]: its source must give one whole number"),
        ("label", np.int32(1), np.int32([1, 0]), r"label of example 1 is int32 \[2\]"),
        ("label", np.int32(1), 0.5, "label of example 1 is float64"),
        ("label", np.int32(1), None, "label of example 1 is object"),
        ("label", np.int32(1), 2**40, "label of example 1 is 1099511627776, but num_classes is 2"),
        (7, 1, 1, "has a column 7: the names of columns must be strings"),
        ("any", np.array([None]), np.array([None]), "column 'any' is of type object"),
        ("words", np.int32([1, 2]), np.int32([1, 9]), r"words of example 1 has 9 or 1, but its numbers are 0 to 8"),
        ("label", np.int32(1), np.int32(2), "label of example 1 is 2, but num_classes is 2"),
        ("twin", np.zeros((10, 14, 3), np.uint8), np.zeros((9, 14, 3), np.uint8), "twin of example 1 is 9x14"),
    ],
)
def test_columns_that_cannot_be_are_named(name, first, then, message):
    with pytest.raises(InputError, match=message):
        dataset.make(Odd(name, first, then)).example(1)


def test_any_value_of_a_column_is_taken_or_named():
    values = [None, "x", b"x", [], [[1], [1, 2]], {}, object(), 1j, np.nan, 2**70, -1, True, np.zeros((2, 0)), Twins]
    for name, first, then in itertools.product(("sound", "words", "label", "image"), values, values):
        try:
            dataset.make(Odd(name, first, then)).example(1)
        except InputError as error:
            assert name in str(error) or "example" in str(error)
            assert "Type-check" not in str(error)


@pytest.mark.parametrize(("count", "classes"), [(10**12, ()), (-1, ()), ("2", ()), (2.0, ()), (2, ("a",)), (0, ("a",))])
def test_a_number_of_classes_that_cannot_be_is_named(count, classes):
    source = Twins()
    source.num_classes, source.classes = count, classes
    with pytest.raises(InputError, match=r"data\.source: .*num_classes"):
        dataset.make(source)


def test_classes_are_those_of_the_source_or_numbers():
    source = Twins()
    assert dataset.make(source).classes == ("0", "1")
    source.classes = ("ant", "bee")
    pictures = halves.make(source, right="other")
    for labelled in (source, pictures, unpaired.make(source, Twins())):
        assert dataset.make(labelled).classes == labelled.classes == ("ant", "bee")


def test_a_column_that_is_not_in_all_examples_is_named():
    class Missing(Twins):
        def __getitem__(self, i):
            return super().__getitem__(i) if i == 0 else {"image": super().__getitem__(i)["image"]}

    with pytest.raises(InputError, match="example 1 has the columns image: 'label' is not in all"):
        dataset.make(Missing()).example(1)


@pytest.mark.parametrize("name", ["position", "index"])
def test_the_columns_of_a_batch_are_not_a_sources(name):
    with pytest.raises(InputError, match=f"the column '{name}': a batch has one of its own"):
        dataset.make(Odd(name, np.int32(0), np.int32(0)))


def test_numbers_of_64_bits_are_held_as_jax_computes_with_them():
    class Wide(Twins):
        def __getitem__(self, i):
            return super().__getitem__(i) | {"words": np.array([i, 8]), "size": np.array(i / 3)}

    data = dataset.make(Wide(), derive={"half": lambda example: example["size"] * np.float64(0.5)})
    assert data.columns["words"] == Column((2,), "int32", "tokens", 9)
    assert data.columns["size"].dtype == data.columns["half"].dtype == "float32"
    example = data.example(2)
    assert all(example[name].dtype == column.dtype for name, column in data.columns.items())
    assert example["words"].tolist() == [2, 8] and example["half"] == np.float32(1 / 3)
    with pytest.raises(InputError, match="words of example 1 has whole numbers of more than 32 bits"):
        dataset.make(Odd("words", np.array([1, 2]), np.array([2**40, 2]))).example(1)


def test_another_set_of_a_run_has_the_columns_that_it_has():
    class Bare(Twins):
        num_classes, kinds, sizes = 0, {}, {}

        def __getitem__(self, i):
            return {"image": super().__getitem__(i)["image"]}

    made = dict(resolution=(4, 4), derive={"grey": derive.grey})
    labelled, bare = dataset.make(Twins(), **made), dataset.make(Bare(), **made)
    assert labelled.like(Bare()).example(1).keys() == {"image", "grey"}
    other = bare.like(Twins())
    assert other.example(1).keys() == labelled.example(1).keys() and other.num_classes == 2
    assert other.example(1)["image"].shape == (4, 4, 3)
    twin = labelled.like(Twins((30, 20))).example(1)
    assert {name: value.shape for name, value in twin.items()} == {n: c.shape for n, c in labelled.columns.items()}


# Derived columns


def picture(channels=3, side=(16, 12)):
    return np.random.default_rng(0).integers(0, 256, (*side, channels), dtype=np.uint8)


def test_edges_are_the_steepest_slope_of_any_colour():
    found = derive.edges({"image": picture()}, width=1.0, strength=200.0)
    slopes = []
    for colour in np.moveaxis(picture().astype(float), -1, 0):
        down, right = (ndimage.gaussian_filter(colour, 1.0, order, mode="nearest") for order in ((1, 0), (0, 1)))
        slopes.append(np.hypot(down, right))
    np.testing.assert_array_equal(found[..., 0], np.rint(255 * (1 - np.minimum(np.max(slopes, 0) / 200, 1))))
    assert (derive.edges({"image": np.full((5, 5, 3), 9, np.uint8)}) == 255).all()


def test_grey_is_pillows_and_other_sizes_are_matlabs():
    pixels = picture()
    np.testing.assert_array_equal(
        derive.grey({"image": pixels})[..., 0], np.asarray(Image.fromarray(pixels).convert("L"))
    )
    small = derive.smaller({"image": pixels}, factor=4)
    np.testing.assert_array_equal(small, resize_pixels(pixels, (4, 3)))
    np.testing.assert_array_equal(derive.larger({"low": small}, of="low", factor=4), resize_pixels(small, (16, 12)))
    with pytest.raises(InputError, match="factor = 5 does not divide the sides 16x12"):
        derive.smaller({"image": pixels}, factor=5)


def test_a_mask_hides_a_rectangle_and_says_where():
    pixels = picture()
    hidden = derive.mask({"image": pixels}, np.random.default_rng(1), fraction=0.5)
    seen = hidden[..., 3] == 255
    assert (~seen).sum() == 8 * 6 and (hidden[~seen][:, :3] == 127).all()
    rows, columns = np.nonzero(~seen)
    assert np.ptp(rows) == 7 and np.ptp(columns) == 5  # one rectangle
    np.testing.assert_array_equal(hidden[seen][:, :3], pixels[seen])


def test_noise_has_its_deviation():
    pixels = np.full((100, 100, 1), 128, np.uint8)
    noisy = derive.noise({"image": pixels}, np.random.default_rng(1), deviation=20.0).astype(float)
    assert noisy.std() == pytest.approx(20, rel=0.03) and noisy.mean() == pytest.approx(128, abs=0.8)


def test_derived_columns_belong_to_the_example_and_follow_each_other():
    section = {"noisy": derive.noise, "small": lambda example: example["noisy"][::2, ::2]}
    data = dataset.make(Twins(), resolution=(8, 8), derive=section)
    assert data.columns["small"] == Column((4, 4, 3), "uint8", "image")
    first, again, other = (data.example(i) for i in (1, 1, 2))
    np.testing.assert_array_equal(first["noisy"], again["noisy"])
    np.testing.assert_array_equal(first["small"], first["noisy"][::2, ::2])
    difference = [example["noisy"].astype(int) - example["image"] for example in (first, other)]
    assert (difference[0] != difference[1]).mean() > 0.9


@pytest.mark.parametrize("crop", ["center", "patch"])
def test_what_is_derived_at_random_is_drawn_anew_where_the_crop_is(crop):
    data = dataset.make(Twins(), resolution=(4, 4), crop=crop, derive={"noisy": derive.noise})
    flat = [example["noisy"].astype(int) - example["image"] for example in (data.example(1, (7, k)) for k in (0, 0, 1))]
    np.testing.assert_array_equal(flat[0], flat[1])
    assert (flat[0] != flat[2]).any() == (crop == "patch")


def test_a_mistake_in_a_derived_column_is_told_with_its_line():
    with pytest.raises(
        InputError, match=r"data\.derive\.mine: .*test_columns\.py, line \d+, in <lambda>: KeyError: 'imge'"
    ):
        dataset.make(Twins(), derive={"mine": lambda example: example["imge"]})
    with pytest.raises(InputError, match=r"data\.derive\.twin: the source has that column already"):
        dataset.make(Twins(), derive={"twin": derive.grey})
    with pytest.raises(InputError, match=r"of = 'imag' is no column\. Did you mean 'image'"):
        dataset.make(Twins(), derive={"sketch": lambda example: derive.edges(example, of="imag")})


@dataclasses.dataclass  # which has no hash
class Darker:
    factor: int

    def __call__(self, example):
        return example["image"] // self.factor


def test_any_object_that_is_called_may_derive():
    data = dataset.make(Twins(), derive={"dark": Darker(3)})
    np.testing.assert_array_equal(data.example(2)["dark"], data.example(2)["image"] // 3)


# Sources


def test_halves_are_two_columns(tmp_path):
    whole = np.stack([picture(side=(4, 6)) + i for i in range(3)])
    np.savez(tmp_path / "pairs.npz", images=whole)
    source = pickle.loads(
        pickle.dumps(halves.make(npz.make(str(tmp_path / "pairs.npz")), left="source", right="image"))
    )
    assert len(source) == 3
    np.testing.assert_array_equal(source[1]["source"], whole[1][:, :3])
    np.testing.assert_array_equal(source[1]["image"], whole[1][:, 3:])
    with pytest.raises(InputError, match="left = 'a' and right = 'b'"):
        halves.make(source, left="a", right="b")
    np.savez(tmp_path / "odd.npz", images=whole[:, :, :5])
    with pytest.raises(InputError, match="picture 0 is 5 pixels wide"):
        halves.make(npz.make(str(tmp_path / "odd.npz")))[0]


def test_other_arrays_of_an_npz_are_columns(tmp_path):
    a, b = (np.stack([picture(1, (4, 4))[..., 0] + i for i in range(5)]) for _ in range(2))
    np.savez(tmp_path / "set.npz", noto=a, fluent=b[::-1], size=np.arange(5.0), few=b[:2])
    make = lambda *columns: npz.make(str(tmp_path / "set.npz"), images="noto", columns=columns, split="[1:]")  # noqa: E731
    source = make(("source", "fluent"), ("size", "size"))
    chosen = source.chosen[2]
    np.testing.assert_array_equal(source[2]["source"][..., 0], b[::-1][chosen])
    assert source[2]["size"] == chosen and source[2]["source"].shape == (4, 4, 1)
    for columns, message in (
        (("source", "fluint"), "Did you mean 'fluent'"),
        (("source", "few"), r"5 images, and the array 'few' has the shape \[2, 4, 4\]"),
        (("image", "fluent"), "'image' is not for another array"),
    ):
        with pytest.raises(InputError, match=message):
            make(columns)


def test_unpaired_sets_each_have_an_order_of_their_own():
    class Numbers:
        def __init__(self, count):
            self.count = count

        def __len__(self):
            return self.count

        def __getitem__(self, i):
            return {"image": np.full((1, 1, 1), i, np.uint8)}

    pairs = unpaired.make(Numbers(7), Numbers(3))
    examples = [pairs[i] for i in range(len(pairs))]
    images, sources = ([int(example[name].item()) for example in examples] for name in ("image", "source"))
    assert len(pairs) == 7 and sorted(images) == list(range(7))
    assert sorted(sources[:3]) == [0, 1, 2] and sources[:3] == sources[3:6]
    assert images != sorted(images)


def test_sources_of_sources_keep_what_these_say_of_themselves():
    for source in (halves.make(Twins(), right="left"), unpaired.make(Twins(), Twins())):
        assert dataset.make(source).columns["words"] == Column((2,), "int32", "tokens", 9)

    class Paired(Twins):
        def __getitem__(self, i):
            return super().__getitem__(i) | {"source": picture()}

    with pytest.raises(InputError, match="halves: the source has a column 'source' already"):
        dataset.make(halves.make(Paired()))
    with pytest.raises(InputError, match="unpaired: the set of `image` has a column 'source' already"):
        dataset.make(unpaired.make(Paired(), Twins()))


@pytest.mark.parametrize(("format", "lossy"), [("JPEG", True), ("PNG", False)])
def test_jpeg_is_found_in_sources_of_sources(format, lossy):
    file = io.BytesIO()
    Image.fromarray(picture()).save(file, format)
    data = np.frombuffer(file.getvalue(), np.uint8)
    source = npz.Encoded(data, np.array([0, len(data)]), ["file"], UNLABELLED, np.arange(1))
    assert has_jpeg(halves.make(source)) == has_jpeg(unpaired.make(source, Twins())) == lossy


# Kinds


def test_outputs_become_values_of_their_kind():
    outputs = jnp.array([[[[-1.0, 1.0, 2.0]]], [[[0.0, jnp.nan, 0.5]]]])
    pixels, finite = kinds.image.quantise(outputs, Column((1, 1, 3), "uint8", "image"))
    assert pixels[0].tolist() == [[[0, 255, 255]]] and finite.tolist() == [True, False]
    values, finite = kinds.array.quantise(outputs, Column((1, 1, 3), "float32", "array"))
    assert values.dtype == jnp.float32 and finite.tolist() == [True, False]
    voxels, finite = kinds.array.quantise(outputs, Column((1, 1, 3), "uint8", "array"))
    assert voxels[0].tolist() == [[[0, 255, 255]]] and finite.tolist() == [True, False]
    assert kinds.tokens.quantise(jnp.array([[1, 2]]), Column((2,), "int32", "tokens", 9))[0].dtype == jnp.int32


def test_what_users_write_is_read_by_kind(tmp_path):
    label, words = Column((), "int32", "label", 6), Column((2,), "int32", "tokens", 9)
    assert kinds.label.parse("0-2,5", label, "--condition label")[0].tolist() == [0, 1, 2, 5]
    assert kinds.tokens.parse("3,8", words, "--condition words")[0].tolist() == [[3, 8]]
    np.save(tmp_path / "two.npy", np.float32([[1, 2], [3, 4]]))
    floats = Column((2,), "float32", "array")
    assert kinds.array.parse(str(tmp_path / "two.npy"), floats, "--condition w")[0].tolist() == [[1, 2], [3, 4]]
    np.savez(tmp_path / "w.npz", w=np.float32([[1, 2], [3, 4]]), seeds=np.arange(2))  # as `sample` writes it
    assert kinds.array.parse(str(tmp_path / "w.npz"), floats, "--condition w")[0].tolist() == [[1, 2], [3, 4]]
    np.savez(tmp_path / "both.npz", a=np.zeros((1, 2)), b=np.zeros((1, 2)))
    np.savez(tmp_path / "none.npz", seeds=np.arange(2))
    for name, column, text, message in (
        ("array", floats, str(tmp_path / "both.npz"), r"holds a \[1, 2\], b \[1, 2\], where one array \['N', 2\]"),
        ("array", floats, str(tmp_path / "none.npz"), r"holds seeds \[2\], where one array"),
        ("label", label, "6", "'6' is not a number or a range such as 0-5, below 6"),
        ("tokens", words, "1", r"1 numbers, where \[2\]"),
        ("tokens", words, "1.5,2", "whole numbers"),
        ("array", floats, "one,two", "numbers with commas"),
        ("array", floats, "no.npy", "there is no file no.npy"),
        ("image", Column((4, 4, 3), "uint8", "image"), "nowhere", "--condition it=nowhere"),
    ):
        with pytest.raises(InputError, match=message):
            kinds.KINDS[name].parse(text, column, "--condition it")


def test_a_folder_of_pictures_is_named_after_its_files(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "b.png")
    Image.fromarray(picture(side=(9, 30))).save(tmp_path / "a.png")
    column = Column((4, 4, 1), "uint8", "image")
    values, names = kinds.image.parse(str(tmp_path), column, "--condition source")
    assert values.shape == (2, 4, 4, 1) and names == ("a.png", "b.png")
    one, names = kinds.image.parse(str(tmp_path / "b.png"), column, "--condition source")
    np.testing.assert_array_equal(one[0], values[1])
    assert names == ("b.png",)


def test_of_arrays_there_is_nothing_to_see():
    assert kinds.array.picture(np.zeros((2, 7), np.float32)) is None
