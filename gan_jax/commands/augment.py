"""Asks whether a generator's images make a classifier better: gan-jax augment TRAIN RUN ... --test=C.

Classifiers are trained for the same steps on parts of TRAIN: as they are, with classical augmentation, with copies,
with images of the generator that was trained on the same part, and with as many more real ones. docs/augmentation.md
tells what each number says.
"""

import argparse
import logging
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import jax
import numpy as np

from gan_jax import command, terminal
from gan_jax.commands.asking import numbers
from gan_jax.commands.augment_sets import Generator, Place, check_whole, digest, labelled, matched
from gan_jax.errors import InputError
from gan_jax.evaluation import augmentation, findings, sides
from gan_jax.evaluation.augmentation import Cell, Draw, Plan
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.image_sets import parse
from gan_jax.evaluation.small_classifiers import AT_ONCE, BATCH, FAMILIES, Classical, Labelled
from gan_jax.runs import digests
from gan_jax.sampling.interpolation import is_float
from gan_jax.sampling.sampler import Sampler

ENOUGH = 5  # seeds
OF_GENERATORS = ("ratios", "filter", "redraw", "deviation")  # arguments


def main(arguments: Sequence[str]) -> int:
    """Prints a table for each share and family, and appends one JSON line for each number to --out."""
    parser = _parser()
    flags = parser.parse_args(arguments)
    command.trust_plugins(flags)
    shares, ratios = (numbers(getattr(flags, name), f"--{name}", "0.1,0.5", once=True) for name in ("shares", "ratios"))
    changed = [name for name in OF_GENERATORS if getattr(flags, name) != parser.get_default(name)]
    if changed and not flags.runs:
        raise InputError(f"--{changed[0]} is of a generator's images: name a RUN whose images are to be used.")
    _check(flags, shares, ratios)
    if flags.out:
        command.check_file(flags.out)
    resolution = sides.resolution(flags.resolution)
    train, test = labelled(*(parse(spec, resolution, flags.channels) for spec in (flags.train, flags.test)))
    places = [(share, seed) for share in shares for seed in range(flags.seeds)]
    cells = {place: augmentation.cell(train, *place) for place in places}
    runs = matched(flags.runs, cells, int(train.labels.max()) + 1)
    check_whole(runs, shares, flags.seeds)
    try:
        return _study(flags, shares, ratios, cells, runs, test)
    except KeyboardInterrupt:
        if flags.out:
            logging.warning("Stopped: %s has the lines that were shown, and no others of this study.", flags.out)
        raise


def _study(
    flags: Namespace,
    shares: Sequence[float],
    ratios: Sequence[float],
    cells: Mapping[Place, Cell],
    runs: Mapping[Place, Generator],
    test: Labelled,
) -> int:
    gains, told = [], {}
    for family in flags.families.split(","):
        plan = Plan(family, flags.steps, tuple(ratios), flags.filter, flags.redraw)
        for share in shares:
            by_seed = []
            for seed in range(flags.seeds):
                run = runs.get((share, seed))
                draw = _draw(run.sampler, flags.deviation) if run else None
                score, chosen = augmentation.scores(cells[share, seed]._replace(draw=draw), test, plan)
                by_seed.append(score)
                logging.info("%s, %g %%, seed %d: %s", family, 100 * share, seed, _words(**chosen))
            settings = {"share": share, "classifier": family}
            origin = _origin(flags, plan, [cells[share, seed] for seed in range(flags.seeds)], runs, share)
            told[share, family] = origin
            count = len(cells[share, 0].subset.labels)
            findings.show(f"{family} classifier on {count} images ({share:g}), {flags.seeds} seeds")
            _tell(augmentation.reached(by_seed, settings, len(test.labels)), origin, flags.out)
            gains += augmentation.gains(by_seed, settings)
    findings.show("What is gained over the better of real and classical")
    for finding in augmentation.corrected(gains, len(test.labels)):
        place = finding.settings["share"], finding.settings["classifier"]
        _tell(iter([finding]), told[place], flags.out)
    if flags.out:
        logging.info("Appended to %s", flags.out)
    return 0


def _tell(found: Iterator[Finding], origin: findings.Origin, out: Path | None) -> None:
    for finding, row in findings.rows(found, origin):
        if out:
            sides.append(out, row)
        terminal.show(finding.told())


