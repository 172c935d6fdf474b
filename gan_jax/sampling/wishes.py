"""What a user writes of conditions and options, read for the draw that it is meant for."""

import inspect
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gan_jax.config.checks import check_keys
from gan_jax.config.files import parse_value
from gan_jax.data import kinds
from gan_jax.data.sources import images
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler


class Wish(NamedTuple):
    """A condition with as many rows as its longest column, and the names of these rows where they have some."""

    columns: dict[str, np.ndarray]
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


def read_conditions(sampler: Sampler, draw: str, texts: Mapping[str, str]) -> Wish:
    """The columns that the texts stand for: numbers, or a file or folder, by the kind of the column."""
    columns, names = {}, ()
    known = sampler.conditions(draw)
    check_keys(texts, known, "condition")
    for name, text in texts.items():
        values, rows = kinds.of(known[name]).parse(text, known[name], f"--condition {name}")
        columns[name] = values
        names = rows if len(rows) > len(names) else names
    longest = max(map(len, columns.values()), default=0)
    return Wish(columns, names if len(names) == longest else ())


def for_rows(wish: Wish, numbers: np.ndarray) -> dict[str, np.ndarray]:
    """The condition of outputs by their number: that is modulo the rows that a column has."""
    return {name: values[numbers % len(values)] for name, values in wish.columns.items()}


def read_options(sampler: Sampler, draw: str, texts: Mapping[str, str]) -> dict[str, Any]:
    """The values of options, read as their annotations ask; whether they fit is checked when they are used."""
    options = sampler.request(draw).options
    check_keys(texts, options, "option")
    return {name: _value(text, options[name].annotation) for name, text in texts.items()}


def _value(text: str, annotation: Any) -> Any:
    return text if annotation is str or str in typing.get_args(annotation) else parse_value(text)


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
            choice = "seed mod classes" if column.kind == "label" else "an example of the run's data"
            lines.append(f"  condition  {condition}: {kinds.words(column)}; by default {choice}")
        for option, default in options.items():
            shown = "to be given" if default is inspect.Parameter.empty else f"by default {default}"
            lines.append(f"  option     {option}: {shown}")
    return "\n".join(lines)


def own_labels(sampler: Sampler, path: Path) -> np.ndarray:
    """The model's number of the class of each image of a folder or zip, found by the name of its sub-folder."""
    source = images.make(str(path))
    if not source.num_classes:
        raise InputError("This model is conditional and the images are in no sub-folders of classes: give --labels.")
    known = list(sampler.facts["classes"])
    unknown = [name for name in source.classes if name not in known]
    if unknown:
        raise InputError(f"The images are of the class {unknown[0]!r}, which is none of the model's: {known}.")
    return np.array([known.index(name) for name in source.classes])[source.labels]
