"""Columns of strings, which become whole numbers before anything else is done with them."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int32

from gan_jax.data import utf8
from gan_jax.data.sources import Source
from gan_jax.data.tokenizers import Recipe, Tokenizer
from gan_jax.errors import InputError

Tokenizers = Mapping[str, Tokenizer]  # by column


def tokenizers_of(source: Source, first: Mapping[str, Any], recipe: Recipe | None) -> dict[str, Tokenizer]:
    """A tokenizer for each column of strings, made of all strings of the source; none without a recipe.

    A source may have a method `texts(column)` that gives all strings of a column without their pictures.
    """
    if recipe is None:
        return {}
    columns = [name for name, value in first.items() if _is_text(value)]
    if not columns:
        raise InputError(
            f"data.tokenizer: no column of data.source holds strings; it has {', '.join(first)}. Captions are "
            'strings in an npz (columns=(("text", NAME),)), a captions.csv beside pictures, or a text feature of TFDS'
        )
    return {name: recipe(_texts(source, name), name) for name in columns}


def tokenised(example: Mapping[str, Any], tokenizers: Tokenizers, index: int) -> dict[str, Any]:
    """The example with numbers in the place of its strings."""
    found = dict(example)
    for name, tokenizer in tokenizers.items():
        where = f"{name} of example {index}"
        if name not in example or not _is_text(example[name]):
            raise InputError(f"{where} is no string, as that of the first example is: every example needs one")
        found[name] = tokenizer.encode(_text(example[name]), where)
    return found


def prompts(text: str, tokenizer: Tokenizer, key: str) -> Int32[np.ndarray, "n length"]:
    """The numbers of a prompt, or of the lines of a file .txt of them."""
    if Path(text).suffix.lower() != ".txt":
        return tokenizer.prompt(text, f"{key}={text}")[None]
    lines = utf8.read(text, f"{key}={text}").splitlines()
    found = [(number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not found:
        raise InputError(f"{key}={text} has no prompts: write one in each line")
    return np.stack([tokenizer.prompt(line, f"{key}={text}, line {number}") for number, line in found])


def _is_text(value: Any) -> bool:
    return isinstance(value, str | bytes) or (
        isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "US"
    )


def _text(value: Any) -> str:
    value = value.item() if isinstance(value, np.ndarray) else value
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)


def _texts(source: Source, column: str) -> Iterator[str]:
    if hasattr(source, "texts"):
        yield from map(_text, source.texts(column))
        return
    for index in range(len(source)):
        try:
            example = source[index]
        except (OSError, ValueError):  # damage, which is told when the example is read for the run
            continue
        if column in example:
            yield _text(example[column])
