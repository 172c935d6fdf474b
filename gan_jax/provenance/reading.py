"""The marks of a file, whatever its format: what `gan-jax provenance show` prints."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from gan_jax.data import decode
from gan_jax.data.arrays import Npz
from gan_jax.data.decode import FORMATS
from gan_jax.errors import InputError
from gan_jax.provenance import films, meshes, xmp
from gan_jax.provenance.marks import ARRAY


def read(path: Path) -> dict[str, str]:
    """The marks of a picture, a film, an npz or a mesh; {} where it has none.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file.")
    try:
        return _OTHERS.get(path.suffix.lower(), _of_picture)(path)
    except InputError:
        raise
    except UnidentifiedImageError as error:
        raise InputError(
            f"{path}: its marks cannot be read: what is in it is none of {', '.join(FORMATS)}; and by their suffixes "
            f"{', '.join(_OTHERS)} are read."
        ) from error
    except Exception as error:  # Pillow reports damage with a dozen types
        raise InputError(f"{path}: its marks cannot be read: {str(error) or type(error).__name__}") from error


def _of_arrays(path: Path) -> dict[str, str]:
    with Npz(path, "provenance") as archive:
        marks = json.loads(str(archive[ARRAY])) if ARRAY in archive else {}
    if not isinstance(marks, dict):
        raise ValueError(f"the array {ARRAY!r} holds no JSON object")
    return {str(key): str(value) for key, value in marks.items()}


def _of_film(path: Path) -> dict[str, str]:
    return _parsed(films.from_mp4(path))


def _of_picture(path: Path) -> dict[str, str]:
    """Those in its XMP, and of a PNG its texts."""
    with Image.open(path, formats=FORMATS) as image:
        if image.format == "GIF":
            name, at = image.info.get("extension", (b"", 0))
            return _parsed(films.from_gif(path, at)) if name == films.GIF_NAME else {}
        text = dict(getattr(image, "text", {}))
        packet = text.pop(xmp.PNG_KEYWORD, None) or image.info.get("xmp", b"")
        return text | _parsed(packet.encode() if isinstance(packet, str) else packet)


def _parsed(packet: bytes) -> dict[str, str]:
    return xmp.parse(packet) if packet else {}


_OTHERS: dict[str, Callable[[Path], dict[str, str]]] = {
    ".npz": _of_arrays,
    ".mp4": _of_film,
    ".glb": meshes.from_glb,
    ".obj": meshes.from_obj,
    ".stl": meshes.from_stl,
}
SUFFIXES = (*decode.SUFFIXES, *_OTHERS)
