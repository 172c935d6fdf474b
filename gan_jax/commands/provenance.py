"""Where a picture comes from: provenance show|sign|verify FILE, provenance make-test-certificate --out=FOLDER.

`show` prints what is written in a picture, a film, an npz or a mesh, or in those below a folder. `sign` adds a C2PA
manifest to a file that `sample` wrote, and `verify` says whether a file is as it was when it was signed, and by whom;
both need pip install 'gan-jax[provenance]'. docs/provenance.md tells what a signature is worth.
"""

import argparse
import logging
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path

from gan_jax import command, terminal
from gan_jax.data.folders import files_below
from gan_jax.data.left_out import LeftOut
from gan_jax.errors import InputError, printable
from gan_jax.provenance import certificates, reading, signing, trial
from gan_jax.provenance.marks import SOURCE_TYPE, TERMS
from gan_jax.sampling import export

RATE = 1e-6
UNKNOWN = "signingCredential.untrusted"


def main(arguments: Sequence[str]) -> int:
    """Does what is named first."""
    flags = _parser().parse_args(arguments)
    return flags.run(flags)


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("provenance", "Where a picture comes from.")
    commands = parser.add_subparsers(dest="command", required=True)
    show = commands.add_parser("show", help="print what is written in a file of where it comes from")
    show.add_argument("file", type=command.path, help=f"a file {', '.join(reading.SUFFIXES)}; or a folder of such")
    show.set_defaults(run=_show)
    sign = commands.add_parser("sign", help="add a signed manifest (C2PA) to a file that sample wrote")
    sign.add_argument("file", type=command.path, help="a picture or a film")
    add_identity(sign, "--certificate", required=True)
    sign.add_argument("--out", required=True, type=command.path, help="the signed file")
    sign.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    sign.set_defaults(run=_sign)
    verify = commands.add_parser("verify", help="say whether a file is as it was signed, or carries a watermark")
    verify.add_argument("file", type=command.path, help="a picture or a film; for a watermark also a folder or zip")
    verify.add_argument("--trust", type=command.path, metavar="FILE", help="roots (PEM) whose certificates are trusted")
    verify.add_argument("--weights", type=command.path, metavar="RUN", help="of the objective watermark, to read bits")
    verify.add_argument("--message", help="hexadecimal digits, for which bits are looked")
    verify.add_argument("--unmarked", type=command.path, help="pictures without it (default: the run's own data)")
    verify.add_argument(
        "--rate", type=float, help=f"at which pictures without it may pass for marked (default: {RATE:g})"
    )
    command.add_plugins(verify)
    verify.set_defaults(run=_verify)
    make = commands.add_parser("make-test-certificate", help="make a root, a certificate and its key, to try with")
    make.add_argument("--out", required=True, type=command.path, help="a folder that is not there yet, or empty")
    make.set_defaults(run=_make)
    return parser


def add_identity(parser: argparse.ArgumentParser, flag: str, *, required: bool = False) -> None:
    """Adds the arguments that say who signs."""
    certificate = "certificate (PEM) that signs, and those that lead from it to its root"
    parser.add_argument(flag, required=required, type=command.path, metavar="CERTIFICATE", help=certificate)
    parser.add_argument("--key", required=required, type=command.path, help="its private key (PEM)")


def _show(flags: argparse.Namespace) -> int:
    if flags.file.is_dir():
        return _show_all(flags.file)
    marks = reading.read(flags.file)
    terminal.show(_table(marks) or f"{flags.file} says nothing of where it comes from.")
    return 0


def _show_all(folder: Path) -> int:
    """Each file below the folder; 1: some cannot be read."""
    left_out = LeftOut()
    files = sorted(files_below(folder, left_out))
    names = [name for name in files if name.lower().endswith(reading.SUFFIXES)]
    for name in set(files) - set(names):
        left_out.add("files of other kinds", name)
    if not names:
        raise InputError(f"{folder}: there is no file {', '.join(reading.SUFFIXES)} below it.")
    status = 0
    for number, name in enumerate(names):
        try:
            said = _table(reading.read(folder / name)) or "says nothing of where it comes from."
        except InputError as error:
            status, said = 1, str(error)
        terminal.show("\n" * bool(number) + f"{printable(name)}\n{textwrap.indent(said, '  ')}")
    left_out.warn(str(folder))
    return status


