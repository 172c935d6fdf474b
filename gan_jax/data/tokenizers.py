"""Strings as whole numbers: words, bytes, or the pieces of words of a vocabulary file.

What a config names in `data.tokenizer` is a recipe: strings of the data -> a `Tokenizer`, which is plain values and is
kept with the run, so that a trained model reads prompts without its data.
"""

import builtins
import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from typing import Annotated, Any, NamedTuple

import numpy as np
from jaxtyping import Int32, Integer

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.data import utf8
from gan_jax.errors import InputError, nearest, printable
from gan_jax.types import NOTHING

UNKNOWN = 1  # the number of words that have none
SHOWN = 60  # characters of a caption in a message
LONGEST = 4096  # tokens

_PART = re.compile(r"\w+(?:'\w+)*|[^\w\s]")  # a word, or a mark between words

Recipe = Callable[[Iterable[str], str], "Tokenizer"]  # (all strings, the column's name) -> a tokenizer for them


class Tokenizer(NamedTuple):
    """How strings become int32 [length], filled up with 0: plain values."""

    scheme: str  # "words", "bytes" or "wordpiece"
    length: int
    vocabulary: tuple[str, ...] = ()  # by number; of bytes there is none

    @property
    def size(self) -> int:
        """How many numbers there are."""
        return len(self.vocabulary) or 257

    def encode(self, text: str, where: str) -> Int32[np.ndarray, "length"]:
        """The numbers of a string; `where` begins what is said of one that is empty or too long."""
        numbers = self._numbers(_checked(text, where))
        if len(numbers) > self.length:
            raise InputError(
                f"{where}: {_shown(text)} has {len(numbers)} tokens ({self.scheme}), and there is room for "
                f"{self.length}: shorten it, or train with data.tokenizer.length={len(numbers)}"
            )
        return np.array(numbers + [NOTHING] * (self.length - len(numbers)), np.int32)

    def prompt(self, text: str, where: str) -> Int32[np.ndarray, "length"]:
        """The numbers of what a user asks for, which must be all words that the model has seen."""
        numbers = self.encode(text, where)
        for part in _parts(text) if self.scheme == "words" else ():
            if part not in self.vocabulary:
                raise InputError(f"{where}: the model has seen no word {part!r}. {nearest(part, self.vocabulary[2:])}")
        return numbers

    def decode(self, numbers: Integer[np.ndarray, "length"]) -> str:
        """The string of these numbers, as far as they tell it."""
        kept = [int(number) for number in numbers if number != NOTHING]
        if self.scheme == "bytes":
            return builtins.bytes(number - 1 for number in kept).decode("utf-8", "replace")
        parts = [self.vocabulary[number] for number in kept]
        return " ".join(part for part in parts if part not in ("[CLS]", "[SEP]")).replace(" ##", "")

    def _numbers(self, text: str) -> list[int]:
        if self.scheme == "bytes":
            return [1 + byte for byte in text.encode()]
        known = _numbered(self.vocabulary)
        if self.scheme == "words":
            return [known.get(part, UNKNOWN) for part in _parts(text)]
        return [known[piece] for piece in ("[CLS]", *_pieces(text, known), "[SEP]")]

    @classmethod
    def of_facts(cls, facts: Mapping[str, Any], column: str) -> "Tokenizer":
        """The tokenizer that a run's column was made by."""
        found = facts.get("tokenizers", {}).get(column)
        if found is None:
            raise InputError(f"The column {column!r} of this run was not made of strings: give its numbers.")
        scheme, length, vocabulary = found
        return Tokenizer(scheme, length, tuple(vocabulary))


