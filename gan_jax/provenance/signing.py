"""C2PA manifests (specification 2): signed and verified offline, by the extra `provenance`.

A manifest says what made a file and what it was made of, and its signature covers every byte of the file but itself:
pixels and texts alike. What is verified is the chain of certificates, never the name that one has.
"""

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from gan_jax import __version__
from gan_jax.errors import InputError
from gan_jax.provenance import certificates
from gan_jax.provenance.marks import COMPOSITE, SOURCE_TYPE

ASSERTION = "org.gan-jax.sample"  # that has the marks
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".gif", ".mp4")
# Nothing is fetched and nobody asked; and no preview, which would be larger than most images here.
_SETTINGS = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "core": {"allowed_network_hosts": []},
    "builder": {"thumbnail": {"enabled": False}},
}


class Input(NamedTuple):
    """A file that another was made of."""

    name: str
    data: bytes


class Verdict(NamedTuple):
    """What a file's manifest says, and whether to believe it."""

    state: str  # Trusted, Valid (whole, by somebody who is not known) or Invalid
    problems: tuple[str, ...]  # as the specification calls them, such as assertion.dataHash.mismatch
    signer: str  # as the certificate has it, which anyone can write into one
    marks: dict[str, str]
    inputs: tuple[str, ...]  # names of files that it was made of, whose manifests are kept


class Signer:
    """Signs files with a certificate and its key, which are tried at once, before there is anything to sign.

    `flag` is how the certificate was asked for.
    """

    def __init__(self, certificate: Path, key: Path, flag: str) -> None:
        self._c2pa = _library()
        self._identity = certificates.read(certificate, key, flag)
        trial = io.BytesIO()
        Image.fromarray(np.zeros((1, 1), np.uint8)).save(trial, "png")
        try:
            self.signed(trial.getvalue(), ".png", {}, ())
        except self._c2pa.C2paError as error:
            raise InputError(f"{flag}={certificate}: cannot sign: {error}.") from error

    def sign(self, path: Path, marks: Mapping[str, str], inputs: Sequence[Input]) -> None:
        """Puts a manifest into a file, in which the inputs are named, and the manifests kept that they have."""
        path.write_bytes(self.signed(path.read_bytes(), path.suffix, marks, inputs))

    def signed(self, data: bytes, suffix: str, marks: Mapping[str, str], inputs: Sequence[Input]) -> bytes:
        """The bytes of a file with a manifest, which are different ones each time; its pixels stay as they are."""
        c2pa = self._c2pa
        definition = {
            "claim_generator_info": [{"name": "gan_jax", "version": __version__}],
            "assertions": [{"label": ASSERTION, "data": dict(marks)}],
        }
        kinds = c2pa.C2paDigitalSourceType
        composite = marks.get(SOURCE_TYPE) == COMPOSITE
        kind = kinds.COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA if composite else kinds.TRAINED_ALGORITHMIC_MEDIA
        chain, key = self._identity.chain.encode(), self._identity.key.encode()
        result = io.BytesIO()
        with (
            c2pa.Builder(definition, context=_context()) as builder,
            c2pa.Signer.from_info(c2pa.C2paSignerInfo(self._identity.algorithm, chain, key, None)) as signer,
        ):
            builder.set_intent(c2pa.C2paBuilderIntent.CREATE, kind)
            for name, content in inputs:
                ingredient = {"title": name, "relationship": "inputTo"}
                builder.add_ingredient(ingredient, _format(name), io.BytesIO(content))
            builder.sign(signer, _format(suffix), io.BytesIO(data), result)
        return result.getvalue()


def is_signed(name: str, data: bytes) -> bool:
    """Whether a file of that name and content has a manifest, be it valid or not."""
    return _manifests(name, data) is not None


def verify(path: Path, roots: str = "") -> Verdict | None:
    """What a file's manifest says, and whether the file is as it was when it was signed; None where it has none.

    `roots` (PEM) are the certificates that are trusted to have issued that of who signed.

    Raises:
        InputError: the file, or its manifest, cannot be read.
    """
    try:
        found = _manifests(str(path), path.read_bytes(), roots)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    if found is None:
        return None
    active = found["manifests"][found["active_manifest"]]
    said = [assertion["data"] for assertion in active.get("assertions", ()) if assertion["label"] == ASSERTION]
    failures = found.get("validation_results", {}).get("activeManifest", {}).get("failure", ())
    return Verdict(
        state=found["validation_state"],
        problems=tuple(failure["code"] for failure in failures),
        signer=active.get("signature_info", {}).get("issuer", ""),
        marks={key: str(value) for data in said for key, value in data.items()},
        inputs=tuple(ingredient.get("title", "") for ingredient in active.get("ingredients", ())),
    )


def _manifests(name: str, data: bytes, roots: str = "") -> dict[str, Any] | None:
    """All that the library tells of a file, or None where it has no manifest or no place for one."""
    c2pa = _library()
    try:
        with c2pa.Reader(_format(name), io.BytesIO(data), context=_context(roots)) as reader:
            return json.loads(reader.json()) | {"validation_state": reader.get_validation_state()}
    except (c2pa.C2paError.ManifestNotFound, c2pa.C2paError.NotSupported):
        return None
    except c2pa.C2paError as error:
        raise InputError(f"{name}: its manifest cannot be read, or it is no file of its suffix: {error}.") from error


def _format(name: str) -> str:
    """By the suffix of the name; the library looks into the file too."""
    return name.rpartition(".")[2].lower()


def _context(roots: str = "") -> Any:
    c2pa = _library()
    settings = _SETTINGS | ({"trust": {"user_anchors": roots}} if roots else {})
    return c2pa.Context(c2pa.Settings.from_dict(settings))


def _library() -> Any:
    try:
        import c2pa
    except ImportError as error:
        raise InputError(f"{certificates.EXTRA}.") from error
    return c2pa
