"""Tells generated images from real ones, and whether that is of the generator: detect train|test|leak_test REAL FAKE.

`train` keeps a detector, `test` makes the matrix of detectors trained on each generator and tested on all, and
`leak_test` asks whether the sides can be told apart by how their files are written. docs/detection.md tells what a
figure says and what it is no evidence of.
"""

import argparse
import logging
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from gan_jax import command, terminal
from gan_jax.commands import plots, spectrum_plot
from gan_jax.commands.detect_sides import Sides, leaks_of, origin, read_sides, shortened
from gan_jax.errors import InputError
from gan_jax.evaluation import detection, detectors, findings, recoding, sides
from gan_jax.evaluation.detection import Cell, Control, Parts
from gan_jax.evaluation.findings import Finding

REFUSED = 1  # the status of a command whose figures are of a leak


def main(arguments: Sequence[str]) -> int:
    """Does what is named first; 1 where what was found is of a leak."""
    flags = _parser().parse_args(arguments)
    command.trust_plugins(flags)
    _check(flags)
    return flags.run(flags)


def _check(flags: Namespace) -> None:
    """Refuses what can be told to be wrong before there are images, and reads lists and files of detectors."""
    if flags.num < detection.LEAST:
        raise InputError(f"--num={flags.num}: images of each side are too few: give {detection.LEAST} at least.")
    if flags.out:
        command.check_file(flags.out)
    if flags.run is _train:
        return
    flags.kept = {}
    if flags.run is _test:
        flags.changes = _named_ones(flags.changes, tuple(recoding.CHANGES), "--changes")
        if flags.detector and flags.kinds is not None:
            raise InputError(
                f"--kinds={flags.kinds} is of detectors that are trained here, and --detector names others."
            )
        flags.kept = {str(file): detectors.read(file) for file in flags.detector}
        if flags.plot:
            plots.check(flags.plot, "--plot")
    flags.kinds = _named_ones(flags.kinds or ",".join(detectors.KINDS), detectors.KINDS, "--kinds")


def _named_ones(text: str, known: Sequence[str], key: str) -> list[str]:
    """Names with commas between them, each once."""
    names = list(dict.fromkeys(text.split(",")))
    wrong = [name for name in names if name not in known]
    if wrong:
        raise InputError(f"{key}={text}: there is no {wrong[0]!r}; there are {', '.join(known)}.")
    return names


def _train(flags: Namespace) -> int:
    both = read_sides(flags)
    [(name, side)] = both.fakes.items()
    real, fake = detection.parts(both.real.images, both.real.name), detection.parts(side.images, name)
    detector = detection.trained(flags.kind, real, fake)
    found = detection.figures(detector(real.test), detector(fake.test), detector.threshold)
    if found.auc.low <= 0.5:
        raise InputError(
            f"A {flags.kind} detector is at chance on {len(real.test) + len(fake.test)} images that it was not trained "
            f"on (AUC {found.auc.value:.3f}, from {found.auc.low:.3f}): it is not kept. Give more images, or another "
            f"--kind: {', '.join(detectors.KINDS)}."
        )
    leaks, shown = leaks_of(both, [flags.kind], side)
    cell = Cell(flags.kind, name, name, "none", found, len(real.test) + len(fake.test))
    control = shown.get(flags.kind)
    about = {"real": both.real.sha256, "fake": side.sha256, "leaks": leaks[flags.kind]}
    sha256 = detectors.write(detector, flags.out, **about)
    findings.show(f"{flags.kind} detector of {name}, SHA-256 {sha256}")
    for finding in detection.of_cell(cell, leaks[flags.kind], control):
        terminal.show(finding.told())
    return _concluded(leaks)


def _test(flags: Namespace) -> int:
    both = read_sides(flags)
    real = detection.parts(both.real.images, both.real.name)
    fakes = {name: detection.parts(side.images, name) for name, side in both.fakes.items()}
    made = _detectors(flags, real, fakes)
    worst: dict[str, list[str]] = {}
    shown: dict[tuple[str, str], Control | None] = {}
    leaks: dict[tuple[str, str], list[str]] = {}
    for name, side in both.fakes.items():
        of_kind, controls = leaks_of(both, list(dict.fromkeys(kind for kind, _ in made)), side)
        shown |= {(kind, name): control for kind, control in controls.items()}
        leaks |= {(kind, name): found for kind, found in of_kind.items()}
        worst |= {f"{kind}, {name}": found for kind, found in of_kind.items()}
    cells = list(detection.matrix(made, real, fakes, flags.changes))
    for kind in dict.fromkeys(cell.kind for cell in cells):
        for change in flags.changes:
            _table([cell for cell in cells if cell.kind == kind and cell.change == change], leaks)
    if flags.out:
        _kept(flags.out, both, cells, leaks, shown)
        logging.info("Appended to %s", flags.out)
    if flags.plot:
        with command.writing(flags.plot):
            spectrum_plot.draw(both.real.images, {name: side.images for name, side in both.fakes.items()}, flags.plot)
        logging.info("Spectra: %s", flags.plot)
    return _concluded(worst)


def _detectors(flags: Namespace, real: Parts, fakes: Mapping[str, Parts]) -> dict[tuple[str, str], detectors.Detector]:
    """Those that were kept, or one of each kind for each generator."""
    if flags.kept:
        names = shortened(flags.kept)
        return {(detector.kind, names[file]): detector for file, detector in flags.kept.items()}
    return {(kind, name): detection.trained(kind, real, fake) for kind in flags.kinds for name, fake in fakes.items()}


