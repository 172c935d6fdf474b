"""Tables of labels: the forms that are understood, and a word on those that are not."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from gan_jax.data import tables
from gan_jax.data.sources import images
from gan_jax.errors import InputError

PAIRS = [["a.png", 0], ["deep/b.png", 1]]


@pytest.mark.parametrize("document", [{"labels": PAIRS}, PAIRS, dict(PAIRS), {"labels": dict(PAIRS)}])
def test_forms_of_the_same_table(document):
    assert tables.parse("dataset.json", json.dumps(document).encode(), "it") == {"a.png": 0, "deep/b.png": 1}


@pytest.mark.parametrize("document", [{"labels": None}, {"labels": []}, None, {}])
def test_tables_without_classes(document):
    assert tables.parse("dataset.json", json.dumps(document).encode(), "it") == {}


def test_names_for_labels_and_names_of_files():
    document = {"labels": [["deep\\b.png", "bee"], ["./a.png", "ant"], ["a.png", "ant"]]}
    assert tables.parse("dataset.json", json.dumps(document).encode(), "it") == {"deep/b.png": "bee", "a.png": "ant"}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"labels": [["a.png", null]]}', r"must hold .*not None for 'a\.png'"),
        ('{"labels": [["a.png", 1.5]]}', r"not 1\.5 for 'a\.png'"),
        ('{"labels": [["a.png", true]]}', "not True"),
        ('{"labels": [["a.png", [0, 1]]]}', r"not \[0, 1\]"),
        ('{"labels": [["a.png", 1], ["a.png", 2]]}', r"a\.png has two labels, 1 and 2"),
        ('{"a.png": 1, "a.png": 2}', "a name stands in it twice"),
        ('{"labels": [["a.png", 1], ["b.png", "two"]]}', "some labels are numbers and some are names"),
        ('{"labels": "a.png"}', "must hold"),
        ('{"images": [], "annotations": []}', "must hold"),
        ('{"labels": [{"file": "a.png", "label": 1}]}', "must hold"),
        ("3", "must hold"),
        ("[" * 10**6, "nested too deeply"),
        ('{"a":' * 10**5, "nested too deeply"),
        ('{"a.png": ' + "9" * 5000 + "}", "cannot be read"),
        ("{\n\udcff", "cannot be read: its line 2 is not UTF-8. Save the file as UTF-8"),
        ("", "cannot be read"),
    ],
)
def test_what_is_not_understood_is_named(text, message):
    with pytest.raises(InputError, match=rf"shelf/dataset\.json.*{message}"):
        tables.parse("dataset.json", text.encode("utf-8", "surrogateescape"), "shelf/dataset.json")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.png;1\n", "with a comma between them; not"),
        ("a.png,1,2\n", r"not \['a\.png', '1', '2'\]"),
        ("a.png,1\na.png,2\n", "two labels"),
        ("a.png," + "9" * 5000, "cannot be read"),
        ('"' + "a" * 10**6, "cannot be read"),
        ("file,label\n", "has no labels"),
        ("", "has no labels"),
    ],
)
def test_a_csv_that_is_not_understood_is_named(text, message):
    with pytest.raises(InputError, match=rf"shelf/labels\.csv.*{message}"):
        tables.parse("labels.csv", text.encode(), "shelf/labels.csv")


LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
DOCUMENTS = st.recursive(LEAVES, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12)


@settings(max_examples=60, deadline=None)
@given(DOCUMENTS | st.fixed_dictionaries({"labels": DOCUMENTS}))
def test_any_json_is_a_table_or_refused(document):
    try:
        table = tables.parse("dataset.json", json.dumps(document).encode(), "shelf/dataset.json")
    except InputError as error:
        assert "shelf/dataset.json" in str(error) and str(error).isprintable() and "Type-check" not in str(error)
    else:
        assert all(type(name) is str and type(label) in (int, str) for name, label in (table or {}).items())


def test_a_wrong_root_and_labels_of_nothing_are_told(tmp_path, caplog):
    for name in ("a.png", "b.png"):
        Image.new("L", (2, 2)).save(tmp_path / name)
    (tmp_path / "labels.csv").write_text("train/a.png,0\ntrain/b.png,1\n")
    with pytest.raises(InputError, match=r"no label for a\.png \(nor for 1 others\); the first .* is train/a\.png:"):
        images.make(str(tmp_path))
    (tmp_path / "labels.csv").write_text("a.png,0\nb.png,1\nc.png,1\n")
    assert images.make(str(tmp_path)).num_classes == 2
    assert "left out: labels of images that are not there: 1 (c.png)" in caplog.text
    (tmp_path / "dataset.json").write_text('{"labels": {"a.png": 1, "b.png": 0}}')
    assert [int(images.make(str(tmp_path))[i]["label"]) for i in range(2)] == [1, 0]
    assert "left out: files .csv: 1 (labels.csv)" in caplog.text