def _sign(flags: argparse.Namespace) -> int:
    if flags.file.suffix.lower() not in signing.SUFFIXES:
        raise InputError(f"{flags.file}: a manifest goes into a file {', '.join(signing.SUFFIXES)}.")
    if flags.out.suffix.lower() != flags.file.suffix.lower():
        raise InputError(f"--out={flags.out}: should end in {flags.file.suffix}, as the file does.")
    marks = reading.read(flags.file)
    if not marks.get(SOURCE_TYPE, "").startswith(TERMS) or "run" not in marks:
        raise InputError(f"{flags.file} does not say by which run it was made, so that there is nothing to sign for.")
    command.check_out(flags.out)
    export.check_free([flags.out], flags.overwrite)
    signer = signing.Signer(flags.certificate, flags.key, "--certificate")
    if signing.is_signed(str(flags.file), flags.file.read_bytes()):
        raise InputError(f"{flags.file} is signed already.")
    with command.writing(flags.out), export.replacing(flags.out) as temporary:
        temporary.write_bytes(flags.file.read_bytes())
        signer.sign(temporary, marks, ())
    logging.info("Signed: %s", flags.out)
    return 0


def _verify(flags: argparse.Namespace) -> int:
    """0: it is as it was; 1: it is not, or is not signed."""
    if (flags.weights is None) != (flags.message is None):
        raise InputError("--weights and --message go together: the run that reads bits, and the bits to look for.")
    for name in ("unmarked", "rate"):
        if flags.weights is None and getattr(flags, name) is not None:
            raise InputError(f"--{name} is for watermarks: give --weights and --message.")
    if flags.weights is not None and flags.trust is not None:
        raise InputError("--trust is for signatures, and --weights for watermarks: verify one of them at a time.")
    if flags.weights is not None:
        from gan_jax.commands import watermarked  # which imports JAX

        flags.rate = RATE if flags.rate is None else flags.rate
        return watermarked.verify(flags)
    roots = certificates.read_roots(flags.trust) if flags.trust else ""
    verdict = signing.verify(flags.file, roots)
    if verdict is None:
        terminal.show(f"{flags.file} is not signed, or is not any more: whatever saves a picture anew drops it.")
        return 1
    said = {
        "Trusted": "as it was signed, by a certificate of a root that you trust",
        "Valid": "as it was signed, by somebody unknown: --trust=ROOT.pem says whom you trust",
    }.get(verdict.state, "NOT as it was signed, or the certificate does not hold")
    problems = [problem for problem in verdict.problems if problem != UNKNOWN or verdict.state == "Invalid"]
    facts = {"state": f"{verdict.state}: {said}", "problems": ", ".join(problems), "signer's name": verdict.signer}
    facts |= {"made of": ", ".join(verdict.inputs)} | verdict.marks
    terminal.show(_table({key: value for key, value in facts.items() if value}))
    return 1 if verdict.state == "Invalid" else 0


def _make(flags: argparse.Namespace) -> int:
    command.check_out(flags.out)
    if flags.out.exists() and (not flags.out.is_dir() or any(flags.out.iterdir())):
        raise InputError(f"--out={flags.out}: is there already: give another folder.")
    with command.writing(flags.out):
        trial.make(flags.out)
    out = command.written(flags.out)
    logging.info("For %d days, and trusted by nobody but who says so: %s", trial.YEAR.days, out)
    identity = command.written(f"--sign={flags.out / 'certificate.pem'}", f"--key={flags.out / 'key.pem'}")
    logging.info("Sign with:   %s %s", command.spoken("sample"), identity)
    trust = command.written("--trust", flags.out / "root.pem")
    logging.info("Verify with: %s verify FILE %s", command.spoken("provenance"), trust)
    return 0


def _table(facts: Mapping[str, str]) -> str:
    width = max(map(len, facts), default=0)
    return "\n".join(printable(f"{key:<{width}}  {value}") for key, value in facts.items())
