import csv
import json
import warnings

import numpy as np
import pytest
from PIL import Image
from scipy.io import wavfile

from gan_jax.config import experiment
from gan_jax.data import dataset, identity, kinds, sprite_captions, tokenizers
from gan_jax.data.sources import images, npz, sprites
from gan_jax.errors import InputError


@pytest.fixture(scope="module")
def captioned():
    return sprites.make(captions=True, count=150, compositions="seen")


def test_captions_say_what_is_true_and_leave_things_out(captioned):
    stated = [captioned.asked(i) for i in range(150)]
    assert all(wanted and wanted.items() <= captioned.known(i).items() for i, wanted in enumerate(stated))
    assert {name for wanted in stated for name in wanted} == set(sprite_captions.ATTRIBUTES)
    assert 2 < np.mean([len(wanted) for wanted in stated]) < 5
    assert len({captioned.text(i) for i in range(150)}) > 140
    again = sprites.make(captions=True, count=150, compositions="seen")
    assert list(again.texts("text")) == [captioned.text(i) for i in range(150)]


def test_a_caption_means_what_it_says():
    assert sprite_captions.stated("A small, red circle on blue stripes.") == {
        **dict(size="small", colour="red", shape="disc", ground="blue", texture="stripes")
    }
    assert sprite_captions.stated("the plain hoop in pink at the upper left against light golden") == {
        "texture": "plain", "shape": "ring", "colour": "magenta", "y": "top", "x": "left"
    }  # fmt: skip


def test_pictures_are_read_as_they_were_drawn(captioned):
    shown = captioned.shown(np.stack([captioned[i]["image"] for i in range(150)]))
    wrong = [(i, name) for i in range(150) for name, value in captioned.known(i).items() if shown[i].get(name) != value]
    assert len(wrong) <= 2, wrong
    blank = np.full((1, 32, 32, 3), 200, np.uint8)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not {"shape", "texture", "size"} & captioned.shown(blank)[0].keys()


def test_compositions_are_left_out_and_are_what_is_left():
    def pairs(compositions):
        source = sprites.make(captions=True, count=400, compositions=compositions)
        return {(known["shape"], known["colour"]) for known in map(source.known, range(400))}

    seen, unseen = pairs("seen"), pairs("unseen")
    assert len(seen) == 30 and len(unseen) == 6 and not seen & unseen
    assert ("disc", "red") in seen and {shape for shape, _ in unseen} == set(sprites.SHAPES)
    with pytest.raises(InputError, match=r"captions=True"):
        sprites.make(compositions="seen")


def test_a_set_with_strings_has_a_column_of_text_and_its_words_are_facts(captioned):
    data = dataset.make(captioned, tokenizer=tokenizers.words(length=20))
    assert data.columns["text"][:3] == ((20,), "int32", "text")
    facts = experiment.make_facts(data)
    kept = tokenizers.Tokenizer.of_facts(facts, "text")
    assert kept.decode(data.example(3)["text"]) == captioned.text(3)
    unseen = data.like(sprites.make(captions=True, count=5, compositions="unseen"))
    assert kept.decode(unseen.example(2)["text"]) == unseen.source.text(2)
    other = {**facts, "tokenizers": {"text": ("words", 20, (*kept.vocabulary[:-1], "other"))}}
    assert identity.differences(facts, other)[0].startswith("the words of captions")
    with pytest.raises(InputError, match=r"data.tokenizer=words"):
        dataset.make(captioned)
    with pytest.raises(InputError, match=r"no column of data.source holds strings"):
        dataset.make(sprites.make(count=2), tokenizer=tokenizers.words())


def test_captions_stand_in_an_npz(tmp_path):
    np.savez(tmp_path / "a.npz", images=np.zeros((3, 8, 8, 3), np.uint8), names=["a cat", "a dog", "two dogs"])
    source = npz.make(str(tmp_path / "a.npz"), columns=(("text", "names"),))
    data = dataset.make(source, tokenizer=tokenizers.words())
    assert data.tokenizers["text"].decode(data.example(2)["text"]) == "two dogs"


@pytest.fixture
def folder(tmp_path):
    for name in "abc":
        Image.fromarray(np.full((8, 8, 3), ord(name), np.uint8)).save(tmp_path / f"{name}.png")
    return tmp_path


