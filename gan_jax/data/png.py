"""What Pillow leaves unlooked at in a PNG: whether its pixels are whole, and texts longer than Pillow reads."""

import zlib
from collections.abc import Iterator

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_WORDS = (b"tEXt", b"zTXt", b"iTXt", b"iCCP")  # texts and the colour profile, which do not change the pixels


def check(data: bytes) -> None:
    """Raises a ValueError where the pixels of a PNG are not those that were written, or its end is gone."""
    for kind, chunk in _chunks(data):
        if kind == b"IDAT" and zlib.crc32(chunk[4:-4]) != int.from_bytes(chunk[-4:], "big"):
            raise ValueError("the checksum of its pixels is wrong")


def without_words(data: bytes) -> bytes:
    """The same picture without the texts and the colour profile that it carries along."""
    return SIGNATURE + b"".join(chunk for kind, chunk in _chunks(data) if kind not in _WORDS)


def _chunks(data: bytes) -> Iterator[tuple[bytes, memoryview]]:
    """The kind of each chunk, and all of its bytes: length, kind, content, checksum."""
    at, kind = len(SIGNATURE), b""
    while kind != b"IEND":
        kind, end = data[at + 4 : at + 8], at + 12 + int.from_bytes(data[at : at + 4], "big")
        if end > len(data) or not kind:
            raise ValueError("it is cut short")
        yield kind, memoryview(data)[at:end]
        at = end
