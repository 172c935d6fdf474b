"""A certificate to try signing with, issued by a root of its own that nobody else trusts."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from gan_jax.provenance.certificates import EMAIL_PROTECTION, library

YEAR = timedelta(days=365)
EARLIER = timedelta(hours=1)  # at which it begins, for clocks that are slow


def make(folder: Path, valid: timedelta = YEAR) -> None:
    """Writes `root.pem`, `certificate.pem` (with the root behind it) and `key.pem` into a folder.

    The root's own key is thrown away, so that it issues nothing else.
    """
    x509 = library()
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    root_key, key = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root = _begun("gan_jax test root", root_key, root_key, valid, issues=True).sign(root_key, hashes.SHA256())
    purpose = x509.ExtendedKeyUsage([x509.ObjectIdentifier(EMAIL_PROTECTION)])
    leaf = _begun("gan_jax test", key, root_key, valid, issues=False).add_extension(purpose, critical=False)
    pem = serialization.Encoding.PEM
    certificates = [made.public_bytes(pem) for made in (leaf.sign(root_key, hashes.SHA256()), root)]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "root.pem").write_bytes(certificates[1])
    (folder / "certificate.pem").write_bytes(b"".join(certificates))
    with os.fdopen(os.open(folder / "key.pem", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))


def _begun(name: str, key: Any, issuer_key: Any, valid: timedelta, *, issues: bool) -> Any:
    """A certificate of that name with all that both kinds have, to be signed with the issuer's key."""
    x509 = library()
    subject, issuer = (
        x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, text)]) for text in (name, "gan_jax test root")
    )
    now = datetime.now(UTC)
    no = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "encipher_only")
    usage = dict(
        digital_signature=not issues,
        key_cert_sign=issues,
        crl_sign=issues,
        decipher_only=False,
        **dict.fromkeys(no, False),
    )
    builder = x509.CertificateBuilder(
        issuer, subject, key.public_key(), x509.random_serial_number(), now - EARLIER, now + valid
    )
    for extension, critical in (
        (x509.BasicConstraints(ca=issues, path_length=0 if issues else None), True),
        (x509.KeyUsage(**usage), True),
        (x509.SubjectKeyIdentifier.from_public_key(key.public_key()), False),
        (x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), False),
    ):
        builder = builder.add_extension(extension, critical)
    return builder
