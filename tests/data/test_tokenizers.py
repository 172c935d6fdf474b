import pytest

from gan_jax.data import texts, tokenizers
from gan_jax.errors import InputError

CAPTIONS = ["A red circle, on blue.", "a blue square", "a red square"]


def test_words_have_numbers_by_how_often_they_stand_there():
    made = tokenizers.words()(CAPTIONS, "text")
    assert made.vocabulary == ("", "?", "a", "blue", "red", "square", ",", ".", "circle", "on")
    assert made.length == 7 and made.size == 10
    assert made.encode("a RED hexagon", "x").tolist() == [2, 4, 1, 0, 0, 0, 0]
    assert made.decode(made.encode(CAPTIONS[1], "x")) == CAPTIONS[1]
    rare = tokenizers.words(least=2, most=3)(CAPTIONS, "text")
    assert rare.vocabulary == ("", "?", "a", "blue", "red")


def test_bytes_know_every_string():
    made = tokenizers.bytes()(["é!", "abc"], "text")
    assert (made.length, made.size) == (3, 257)
    assert made.encode("é!", "x").tolist() == [1 + 0xC3, 1 + 0xA9, 1 + ord("!")]
    assert made.decode(made.encode("é!", "x")) == "é!"


@pytest.fixture
def vocabulary(tmp_path):
    lines = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "want", "##want", "##ed", "wa", "un", "runn", "##ing", ",", "##aff"]
    (tmp_path / "vocab.txt").write_text("\n".join([*lines, "##able"]))
    return str(tmp_path / "vocab.txt")


def test_pieces_of_words_are_berts(vocabulary):
    """The examples of BERT's own tests (Apache-2.0): tokenization_test.py."""
    made = tokenizers.wordpiece(vocabulary=vocabulary)(["UNwant\u00e9d,running"], "text")
    pieces = [made.vocabulary[number] for number in made.encode("UNwant\u00e9d,running", "x")]
    assert pieces == ["[CLS]", "un", "##want", "##ed", ",", "runn", "##ing", "[SEP]"]
    assert made.decode(made.encode("unaffable", "x")) == "unaffable"
    assert "[UNK]" in [made.vocabulary[number] for number in made.encode("unwantedX running", "x")]


def test_what_cannot_be_read_is_told(vocabulary, tmp_path):
    made = tokenizers.words(length=3)(CAPTIONS, "text")
    with pytest.raises(InputError, match=r"x: 'a red square on blue' has 5 tokens .* data.tokenizer.length=5"):
        made.encode("a red square on blue", "x")
    with pytest.raises(InputError, match=r"no word 'sqare'. Did you mean 'square'"):
        made.prompt("a red sqare", "--condition text=...")
    for empty in ("", "  \n"):
        with pytest.raises(InputError, match=r"text of example 1 is empty"):
            tokenizers.words()(["a", empty], "text")
    (tmp_path / "odd.txt").write_text("a\nb")
    with pytest.raises(InputError, match=r"no line \[PAD\]"):
        tokenizers.wordpiece(vocabulary=str(tmp_path / "odd.txt"))
    with pytest.raises(InputError, match=r"none\.txt cannot be read: No such file or directory$"):
        tokenizers.wordpiece(vocabulary=str(tmp_path / "none.txt"))
    (tmp_path / "latin.TXT").write_bytes("a red square\na café".encode("latin-1"))
    for read in (lambda file: tokenizers.wordpiece(vocabulary=file), lambda file: texts.prompts(file, made, "--text")):
        with pytest.raises(InputError, match=r"latin\.TXT cannot be read: its line 2 is not UTF-8"):
            read(str(tmp_path / "latin.TXT"))
