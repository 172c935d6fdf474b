"""The places that meshes have for marks: `asset.extras` of a GLB, comments of an OBJ, what stands first in an STL."""

import json
import struct
from collections.abc import Mapping
from itertools import takewhile
from pathlib import Path

from gan_jax.provenance.marks import COMPOSITE, SAMPLED, SOURCE_TYPE, TERMS

HEADER = 80  # bytes, which is all that an STL has
FIRST = ("run", "step", "seed", "label", "Software")  # of an STL's marks, behind what it is
_MOST = 2**24  # bytes of a GLB's description; a file can say that it has any number of them
_MOST_COMMENTS = 2**20  # bytes
_KINDS = {kind.removeprefix(TERMS): kind for kind in (SAMPLED, COMPOSITE)}


def stl_header(marks: Mapping[str, str]) -> bytes:
    """As many marks as there is room for, each of them whole: what it is, the run, its step, the seed, and others."""
    words = [marks[SOURCE_TYPE].removeprefix(TERMS)] if SOURCE_TYPE in marks else []
    for key in dict.fromkeys((*FIRST, *marks)):
        word = f"{key}={marks.get(key, '')}"
        has_room = sum(map(len, words)) + len(words) + len(word) <= HEADER
        if key in marks and key != SOURCE_TYPE and has_room and ";" not in word:
            words.append(word)
    return ";".join(words).encode("ascii", "replace").ljust(HEADER)


def from_stl(path: Path) -> dict[str, str]:
    """The marks in a header of ours; nothing of any other."""
    with path.open("rb") as file:
        kind, *words = file.read(HEADER).decode("ascii", "replace").rstrip().split(";")
    pairs = (word.partition("=") for word in words)
    return {SOURCE_TYPE: _KINDS[kind]} | {key: value for key, _, value in pairs} if kind in _KINDS else {}


def from_obj(path: Path) -> dict[str, str]:
    """The marks in comments of ours before the first vertex; nothing of other comments."""
    with path.open("rb") as file:
        lines = file.read(_MOST_COMMENTS).decode("utf-8", "replace").split("\n")
    pairs = (line[2:].partition(": ") for line in takewhile(lambda line: line.startswith("# "), lines))
    found = {key: value for key, _, value in pairs}
    return found if SOURCE_TYPE in found else {}


def from_glb(path: Path) -> dict[str, str]:
    """What a GLB says of itself beside its scene.

    Raises:
        ValueError: it is no GLB, or cut short.
    """
    with path.open("rb") as file:
        head = file.read(20)
        magic, length, kind = struct.unpack("<4s8xI4s", head) if len(head) == 20 else (b"", 0, b"")
        words = file.read(length) if length <= _MOST else b""
    if magic != b"glTF" or kind != b"JSON" or len(words) != length:
        raise ValueError("it is no GLB, or cut short")
    scene = json.loads(words)
    asset = scene.get("asset") if isinstance(scene, dict) else None
    extras = asset.get("extras") if isinstance(asset, dict) else None
    return {str(key): str(value) for key, value in extras.items()} if isinstance(extras, dict) else {}