def _check(flags: Namespace, shares: Sequence[float], ratios: Sequence[float]) -> None:
    if not all(0 < share <= 1 for share in shares):
        raise InputError(f"--shares={flags.shares}: shares are above 0 and at most 1, such as 0.05,0.1.")
    if not all(0 < ratio <= 10 for ratio in ratios):
        raise InputError(f"--ratios={flags.ratios}: synthetic images for each real one, above 0 and at most 10.")
    if len(set(flags.families.split(","))) < len(flags.families.split(",")):
        raise InputError(f"--families={flags.families}: one is given twice.")
    unknown = [family for family in flags.families.split(",") if family not in FAMILIES]
    if unknown:
        raise InputError(f"--families={flags.families}: there is no {unknown[0]!r}; there are {', '.join(FAMILIES)}.")
    if not 0 <= flags.filter < 1:
        raise InputError(f"--filter={flags.filter:g}: a confidence is from 0 (no filter) to below 1.")
    if flags.steps < AT_ONCE or flags.steps % AT_ONCE:
        raise InputError(f"--steps={flags.steps}: {AT_ONCE} are made at a time, so give a multiple of that.")
    for name, least in (("seeds", 2), ("redraw", 1)):
        if getattr(flags, name) < least:
            raise InputError(f"--{name}={getattr(flags, name)} should be at least {least}.")
    if not 0 < flags.deviation <= 10:
        raise InputError(f"--deviation={flags.deviation:g}: of latents, above 0 and at most 10; 1 is as in training.")
    if flags.seeds < ENOUGH:
        logging.warning("%d seeds: with fewer than %d an interval is hardly ever without 0.", flags.seeds, ENOUGH)


def _words(classical: Classical, confident: float | None = None) -> str:
    """What was chosen on the way."""
    how = [f"moved by up to {classical.shift:.0%}"] if classical.shift else []
    how += ["mirrored"] if classical.flip else []
    passed = "" if confident is None else f"; {confident:.0%} of the synthetic images pass the filter"
    return f"augmented: {', '.join(how) or 'not at all'}{passed}"


def _draw(sampler: Sampler, deviation: float) -> Draw:
    """Images by class and seed; of latents that deviate by more than in training (GaFi's expansion)."""

    def draw(labels: np.ndarray, first: int) -> np.ndarray:
        seeds, condition = range(first, first + len(labels)), {"label": labels.astype(np.int32)}
        if deviation == 1:
            return sampler(seeds, condition)
        latent = sampler.latent(seeds)
        return sampler.decode(jax.tree.map(lambda x: x * deviation if is_float(x) else x, latent), condition)

    return draw


def _origin(
    flags: Namespace, plan: Plan, cells: Sequence[Cell], runs: Mapping[Place, Generator], share: float
) -> findings.Origin:
    """One for all seeds: digests of their digests."""
    models = [runs[share, cell.seed].sha256 for cell in cells if (share, cell.seed) in runs]
    features = {"name": plan.family, "steps": plan.steps, "batch_size": BATCH, "deviation": flags.deviation}
    features |= {"filter": plan.confidence, "redraw": plan.redraw, "seeds": len(cells)}
    data = digests.of_text({"subsets": [digest(*cell.subset) for cell in cells]})
    checkpoint = digests.of_text({"models": models}) if models else None
    return findings.Origin(0, features, flags.train, ", ".join(flags.runs), data, None, checkpoint)


def _parser() -> argparse.ArgumentParser:
    parser = command.parser(
        "augment",
        "Trains small classifiers on parts of TRAIN with and without images of generators, and tests them on C.",
    )
    parser.add_argument("train", metavar="TRAIN", help="labelled images, as gan-jax metrics takes them")
    parser.add_argument("runs", metavar="RUN", nargs="*", help="folders of runs, each trained on a subset of TRAIN")
    parser.add_argument("--test", required=True, metavar="C", help="labelled images that nothing is trained on")
    parser.add_argument("--shares", default="0.05,0.1,0.25,1", help="of TRAIN, one study each")
    parser.add_argument("--seeds", type=int, default=5, help="of subset and classifier, from 0 on")
    parser.add_argument("--families", default=",".join(FAMILIES), help="of classifiers")
    parser.add_argument("--ratios", default="1,2", help="synthetic images for each real one")
    parser.add_argument("--filter", type=float, default=0.9, help="a teacher's least confidence (0: no such arm)")
    parser.add_argument("--redraw", type=int, default=1, help="synthetic sets, one after another while it trains")
    parser.add_argument("--deviation", type=float, default=1.0, help="of latents: above 1 is more variety")
    parser.add_argument("--steps", type=int, default=300, help="of every classifier")
    parser.add_argument("--resolution", help="HEIGHT,WIDTH to which images are cropped and resized")
    parser.add_argument("--channels", type=int, default=0, help="1, 3 or 4 (0: as in the first image)")
    parser.add_argument("--out", type=command.path, help="a file to which one JSON line per result is appended")
    command.add_plugins(parser)
    return parser