def words(*, length: Count = 0, most: Annotated[int, Bounds(1, 2**20)] = 30_000, least: Positive = 1) -> Recipe:
    """Words and marks in lower case, those of the data: the `most` frequent that stand in it `least` times or more.

    length: of a caption in tokens; 0: of the longest. Rarer words share a number.
    """

    def recipe(texts: Iterable[str], column: str) -> Tokenizer:
        counts: Counter[str] = Counter()
        longest = 0
        for number, text in enumerate(texts):
            found = _parts(_checked(text, f"{column} of example {number}"))
            counts.update(found)
            longest = max(longest, len(found))
        frequent = sorted((-count, word) for word, count in counts.items() if count >= least)[:most]
        return Tokenizer("words", _length(length, longest), ("", "?", *(word for _, word in frequent)))

    return recipe


def bytes(*, length: Count = 0) -> Recipe:
    """The bytes of UTF-8, 1 to 256: no word is unknown. length: of a caption in bytes; 0: of the longest."""

    def recipe(texts: Iterable[str], column: str) -> Tokenizer:
        return Tokenizer("bytes", _length(length, max((len(text.encode()) for text in texts), default=1)))

    return recipe


def wordpiece(*, vocabulary: str, length: Count = 0) -> Recipe:
    """BERT's pieces of words in lower case, of a vocabulary file with one in each line (Devlin et al. 2019).

    length: of a caption in pieces, with those at its beginning and end; 0: of the longest.
    """
    pieces = tuple(utf8.read(vocabulary, f"data.tokenizer.vocabulary={vocabulary}").splitlines())
    for wanted in ("[PAD]", "[UNK]", "[CLS]", "[SEP]"):
        if wanted not in pieces:
            raise InputError(f"data.tokenizer.vocabulary={vocabulary} has no line {wanted}: it is not one of BERT's")
    if pieces[0] != "[PAD]":
        raise InputError(f"data.tokenizer.vocabulary={vocabulary}: its first line should be [PAD], not {pieces[0]!r}")

    def recipe(texts: Iterable[str], column: str) -> Tokenizer:
        known = _numbered(pieces)
        longest = length or max(2 + len(_pieces(text, known)) for text in texts)
        return Tokenizer("wordpiece", _length(length, longest), pieces)

    return recipe


def _parts(text: str) -> list[str]:
    """The words and marks of a string, in lower case."""
    return _PART.findall(unicodedata.normalize("NFC", text).lower())


def _checked(text: str, where: str) -> str:
    if not text.strip():
        raise InputError(f"{where} is empty: say what there is to see, or leave the example out")
    return text


def _shown(text: str) -> str:
    return repr(printable(text if len(text) <= SHOWN else text[:SHOWN] + "..."))


def _length(wanted: int, longest: int) -> int:
    if max(wanted, longest) > LONGEST:
        raise InputError(
            f"data.tokenizer: a caption of {max(wanted, longest):,} tokens is too long; at most {LONGEST:,}"
        )
    return wanted or longest


@functools.lru_cache(maxsize=8)
def _numbered(vocabulary: tuple[str, ...]) -> Mapping[str, int]:
    """Numbers by word."""
    return {word: number for number, word in enumerate(vocabulary)}


def _pieces(text: str, known: Mapping[str, int]) -> list[str]:
    return [piece for word in _basic(text) for piece in _split(word, known)]


def _basic(text: str) -> list[str]:
    """Words in lower case without accents, every mark a word of its own."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if unicodedata.category(c) != "Mn")
    spaced = "".join(f" {c} " if _is_mark(c) else c for c in bare)
    return spaced.split()


def _is_mark(character: str) -> bool:
    ascii_mark = character.isascii() and character.isprintable() and not character.isalnum() and character != " "
    return ascii_mark or unicodedata.category(character).startswith("P")


def _split(word: str, known: Mapping[str, int]) -> list[str]:
    """The longest piece that there is, again and again."""
    found, start = [], 0
    while start < len(word):
        prefix = "##" if start else ""
        ends = range(len(word), start, -1)
        end = next((end for end in ends if prefix + word[start:end] in known), None)
        if end is None or len(word) > 100:
            return ["[UNK]"]
        found.append(prefix + word[start:end])
        start = end
    return found
