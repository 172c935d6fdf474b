"""Weights as their authors published them, fetched and converted to the one form that is read here."""

import pathlib
import tempfile
import urllib.request

from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.features import published_formats, weights


def convert(sources: list[pathlib.Path], out: pathlib.Path | None = None) -> str:
    """Converts PyTorch files (.pth), a frozen GraphDef (.pb) or safetensors to one npz; returns a line that says so.

    Without `out` it goes into the weights folder, under the name of the published weights or else the file's own.
    """
    if out is not None and out.suffix != ".npz":
        raise InputError(f"{out}: the output's name must end in .npz")
    arrays, hashes = {}, []
    for source in sources:
        if not source.is_file():
            raise InputError(f"{source}: there is no such file")
        hashes.append(weights.file_sha256(source))
        arrays |= published_formats.read(source)
    source_sha256 = hashes[0] if len(hashes) == 1 else " ".join(hashes)
    known = next((name for name, file in weights.PUBLISHED.items() if hashes[0].startswith(file.sha256)), None)
    out = out or weights.folder() / f"{known or sources[0].stem}.npz"
    sha256 = weights.write(out, arrays, source_sha256)
    origin = f"the published {known} weights" if known else "not a published file that is known here"
    return f"{out}: {len(arrays)} arrays, SHA-256 {sha256}; source SHA-256 {source_sha256}: {origin}"


def fetch(name: str) -> str:
    """Downloads published weights from their official address, checks their SHA-256 and converts them."""
    if name not in weights.PUBLISHED:
        raise InputError(f"weights {name!r} are none of {', '.join(weights.PUBLISHED)}")
    url, expected = weights.PUBLISHED[name]
    weights.folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=weights.folder()) as temporary:
        file = pathlib.Path(temporary) / pathlib.PurePosixPath(url).name
        try:
            with urllib.request.urlopen(url, timeout=30) as response, file.open("wb") as sink:
                total = int(response.headers.get("Content-Length") or 0) or None
                with tqdm(total=total, desc=name, unit="B", unit_scale=True) as bar:
                    while chunk := response.read(1 << 20):
                        sink.write(chunk)
                        bar.update(len(chunk))
        except OSError as error:
            raise InputError(
                f"{name}: {url} cannot be reached ({error}); fetch it elsewhere and use `convert`"
            ) from None
        found = weights.file_sha256(file)
        if not found.startswith(expected):
            raise InputError(f"{name}: {url} has SHA-256 {found}, not {expected}; nothing was kept")
        return convert([file], weights.folder() / f"{name}.npz")
