"""Signed files: what a signature holds, what breaks it, and what is said of certificates that cannot sign.

A signature is a different one each time, so that pixels and texts are compared and never a file's bytes.
"""

import socket
import time
import zlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from gan_jax.commands import provenance, sample
from gan_jax.data import png
from gan_jax.errors import InputError
from gan_jax.provenance import certificates, reading, signing, trial, xmp
from gan_jax.provenance.marks import COMPOSITE, SAMPLED, SOURCE_TYPE, marks
from gan_jax.sampling.films import save_film
from gan_jax.sampling.grids import save_png

pytest.importorskip("c2pa", reason="the extra provenance is not installed")

MARKS = marks({"run": "mine", "step": "4", "seed": "7"}, composite=False)
PIXELS = np.random.default_rng(0).integers(0, 256, (32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With `root.pem`, `certificate.pem` and `key.pem`."""
    made = tmp_path_factory.mktemp("certificates")
    trial.make(made)
    return made


@pytest.fixture(scope="module")
def signer(folder):
    return signing.Signer(folder / "certificate.pem", folder / "key.pem", "--sign")


@pytest.fixture(scope="module")
def root(folder):
    return certificates.read_roots(folder / "root.pem")


@pytest.fixture
def picture(tmp_path, signer):
    """A signed picture."""
    save_png(tmp_path / "picture.png", PIXELS, MARKS)
    signer.sign(tmp_path / "picture.png", MARKS, ())
    return tmp_path / "picture.png"


def test_a_signed_picture_has_its_pixels_and_texts(picture, root):
    with Image.open(picture) as image:
        np.testing.assert_array_equal(np.asarray(image), PIXELS)
        assert {key: image.text[key] for key in MARKS} == MARKS
    verdict = signing.verify(picture, root)
    assert (verdict.state, verdict.problems, verdict.marks) == ("Trusted", (), MARKS)
    assert verdict.signer == "gan_jax test" and verdict.inputs == ()
    assert reading.read(picture) == MARKS


def test_who_does_not_know_the_root_sees_a_valid_signature_of_somebody_unknown(picture, root, tmp_path):
    verdict = signing.verify(picture)
    assert (verdict.state, verdict.problems) == ("Valid", ("signingCredential.untrusted",))
    trial.make(tmp_path / "other")  # with the same names, which are no proof
    assert signing.verify(picture, certificates.read_roots(tmp_path / "other" / "root.pem")).state == "Valid"


def chunks(data: bytes) -> dict[bytes, bytes]:
    return {kind: bytes(chunk) for kind, chunk in png._chunks(data)}


def test_a_signature_takes_a_few_kilobytes_and_no_preview(picture):
    found = chunks(picture.read_bytes())
    assert 2000 < len(found[b"caBX"]) < 6000


def changed(data: bytes, kind: bytes) -> bytes:
    """With one bit of a chunk's content turned, and its checksum made to fit."""
    chunk = chunks(data)[kind]
    body = bytearray(chunk[4:-4])
    body[-1] ^= 1
    new = chunk[:4] + body + zlib.crc32(body).to_bytes(4, "big")
    return data.replace(chunk, new)


@pytest.mark.parametrize("kind", [b"IDAT", b"tEXt", b"iTXt"])
def test_a_bit_of_pixels_or_texts_is_missed(picture, root, kind):
    picture.write_bytes(changed(picture.read_bytes(), kind))
    verdict = signing.verify(picture, root)
    assert verdict.state == "Invalid" and "assertion.dataHash.mismatch" in verdict.problems


def test_a_manifest_fits_no_other_picture(picture, root):
    manifest = chunks(picture.read_bytes())[b"caBX"]
    other = picture.with_name("other.png")
    save_png(other, 255 - PIXELS, MARKS)
    data = other.read_bytes()
    head = data.index(b"IHDR") + 21  # the end of its chunk, after which the manifest stands
    other.write_bytes(data[:head] + manifest + data[head:])
    verdict = signing.verify(other, root)
    assert verdict.state == "Invalid" and "assertion.dataHash.mismatch" in verdict.problems


def test_without_its_manifest_a_picture_is_the_one_that_was_not_signed(picture):
    data = picture.read_bytes()
    bare = picture.with_name("bare.png")
    save_png(bare, PIXELS, MARKS)
    assert data.replace(chunks(data)[b"caBX"], b"") == bare.read_bytes()
    assert signing.verify(bare) is None


def test_a_signature_ends_with_its_certificate(tmp_path):
    trial.make(tmp_path, valid=timedelta(seconds=4))
    end = datetime.now(UTC) + timedelta(seconds=5)
    roots = certificates.read_roots(tmp_path / "root.pem")
    save_png(tmp_path / "a.png", PIXELS, MARKS)
    signing.Signer(tmp_path / "certificate.pem", tmp_path / "key.pem", "--sign").sign(tmp_path / "a.png", MARKS, ())
    time.sleep(max(0, (end - datetime.now(UTC)).total_seconds()))
    verdict = signing.verify(tmp_path / "a.png", roots)
    assert verdict.state == "Invalid" and "signingCredential.expired" in verdict.problems


def test_what_is_saved_anew_is_not_signed_any_more(picture):
    with Image.open(picture) as image:
        image.load()
    image.save(picture)
    assert signing.verify(picture) is None


@pytest.mark.parametrize("suffix", [".gif", ".mp4", ".jpg", ".webp"])
def test_other_formats(tmp_path, signer, root, suffix):
    path = tmp_path / f"file{suffix}"
    if suffix in (".gif", ".mp4"):
        pytest.importorskip("imageio")
        save_film([PIXELS[None].repeat(3, axis=0)], path, MARKS, signer_of(signer))
    else:
        Image.fromarray(PIXELS).save(path, xmp=xmp.packet(MARKS))
        signer.sign(path, MARKS, ())
    verdict = signing.verify(path, root)
    assert (verdict.state, verdict.marks) == ("Trusted", MARKS) and reading.read(path) == MARKS
    data = bytearray(path.read_bytes())
    data[-40 if suffix != ".mp4" else data.index(b"mdat") + 200] ^= 1
    path.write_bytes(data)
    assert signing.verify(path, root).state == "Invalid"


def signer_of(signer):
    return lambda path, text: signer.sign(path, text, ())


def test_manifests_of_what_a_picture_was_made_of_are_kept(picture, signer, root, tmp_path):
    made = tmp_path / "made.png"
    text = MARKS | {SOURCE_TYPE: COMPOSITE}
    save_png(made, 255 - PIXELS, text)
    signer.sign(made, text, [signing.Input("picture.png", picture.read_bytes())])
    verdict = signing.verify(made, root)
    assert (verdict.state, verdict.inputs) == ("Trusted", ("picture.png",))
    found = signing._manifests(made.name, made.read_bytes())
    types = {
        action["digitalSourceType"]
        for manifest in found["manifests"].values()
        for assertion in manifest["assertions"]
        for action in assertion["data"].get("actions", ())
    }
    assert len(found["manifests"]) == 2 and types == {SAMPLED, COMPOSITE}


def test_a_broken_manifest_is_told_of(picture):
    data = picture.read_bytes()
    chunk = chunks(data)[b"caBX"]
    body = bytearray(chunk[4:-4])
    body[60] ^= 255  # of the name of a box
    picture.write_bytes(data.replace(chunk, chunk[:4] + body + zlib.crc32(body).to_bytes(4, "big")))
    with pytest.raises(InputError, match=r"picture\.png: its manifest cannot be read"):
        signing.verify(picture)


def test_nothing_is_fetched(tmp_path):
    """Of a picture that says that its manifest lies elsewhere."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0)
        address = f"http://127.0.0.1:{server.getsockname()[1]}/manifest"
        packet = xmp.packet({"x": "y"}).decode()
        elsewhere = f'xmlns:dcterms="http://purl.org/dc/terms/" dcterms:provenance="{address}" gan_jax:x'
        text = PngImagePlugin.PngInfo()
        text.add_itxt(xmp.PNG_KEYWORD, packet.replace("gan_jax:x", elsewhere))
        Image.fromarray(PIXELS).save(tmp_path / "far.png", pnginfo=text)
        with pytest.raises(InputError, match=f"must fetch remote manifests from url {address}"):
            signing.verify(tmp_path / "far.png")
        with pytest.raises(BlockingIOError):
            server.accept()


def test_sample_signs_what_it_writes_and_keeps_the_manifest_of_what_it_was_given(
    gan_run, vae_run, folder, root, tmp_path
):
    identity = [f"--sign={folder / 'certificate.pem'}", f"--key={folder / 'key.pem'}"]
    given = tmp_path / "given"
    assert sample.main([f"--workdir={gan_run}", "--seeds=3,4", f"--out={given}", *identity]) == 0
    asked = [f"--workdir={gan_run}", "--seeds=3,4", f"--out={tmp_path / 'plain'}"]
    assert sample.main(asked) == 0
    for name in ("seed00000003.png", "seed00000004.png"):
        verdict = signing.verify(given / name, root)
        assert verdict.state == "Trusted" and verdict.marks == reading.read(tmp_path / "plain" / name)
        pixels = [np.asarray(Image.open(place / name)) for place in (given, tmp_path / "plain")]
        np.testing.assert_array_equal(*pixels)
    Image.fromarray(PIXELS).save(given / "y.bmp")  # a format that has no place for manifests
    Image.fromarray(PIXELS).save(given / "z.png")
    again = [f"--workdir={vae_run}", f"--reconstruct={given}", *identity]
    assert sample.main([*again, f"--out={tmp_path / 'again'}"]) == 0
    assert signing.verify(tmp_path / "again" / "seed00000004.png", root).inputs == ("seed00000004.png",)
    assert signing.verify(tmp_path / "again" / "z.png", root).inputs == ()
    assert sample.main([*again, f"--out={tmp_path / 'grid.png'}"]) == 0
    assert signing.verify(tmp_path / "grid.png", root).inputs == ("seed00000003.png", "seed00000004.png")
    for suffix in ("jpg", "webp"):
        files = [tmp_path / f"{name}.{suffix}" for name in ("signed", "unsigned")]
        for file, more in zip(files, (identity, []), strict=True):
            assert sample.main([f"--workdir={gan_run}", "--seeds=3", f"--out={file}", *more]) == 0
        assert signing.verify(files[0], root).marks == reading.read(files[0]) == reading.read(files[1])
        np.testing.assert_array_equal(*(np.asarray(Image.open(file)) for file in files))
    with pytest.raises(InputError, match="an npz or a mesh has no place for a manifest"):
        sample.main([f"--workdir={gan_run}", "--num=2", f"--out={tmp_path / 'x.npz'}", *identity])
    with pytest.raises(InputError, match="--sign and --key go together"):
        sample.main([f"--workdir={gan_run}", "--num=2", f"--out={tmp_path / 'x.png'}", identity[0]])


def test_the_commands(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    run = lambda *words: provenance.main(list(words))  # noqa: E731
    assert run("make-test-certificate", "--out=mine") == 0
    assert sorted(file.name for file in (tmp_path / "mine").iterdir()) == ["certificate.pem", "key.pem", "root.pem"]
    assert (tmp_path / "mine" / "key.pem").stat().st_mode & 0o077 == 0  # nobody else's to read
    with pytest.raises(InputError, match="--out=mine: is there already"):
        run("make-test-certificate", "--out=mine")
    save_png(tmp_path / "a.png", PIXELS, MARKS)
    identity = ("--certificate=mine/certificate.pem", "--key=mine/key.pem")
    assert run("verify", "a.png") == 1 and "a.png is not signed" in capsys.readouterr().out
    assert run("sign", "a.png", *identity, "--out=b.png") == 0
    assert run("verify", "b.png") == 0 and "Valid: as it was signed, by somebody unknown" in capsys.readouterr().out
    assert run("verify", "b.png", "--trust=mine/root.pem") == 0
    said = dict(line.split("  ", 1) for line in capsys.readouterr().out.splitlines())
    assert said["state"].strip().startswith("Trusted: ") and said["run"].strip() == "mine"
    (tmp_path / "c.png").write_bytes(changed((tmp_path / "b.png").read_bytes(), b"IDAT"))
    assert run("verify", "c.png", "--trust=mine/root.pem") == 1
    assert "assertion.dataHash.mismatch" in capsys.readouterr().out
    for words, message in {
        ("a.png", "--out=b.png"): r"b\.png would be overwritten",
        ("b.png", "--out=d.png"): r"b\.png is signed already",
        ("a.png", "--out=d.jpg"): r"--out=d\.jpg: should end in \.png",
        ("x.npz", "--out=x.npz"): r"x\.npz: a manifest goes into",
        ("nowhere.png", "--out=d.png"): r"nowhere\.png: there is no such file",
        ("mine/photo.png", "--out=d.png"): "does not say by which run it was made",
    }.items():
        Image.fromarray(PIXELS).save(tmp_path / "mine" / "photo.png")
        with pytest.raises(InputError, match=message):
            run("sign", *words, *identity)
    (tmp_path / "none.pem").write_text("nothing")
    with pytest.raises(InputError, match=r"--trust=none\.pem: holds no certificates"):
        run("verify", "b.png", "--trust=none.pem")
    assert not (tmp_path / "d.png").exists()


def issued(folder, *, self_signed=False, days=30, purposes=("1.3.6.1.5.5.7.3.4",), usage=True, begins=-1):
    """Writes a certificate that is wrong in one way, and its key."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key, issuer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    name, other = (x509.Name([x509.NameAttribute(x509.NameOID.ORGANIZATION_NAME, text)]) for text in ("me", "root"))
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(
        name if self_signed else other, name, key.public_key(), 7, now + timedelta(begins), now + timedelta(days)
    )
    if purposes:
        wanted = x509.ExtendedKeyUsage(list(map(x509.ObjectIdentifier, purposes)))
        builder = builder.add_extension(wanted, critical=False)
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "key_cert_sign")
    no = dict.fromkeys((*others, "crl_sign", "encipher_only", "decipher_only"), False)
    builder = builder.add_extension(x509.KeyUsage(digital_signature=usage, **no | {"crl_sign": not usage}), True)
    signed = builder.sign(key if self_signed else issuer, hashes.SHA256())
    folder.mkdir()
    (folder / "certificate.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    for file, protection in {
        "key.pem": serialization.NoEncryption(),
        "locked.pem": serialization.BestAvailableEncryption(b"secret"),
    }.items():
        form = serialization.PrivateFormat.PKCS8
        (folder / file).write_bytes(key.private_bytes(serialization.Encoding.PEM, form, protection))


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (dict(self_signed=True), "is self-signed, .* make-test-certificate"),
        (dict(begins=-9, days=-2), r"has expired on \d{4}-\d\d-\d\d"),
        (dict(begins=2), "is not valid before"),
        (dict(purposes=()), "is for none of e-mail protection, document signing"),
        (dict(purposes=("1.3.6.1.5.5.7.3.3",)), "is for none of"),  # signs code
        (dict(usage=False), "is not for digital signatures"),
        ({}, "does not name its issuer's key"),
    ],
)
def test_certificates_that_cannot_sign(tmp_path, wrong, message):
    issued(tmp_path / "wrong", **wrong)
    with pytest.raises(InputError, match=rf"--sign=.*certificate\.pem: {message}"):
        signing.Signer(tmp_path / "wrong" / "certificate.pem", tmp_path / "wrong" / "key.pem", "--sign")