def test_captions_stand_beside_pictures(folder, caplog):
    rows = [("file", "caption"), ("b.png", "a dog, asleep"), ("a.png", "a cat"), ("b.png", "a dog"), ("x.png", "gone")]
    with (folder / "captions.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    source = images.make(str(folder), captions="captions.csv")
    assert [(source.names[i], str(source[i]["text"])) for i in range(len(source))] == [
        *[("a.png", "a cat"), ("b.png", "a dog, asleep"), ("b.png", "a dog")]
    ]
    assert "x.png" in caplog.text and "c.png" in caplog.text
    (folder / "dataset.json").write_text(json.dumps({"labels": None, "captions": [["c.png", "a bird"]]}))
    assert list(images.make(str(folder), captions="dataset.json").texts("text")) == ["a bird"]


def test_a_json_of_captions_alone_says_nothing_of_labels(folder, caplog):
    (folder / "dataset.json").write_text(json.dumps({"captions": [[f"{name}.png", name] for name in "abc"]}))
    source = images.make(str(folder), captions="dataset.json")
    assert list(source.texts("text")) == list("abc") and source.num_classes == 0
    (folder / "labels.csv").write_text("a.png,ant\nb.png,bee\nc.png,ant\n")
    source = images.make(str(folder), captions="dataset.json")
    assert [source.classes[source[i]["label"]] for i in range(3)] == ["ant", "bee", "ant"]
    assert not caplog.text
    images.make(str(folder))
    assert "left out: files .json: 1 (dataset.json)" in caplog.text


def test_beside_a_json_of_captions_alone_folders_are_classes(folder):
    for name in "abc":
        (folder / name).mkdir()
        (folder / f"{name}.png").rename(folder / name / "0.png")
    (folder / "dataset.json").write_text(json.dumps({"captions": [[f"{name}/0.png", name] for name in "abc"]}))
    assert images.make(str(folder), captions="dataset.json").classes == ("a", "b", "c")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a.png,one,two", "two columns"),
        ("a.png,", "where some text is wanted"),
        ("", "has no captions"),
        ("a.png,one\nb.png,café", r"captions.csv cannot be read: its line 2 is not UTF-8.*CSV UTF-8"),
        ("z.png,a thing", "no caption for any image"),
    ],
)
def test_tables_that_are_none_are_told(folder, text, message):
    (folder / "captions.csv").write_text(text, encoding="latin-1")
    with pytest.raises(InputError, match=message):
        images.make(str(folder), captions="captions.csv")
    with pytest.raises(InputError, match=r"there is no .*other.csv"):
        images.make(str(folder), captions="other.csv")


def test_sounds_stand_beside_pictures(folder, caplog):
    tone = np.rint(2**14 * np.sin(np.arange(600) / 5)).astype(np.int16)
    for name in "abc":
        suffix = "WAV" if name == "c" else "wav"
        wavfile.write(folder / f"{name}.{suffix}", 4000, np.stack([tone, tone], axis=1))
    source = images.make(str(folder), sound_rate=4000, sound_seconds=0.2)
    data = dataset.make(source)
    assert data.columns["waveform"] == ((800,), "float32", "sound", 4000)
    np.testing.assert_allclose(data.example(1)["waveform"], np.pad(tone / 2**15, (0, 200)), atol=1e-6)
    with pytest.raises(InputError, match=r"has 4000 samples in a second, and 8000 are wanted"):
        images.make(str(folder), sound_rate=8000)[0]
    faster = images.make(str(folder), sound_rate=8000, sound_seconds=0.1, sound_resample=True)[0]["waveform"]
    np.testing.assert_allclose(faster[100:700:2], (tone / 2**15)[50:350], atol=0.01)
    column = data.columns["waveform"]
    heard, _ = kinds.sound.parse(str(folder), column, "--condition waveform")
    assert heard.shape == (3, 800) and "left out: files that are no .wav: " in caplog.text
    with pytest.raises(InputError, match=r"the folder holds no file .wav"):
        kinds.sound.parse(str(folder.parent), column, "--condition waveform")
    whole = (folder / "b.wav").read_bytes()
    (folder / "b.wav").write_bytes(whole[:100])
    with pytest.raises(InputError, match=r"b.wav is no WAV file that can be read: Reached EOF prematurely"):
        source[1]
    (folder / "b.wav").write_bytes(whole[:4] + b"\xff" * 4 + whole[8:])  # as a program writes it into a pipe
    assert len(source[1]["waveform"]) == 800
    (folder / "b.wav").unlink()
    with pytest.raises(InputError, match=r"there is no .*b.wav"):
        images.make(str(folder), sound_rate=4000)
