"""Which picture has which label or captions, as tables beside the pictures have it: JSON or CSV."""

import csv
import io
import json
from collections.abc import Iterable, Sequence

from gan_jax.data import utf8
from gan_jax.data.decode import SUFFIXES
from gan_jax.data.zips import plain_name
from gan_jax.errors import InputError

MAX_BYTES = 2**27  # of a table
JSON_FORM = '{"labels": [[file, label], ...]}, or {"labels": null} without classes; a label is a whole number or a name'

CAPTIONS_FORM = (
    'give each image a line, "file,caption", in a CSV, or {"captions": [[file, caption], ...]} in a JSON; several '
    "captions of an image are as many examples"
)

Table = dict[str, int | str]  # by the file's name below the table's folder


def parse(name: str, data: bytes, origin: str) -> Table | None:
    """The labels in a table of this name: an empty one says that there are no classes, None is of captions alone."""
    read = _json_rows if name.endswith(".json") else _csv_rows
    try:
        rows = read(utf8.decoded(data, origin), origin)
        return None if rows is None else _joined(rows, origin)
    except InputError:
        raise
    except RecursionError as error:
        raise InputError(f"{origin} is nested too deeply: it should be {JSON_FORM}") from error
    except (ValueError, csv.Error) as error:
        raise InputError(f"{origin} cannot be read: {error}") from error


def captions(name: str, data: bytes, origin: str) -> list[tuple[str, str]]:
    """Files and what is said of them, in the table's order; a file may stand in it several times."""
    try:
        text = utf8.decoded(data, origin)
        rows = _json_captions(text, origin) if name.endswith(".json") else _csv_captions(text, origin)
    except InputError:
        raise
    except (RecursionError, ValueError, csv.Error) as error:
        raise InputError(f"{origin} cannot be read: {error}") from error
    if not rows:
        raise InputError(f"{origin} has no captions: {CAPTIONS_FORM}")
    for file, caption in rows:
        if not isinstance(file, str) or not isinstance(caption, str) or not caption.strip():
            raise InputError(f"{origin}: the caption of {file!r:.99} is {caption!r:.99}, where some text is wanted")
    return [(plain_name(file.strip()), caption.strip()) for file, caption in rows]


def _json_captions(text: str, origin: str) -> list:
    document = json.loads(text)
    rows = document.get("captions") if isinstance(document, dict) else None
    if not (isinstance(rows, list) and all(isinstance(row, list) and len(row) == 2 for row in rows)):
        raise InputError(f"{origin}: {CAPTIONS_FORM}")
    return rows


def _csv_captions(text: str, origin: str) -> list:
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    odd = next((row for row in rows if len(row) != 2), None)
    if odd is not None:
        raise InputError(f"{origin} must have two columns, file and caption (with commas in it: in quotes); not {odd}")
    is_named = rows and not rows[0][0].strip().lower().endswith(SUFFIXES)
    return rows[1:] if is_named else rows


def _json_rows(text: str, origin: str) -> Iterable[Sequence] | None:
    document = json.loads(text, object_pairs_hook=_once_each)
    if isinstance(document, dict) and isinstance(document.get("captions"), list) and "labels" not in document:
        return None
    labels = document["labels"] if isinstance(document, dict) and "labels" in document else document
    if labels is None:
        return []
    rows = list(labels.items()) if isinstance(labels, dict) else labels
    if not (isinstance(rows, list) and all(isinstance(row, list | tuple) and len(row) == 2 for row in rows)):
        raise InputError(f"{origin} must hold {JSON_FORM}")
    return rows


def _once_each(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in it twice")
    return found


def _csv_rows(text: str, origin: str) -> Iterable[Sequence]:
    rows = [row for row in csv.reader(io.StringIO(text)) if row]
    odd = next((row for row in rows if len(row) != 2), None)
    if odd is not None:
        raise InputError(f"{origin} must have two columns, file and label, with a comma between them; not {odd}")
    if rows and not rows[0][0].strip().lower().endswith(SUFFIXES):  # the columns' names
        rows = rows[1:]
    if not rows:
        raise InputError(f"{origin} has no labels: give each image a line, or take the file away")
    whole = all(label.strip().isdecimal() for _, label in rows)
    return [(file.strip(), int(label) if whole else label.strip()) for file, label in rows]


def _joined(rows: Iterable[Sequence], origin: str) -> Table:
    table: Table = {}
    for file, label in rows:
        if not isinstance(file, str) or isinstance(label, bool) or not isinstance(label, int | str):
            raise InputError(f"{origin} must hold {JSON_FORM}; not {label!r:.99} for {file!r:.99}")
        name = plain_name(file)
        if table.setdefault(name, label) != label:
            raise InputError(f"{origin}: {file} has two labels, {table[name]!r} and {label!r}")
    if len({type(label) for label in table.values()}) > 1:
        raise InputError(f"{origin}: some labels are numbers and some are names; write all of them alike")
    return table