@pytest.mark.parametrize(
    ("certificate", "key", "message"),
    [
        ("nowhere.pem", "key.pem", r"--sign=.*nowhere\.pem cannot be read: No such file"),
        ("certificate.pem", "nowhere.pem", r"--key=.*nowhere\.pem cannot be read: No such file"),
        ("key.pem", "key.pem", r"--sign=.*key\.pem: holds no certificates"),
        ("certificate.pem", "root.pem", r"--key=.*root\.pem: holds no private key"),
        ("root.pem", "key.pem", r"--sign=.*root\.pem: is self-signed"),
        ("certificate.pem", "../wrong/key.pem", r"--key=.*key\.pem: is not the key of the certificate"),
        ("certificate.pem", "../wrong/locked.pem", r"--key=.*locked\.pem: is encrypted"),
    ],
)
def test_files_that_cannot_sign(tmp_path, certificate, key, message):
    trial.make(tmp_path / "right")
    issued(tmp_path / "wrong")
    with pytest.raises(InputError, match=message):
        signing.Signer(tmp_path / "right" / certificate, tmp_path / "right" / key, "--sign")


def test_without_the_extra(monkeypatch, folder, tmp_path):
    save_png(tmp_path / "a.png", PIXELS, MARKS)
    monkeypatch.setitem(__import__("sys").modules, "c2pa", None)
    with pytest.raises(InputError, match=r"pip install 'gan-jax\[provenance\]'"):
        signing.Signer(folder / "certificate.pem", folder / "key.pem", "--sign")
    with pytest.raises(InputError, match=r"gan-jax\[provenance\]"):
        provenance.main(["verify", str(tmp_path / "a.png")])
    assert provenance.main(["show", str(tmp_path / "a.png")]) == 0
