"""The places that films have for XMP: an application extension of a GIF, a box of an MP4."""

import struct
from pathlib import Path

GIF_NAME = b"XMP DataXMP"
# Who reads a GIF takes bytes of the packet for lengths of blocks; wherever in here one ends up, it leads to the end.
_GIF_END = b"\x01" + bytes(range(255, -1, -1)) + b"\x00"
_MP4_NAME = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")  # of a box `uuid` that holds XMP
_MOST = 2**24  # bytes of a packet; a file can say that it has any number of them


def gif_extension(packet: bytes) -> bytes:
    """The extension that holds a packet, to stand before the first frame."""
    return b"!\xff\x0b" + GIF_NAME + packet + _GIF_END


def from_gif(path: Path, at: int) -> bytes:
    """The packet of the extension whose name ends at that place of the file."""
    with path.open("rb") as file:
        file.seek(at)
        return file.read(_MOST).partition(_GIF_END)[0]


def mp4_box(packet: bytes) -> bytes:
    """The box that holds a packet, to stand at the end of the file, where it moves no other."""
    return struct.pack(">I4s", 24 + len(packet), b"uuid") + _MP4_NAME + packet


def from_mp4(path: Path) -> bytes:
    """The packet in an MP4, or nothing where it has none.

    Raises:
        ValueError: it is not made of boxes, or one ends beyond the file.
    """
    end = path.stat().st_size
    with path.open("rb") as file:
        at = 0
        while at < end:
            file.seek(at)
            head = file.read(24)
            size = int.from_bytes(head[:4], "big")
            if size == 1:  # too large for four bytes
                size = int.from_bytes(head[8:16], "big")
            elif size == 0:  # the last
                size = end - at
            if size < 8 or at + size > end:
                raise ValueError("it is no MP4, or cut short")
            if head[4:8] == b"uuid" and head[8:] == _MP4_NAME:
                return file.read(min(size - 24, _MOST))
            at += size
    return b""
