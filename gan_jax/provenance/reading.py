"""The marks of a file, whatever its format: what `gan-jax provenance show` prints."""

import json
import os
from pathlib import Path

from PIL import Image

from gan_jax.data.arrays import Npz
from gan_jax.data.decode import FORMATS
from gan_jax.errors import InputError
from gan_jax.provenance import films, xmp
from gan_jax.provenance.marks import ARRAY


def read(path: Path) -> dict[str, str]:
    """The marks of a picture, a film or an npz; {} where it has none.

    Raises:
        InputError: there is no such file, or it cannot be read.
    """
    if not os.path.isfile(path):
        raise InputError(f"{path}: there is no such file.")
    try:
        if path.suffix.lower() == ".npz":
            return _of_arrays(path)
        if path.suffix.lower() == ".mp4":
            packet, text = films.from_mp4(path), {}
        else:
            packet, text = _of_picture(path)
        return text | (xmp.parse(packet) if packet else {})
    except InputError:
        raise
    except Exception as error:  # Pillow reports damage with a dozen types
        raise InputError(f"{path}: its marks cannot be read: {str(error) or type(error).__name__}") from error


def _of_arrays(path: Path) -> dict[str, str]:
    with Npz(path, "provenance") as archive:
        marks = json.loads(str(archive[ARRAY])) if ARRAY in archive else {}
    if not isinstance(marks, dict):
        raise ValueError(f"the array {ARRAY!r} holds no JSON object")
    return {str(key): str(value) for key, value in marks.items()}


def _of_picture(path: Path) -> tuple[bytes, dict[str, str]]:
    """The packet of XMP, and of a PNG its texts."""
    with Image.open(path, formats=FORMATS) as image:
        if image.format == "GIF":
            name, at = image.info.get("extension", (b"", 0))
            return films.from_gif(path, at) if name == films.GIF_NAME else b"", {}
        text = dict(getattr(image, "text", {}))
        packet = text.pop(xmp.PNG_KEYWORD, None) or image.info.get("xmp", b"")
        return packet.encode() if isinstance(packet, str) else packet, text