def _leak_test(flags: Namespace) -> int:
    both = read_sides(flags, refuse=False)
    leaks: dict[str, list[str]] = {}
    for name, side in both.fakes.items():
        found, controls = leaks_of(both, flags.kinds, side)
        findings.show(f"{both.real.name} ({both.real.encoding}) and {name} ({side.encoding}): what leaks")
        settings = {"real": str(both.real.encoding), "fake": str(side.encoding)}
        rows = [detection.of_control(f"control/{kind}", c, settings) for kind, c in controls.items() if c]
        for finding, row in findings.rows(iter(rows), origin(both, side)):
            if flags.out:
                sides.append(flags.out, row)
            terminal.show(finding.told())
        leaks |= {f"{kind}, {name}": one for kind, one in found.items()}
    return _concluded(leaks)


def _table(cells: Sequence[Cell], leaks: Mapping[tuple[str, str], list[str]]) -> None:
    """Rows trained on, columns tested on."""
    columns = list(dict.fromkeys(cell.tested for cell in cells))
    title = f"{cells[0].kind}, {cells[0].change}: AUC, average precision, accuracy at even odds and at 5 % false alarms"
    lines = [title, " " * 22 + "".join(f"{name[-25:]:>27}" for name in columns)]
    for name in dict.fromkeys(cell.trained for cell in cells):
        row = [cell for cell in cells if cell.trained == name]
        said = "".join(f"{' '.join(f'{x.value:.3f}' for x in cell.figures):>27}" for cell in row)
        red = any(leaks.get((cell.kind, cell.tested)) for cell in row)
        lines.append(f"  {name[-20:]:<20}{said}{'  REFUSED: a leak' if red else ''}")
    terminal.show("\n" + "\n".join(lines))


def _kept(
    out: Path,
    both: Sides,
    cells: Sequence[Cell],
    leaks: Mapping[tuple[str, str], list[str]],
    controls: Mapping[tuple[str, str], Control | None],
) -> None:
    for name, side in both.fakes.items():
        for _, row in findings.rows(_found(name, cells, leaks, controls), origin(both, side)):
            sides.append(out, row)


def _found(
    name: str,
    cells: Sequence[Cell],
    leaks: Mapping[tuple[str, str], list[str]],
    controls: Mapping[tuple[str, str], Control | None],
) -> Iterator[Finding]:
    for (kind, tested), control in controls.items():
        if tested == name and control is not None:
            yield detection.of_control(f"control/{kind}", control, {"tested": name})
    for cell in cells:
        if cell.tested == name:
            yield from detection.of_cell(cell, leaks[cell.kind, name], controls[cell.kind, name])


def _concluded(leaks: Mapping[str, list[str]]) -> int:
    """Says what the figures are no evidence of; the status."""
    red = {name: found for name, found in leaks.items() if found}
    for name, found in red.items():
        terminal.show(f"RED {name}: {'; '.join(found)}. Its figures are refused as evidence of a generator.")
    if not red:
        terminal.show("The controls are at chance: nothing was seen to leak.")
    terminal.show(detection.NOT_EVIDENCE)
    return REFUSED if red else 0


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("detect", "Tells generated images from real ones, and whether that is a leak.")
    commands = parser.add_subparsers(dest="command", required=True)
    train = commands.add_parser("train", help="keep a detector of one generator")
    test = commands.add_parser("test", help="detectors of each generator on all, and under changes of the images")
    leak = commands.add_parser("leak_test", help="whether the sides differ in how they are written")
    for one, fakes, run in ((train, 1, _train), (test, "+", _test), (leak, "+", _leak_test)):
        one.add_argument(
            "real", metavar="REAL", help="images, as gan-jax metrics takes them, that nothing was trained on"
        )
        one.add_argument("fake", metavar="FAKE", nargs=fakes, help="a run, run:DIR, or generated images")
        one.add_argument("--num", type=int, default=1000, help="images of each side, at random")
        one.add_argument("--resolution", help="HEIGHT,WIDTH to which images are cropped and resized")
        one.add_argument("--channels", type=int, default=0, help="1 or 3 (0: as in the first image)")
        one.add_argument("--recode_real", metavar="png|jpeg:Q", help="write the real images so, and read them again")
        one.add_argument("--recode_fake", metavar="png|jpeg:Q", help="the generated ones")
        one.add_argument("--unequal", action="store_true", help="go on with sides that are written differently")
        command.add_plugins(one)
        one.set_defaults(run=run)
    train.add_argument("--kind", default="residual", choices=detectors.KINDS, help="of detector")
    train.add_argument("--out", required=True, type=command.path, help="the file to write, an .npz")
    for one in (test, leak):
        one.add_argument("--kinds", help=f"of detectors (default: {','.join(detectors.KINDS)})")
        one.add_argument("--out", type=command.path, help="a file to which one JSON line per number is appended")
    test.add_argument("--changes", default=",".join(recoding.CHANGES), help="that both sides meet before they are seen")
    test.add_argument(
        "--detector",
        action="append",
        default=[],
        type=command.path,
        metavar="FILE",
        help="a kept one, in the place of new ones; may be given several times",
    )
    test.add_argument("--plot", type=command.path, help="a PNG of the spectra, generated against real")
    return parser
