"""The members of a zip: found under plain names, whoever wrote it, and read within bounds."""

import os
import stat
import zipfile
from pathlib import Path

from gan_jax.data.left_out import LeftOut
from gan_jax.errors import InputError

MAX_MEMBERS = 10_000_000
UTF8 = 0x800  # the flag of a member whose name is UTF-8; others' is said to be of an encoding of 1981
ENCRYPTED = 0x1


def open_zip(path: Path, origin: str) -> zipfile.ZipFile:
    """The zip at a path; `origin` begins what is said of it."""
    try:
        if not os.path.isfile(path):  # of a pipe or a device one would wait for ever
            raise InputError(f"{origin}: there is no file {path}")
        archive, said = zipfile.ZipFile(path), _said(path)
    except InputError:
        raise
    except Exception as error:  # zipfile reports damage with half a dozen types
        raise InputError(f"{origin}: {path} cannot be read as a zip: {str(error) or type(error).__name__}") from error
    count = len(archive.infolist())
    if said not in (count % 2**16, 2**16 - 1):  # the latter of more than there are numbers for
        raise InputError(f"{origin}: {path} is damaged: it should have {said} members, and {count} can be found")
    if count > MAX_MEMBERS:
        raise InputError(f"{origin}: {path} has {count:,} members, and at most {MAX_MEMBERS:,} are read")
    return archive


def _said(path: Path) -> int:
    """How many members there are by the word of the zip's end, which zipfile does not look at."""
    with path.open("rb") as stream:
        stream.seek(-min(path.stat().st_size, 2**16 + 22), 2)
        end = stream.read()
    at = end.rfind(b"PK\5\6") + 10
    return int.from_bytes(end[at : at + 2], "little")


def members(archive: zipfile.ZipFile, origin: str, left_out: LeftOut) -> dict[str, zipfile.ZipInfo]:
    """The files in a zip by their names with forward slashes; of a name that stands there twice the last one."""
    found: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        name = _name(info)
        parts = plain_name(name).split("/")
        if name.endswith(("/", "\\")) or parts == [""]:
            continue
        if any(part.startswith("__MACOSX") or (part.startswith(".") and part != "..") for part in parts):
            left_out.add("hidden", name)
        elif ".." in parts:
            left_out.add("members that lead out of the zip", name)
        elif stat.S_IFMT(info.external_attr >> 16) not in (0, stat.S_IFREG):
            left_out.add("links or devices", name)
        elif info.flag_bits & ENCRYPTED:
            raise InputError(f"{origin}: {name} in {archive.filename} is encrypted: unpack the zip with its password")
        else:
            if "/".join(parts) in found:
                left_out.add("members with the name of a later one", name)
            found["/".join(parts)] = info
    return found


def read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, limit: int) -> bytes:
    """A member's bytes, of which there may be `limit`; zipfile reads no more than the size that is compared here."""
    if info.file_size > limit:
        raise ValueError(f"it has {info.file_size:,} bytes when unpacked, and at most {limit:,} are read")
    return archive.read(info)


def plain_name(name: str) -> str:
    """A name with forward slashes, without those in front and without `.` between them."""
    return "/".join(part for part in name.replace("\\", "/").split("/") if part not in ("", "."))


def _name(info: zipfile.ZipInfo) -> str:
    """A member's name, which many write as UTF-8 without saying so."""
    if info.flag_bits & UTF8:
        return info.filename
    try:
        return info.filename.encode("cp437").decode("utf-8")
    except UnicodeError:
        return info.filename
