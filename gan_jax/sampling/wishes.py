"""What a user writes of conditions and options, read for the draw that it is meant for."""

import inspect
import re
import textwrap
import typing
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gan_jax.bounds import bounds_of
from gan_jax.config.checks import check_finite, check_type
from gan_jax.config.files import parse_value
from gan_jax.data import kinds, texts
from gan_jax.data.sources import images
from gan_jax.data.tokenizers import Tokenizer
from gan_jax.errors import InputError, nearest, printable
from gan_jax.sampling.photographs import Photographs
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column

INDENT = " " * 13


class Wish(NamedTuple):
    """A condition with as many rows as its longest column, and the names of these rows where they have some."""

    columns: dict[str, np.ndarray | Photographs]
    names: tuple[str, ...]


def pairs(texts: Sequence[str], flag: str) -> dict[str, str]:
    """NAME=VALUE, given any number of times."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(f"{flag} {text}: should be NAME=VALUE.")
        if name in found:
            raise InputError(f"{flag} {name}: given twice.")
        found[name] = value
    return found


def read_draw(sampler: Sampler, name: str, key: str) -> str:
    """The draw of that name, by default the first; `key` is how it was asked for."""
    draws = list(sampler.objective.draws)
    if name and name not in draws:
        raise InputError(f"{key}: {sampler.name} has no draw {name!r}. {nearest(name, draws)}")
    return name or draws[0]


def read_conditions(
    sampler: Sampler,
    draw: str,
    given: Mapping[str, str],
    typed: Mapping[str, str] = MappingProxyType({}),
    *,
    own_size: bool = False,
) -> Wish:
    """The columns that what is given stands for: numbers, a prompt, or a file or folder, by the kind of the column.

    `typed` says by which flags some were given, those that have flags of their own. Pictures of their `own_size` are
    read when their turn comes.
    """
    columns, names = {}, ()
    known = sampler.conditions(draw)
    for name, text in given.items():
        key = typed.get(name, f"--condition {name}")
        if name not in known:
            wanted = ", ".join(known) or "nothing"
            raise InputError(f"{key}={text}: the draw {draw!r} is asked with {wanted}, not with {name!r}.")
        if key == "--labels" and text == "balanced":  # which is what comes of itself
            continue
        if known[name].kind == "text":
            columns[name], rows = texts.prompts(text, Tokenizer.of_facts(sampler.facts, name), key), ()
        elif own_size and known[name].kind == "image":
            source = kinds.image.files(text, key)
            columns[name], rows = Photographs(source, known[name].shape[-1]), tuple(source.names)
        else:
            text = _numbered(text, _classes(sampler, name, known[name]), key)
            columns[name], rows = kinds.of(known[name]).parse(text, known[name], key)
        names = rows if len(rows) > len(names) else names
    longest = max(map(len, columns.values()), default=0)
    return Wish(columns, names if len(names) == longest else ())


def written_texts(sampler: Sampler, draw: str, condition: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """The texts of a condition as strings, by column, one for each row."""
    return {
        name: np.array([Tokenizer.of_facts(sampler.facts, name).decode(row) for row in condition[name]])
        for name, column in sampler.conditions(draw).items()
        if column.kind == "text"
    }


def _classes(sampler: Sampler, name: str, column: Column) -> tuple[str, ...]:
    """The names of a column's classes, or nothing where they are not known."""
    names = tuple(sampler.facts.get("classes", ()))
    return names if name == "label" and column.kind == "label" and len(names) == column.size else ()


def _numbered(text: str, classes: Sequence[str], key: str) -> str:
    """The text with classes' names as their numbers; what is the number of a class is no name."""
    parts = [text] if text in classes else text.split(",")
    numbers = []
    for part in map(str.strip, parts if classes else ()):
        is_number = part.isdecimal() and int(part[:10]) < len(classes)
        if part in classes and not is_number:
            part = str(classes.index(part))
        elif not re.fullmatch(r"[-0-9 ]*", part):
            raise InputError(f"{key}={text}: there is no class {part!r}. {nearest(part, classes)}")
        numbers.append(part)
    return ",".join(numbers) if classes else text


def for_rows(wish: Wish, numbers: np.ndarray) -> dict[str, np.ndarray | Photographs]:
    """The condition of outputs by their number: that is modulo the rows that a column has."""
    return {name: values[numbers % len(values)] for name, values in wish.columns.items()}


def read_options(
    sampler: Sampler, draw: str, texts: Mapping[str, str], typed: Mapping[str, str] = MappingProxyType({})
) -> dict[str, Any]:
    """The values of options, read as their annotations ask; `typed` as above."""
    options = sampler.request(draw).options
    values = {}
    for name, text in texts.items():
        key = typed.get(name, f"--option {name}")
        if name not in options:
            raise InputError(f"{key}={text}: the draw {draw!r} has no option {name!r}. {nearest(name, options)}")
        values[name] = _value(text, options[name].annotation, key)
    missing = [name for name, p in options.items() if p.default is p.empty and name not in texts]
    if missing:
        raise InputError(f"--option {missing[0]}=... is missing: the draw {draw!r} has no default for it.")
    return values


def _value(text: str, annotation: Any, key: str) -> Any:
    value = text if annotation is str or str in typing.get_args(annotation) else parse_value(text)
    if annotation is not inspect.Parameter.empty:
        try:
            check_type(value, annotation, key)
            check_finite(value, key)
            for bound in bounds_of(annotation):
                bound.check(value, key)
        except InputError as error:
            raise InputError(str(error).replace(f"{key} = {value!r}", f"{key}={text}", 1)) from error
    return value


def describe(sampler: Sampler) -> str:
    """What a model can be asked for, in words: its draws, their options and conditions, and what they give."""
    lines = [f"{sampler.name} can be asked for:"]
    for number, name in enumerate(sampler.objective.draws):
        lines.append(f"\n--draw={name}" + ("  (the default)" if number == 0 else ""))
        options = sampler.options(name)
        missing = [option for option, default in options.items() if default is inspect.Parameter.empty]
        if not missing:
            output = sampler.output(name)
            lines.append(f"  gives      {kinds.words(output)}")
        for condition, column in sampler.conditions(name).items():
            choice = "by default " + ("seed mod classes" if column.kind == "label" else "an example of the run's data")
            choice = "to be given" if condition in sampler.request(name).draw.given else choice
            is_free = column.kind == "image" and sampler.request(name).draw.local is not None
            words = kinds.words(column) + (", or of any size" if is_free else "")
            lines.append(f"  condition  {condition}: {words}; {choice}")
            named = ", ".join(f"{i} {name}" for i, name in enumerate(_classes(sampler, condition, column)))
            lines += textwrap.wrap(printable(named), 116, initial_indent=INDENT, subsequent_indent=INDENT)
        for option, default in options.items():
            shown = "to be given" if default is inspect.Parameter.empty else f"by default {default}"
            lines.append(f"  option     {option}: {shown}")
    return "\n".join(lines)


def own_labels(sampler: Sampler, path: Path) -> np.ndarray:
    """The model's number of the class of each image of a folder or zip, found by the name of its sub-folder."""
    alone = path.is_file() and not zipfile.is_zipfile(path)
    source = None if alone else images.make(str(path))
    if source is None or not source.num_classes:
        raise InputError("This model is conditional and the images are in no sub-folders of classes: give --labels.")
    known = list(sampler.facts["classes"])
    unknown = [name for name in source.classes if name not in known]
    if unknown:
        raise InputError(f"The images are of the class {unknown[0]!r}, which is none of the model's: {known}.")
    return np.array([known.index(name) for name in source.classes])[source.labels]
