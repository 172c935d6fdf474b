"""Certificates that sign pictures, and what is wrong with one, told before anything is drawn.

C2PA takes X.509 certificates that another has issued, for digital signatures of documents or mails (specification 2.2,
section 14.5).
"""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from gan_jax.errors import InputError

EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
PURPOSES = {  # of which a certificate has to name one
    EMAIL_PROTECTION: "e-mail protection",
    "1.3.6.1.5.5.7.3.36": "document signing",
    "1.3.6.1.4.1.62558.2.1": "C2PA claim signing",
}
EXTRA = "signing takes pip install 'gan-jax[provenance]'"
MAKE = "gan-jax provenance make-test-certificate makes one to try with"


class Identity(NamedTuple):
    """Who signs."""

    chain: str  # PEM: the certificate, and those that lead from it to a root
    key: str  # PEM (PKCS 8)
    algorithm: str


def read(certificate: Path, key: Path, flag: str) -> Identity:
    """A certificate that can sign, and its key; `flag` is how the first was asked for.

    Raises:
        InputError: a file is missing or no PEM, the two do not belong together, or C2PA takes no such certificate.
    """
    x509, serialization = library(), _serialization()
    data = _bytes(certificate, flag)
    try:
        chain = x509.load_pem_x509_certificates(data)
    except ValueError as error:
        raise InputError(f"{flag}={certificate}: holds no certificates (PEM): {error}.") from error
    private = _private_key(key)
    reason = _unusable(chain[0])
    if reason:
        raise InputError(f"{flag}={certificate}: {reason}.")
    if private.public_key() != chain[0].public_key():
        raise InputError(f"--key={key}: is not the key of the certificate {certificate}.")
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Identity(data.decode("ascii", "ignore"), pem.decode(), _algorithm(private, key))


def read_roots(file: Path) -> str:
    """PEM of certificates that are trusted."""
    data = _bytes(file, "--trust")
    try:
        library().load_pem_x509_certificates(data)
    except ValueError as error:
        raise InputError(f"--trust={file}: holds no certificates (PEM): {error}.") from error
    return data.decode("ascii", "ignore")


def _unusable(certificate: Any) -> str:
    """What keeps a certificate from signing pictures, in words; nothing where it can."""
    x509 = library()
    now = datetime.now(UTC)
    if certificate.not_valid_after_utc < now:
        return f"has expired on {certificate.not_valid_after_utc:%Y-%m-%d}"
    if certificate.not_valid_before_utc > now:
        return f"is not valid before {certificate.not_valid_before_utc:%Y-%m-%d}"
    if certificate.issuer == certificate.subject:
        return f"is self-signed, and C2PA takes one that another has issued; {MAKE}"
    extensions = {type(extension.value): extension.value for extension in certificate.extensions}
    if x509.BasicConstraints in extensions and extensions[x509.BasicConstraints].ca:
        return "is one that issues others: the one that signs stands first in the file"
    if x509.KeyUsage not in extensions or not extensions[x509.KeyUsage].digital_signature:
        return "is not for digital signatures (its keyUsage does not say so)"
    purposes = {purpose.dotted_string for purpose in extensions.get(x509.ExtendedKeyUsage, ())}
    if not purposes & PURPOSES.keys():
        return f"is for none of {', '.join(PURPOSES.values())} (its extendedKeyUsage), of which C2PA wants one"
    if x509.AuthorityKeyIdentifier not in extensions:
        return "does not name its issuer's key (authorityKeyIdentifier), which C2PA wants"
    return ""


def _private_key(file: Path) -> Any:
    data = _bytes(file, "--key")
    try:
        return _serialization().load_pem_private_key(data, password=None)
    except TypeError as error:  # it takes a password
        raise InputError(f"--key={file}: is encrypted: give it without a password, readable by you alone.") from error
    except Exception as error:  # cryptography has a handful of types for what it cannot read
        raise InputError(f"--key={file}: holds no private key (PEM).") from error


def _algorithm(key: Any, file: Path) -> str:
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    curves = {"secp256r1": "es256", "secp384r1": "es384", "secp521r1": "es512"}
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in curves:
        return curves[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return "ed25519"
    if isinstance(key, rsa.RSAPrivateKey):
        return "ps256"
    raise InputError(f"--key={file}: C2PA signs with P-256, P-384, P-521, Ed25519 or RSA keys, and this is another.")


def _bytes(file: Path, key: str) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        raise InputError(f"{key}={file} cannot be read: {error.strerror}.") from error


def library() -> Any:
    """The part of the package cryptography that is for certificates."""
    try:
        from cryptography import x509
    except ImportError as error:
        raise InputError(f"{EXTRA}.") from error
    return x509


def _serialization() -> Any:
    from cryptography.hazmat.primitives import serialization

    return serialization
