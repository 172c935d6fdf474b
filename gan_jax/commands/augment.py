"""Asks whether a generator's images make a classifier better: gan-jax augment TRAIN RUN ... --test=C.

Classifiers are trained for the same steps on parts of TRAIN: as they are, with classical augmentation, with copies,
with images of the generator that was trained on the same part, and with as many more real ones. docs/augmentation.md
tells what each number says.
"""

import argparse
import hashlib
import logging
from argparse import Namespace
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np
from jaxtyping import Integer, UInt8

from gan_jax import command, terminal
from gan_jax.commands.asking import numbers
from gan_jax.errors import InputError
from gan_jax.evaluation import augmentation, findings, sides
from gan_jax.evaluation.augmentation import Cell, Draw, Plan
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.image_sets import ImageSet, data_of_run, is_run, load_run, parse
from gan_jax.evaluation.small_classifiers import AT_ONCE, BATCH, FAMILIES, Classical, Labelled
from gan_jax.runs import digests
from gan_jax.sampling.interpolation import is_float
from gan_jax.sampling.sampler import Sampler

ENOUGH = 5  # seeds
OF_GENERATORS = ("ratios", "filter", "redraw", "deviation")  # arguments

Place = tuple[float, int]  # the share and the seed of a subset


class Generator(NamedTuple):
    """A model and what it is."""

    sampler: Sampler
    sha256: str


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
    train, test = _labelled(*(parse(spec, resolution, flags.channels) for spec in (flags.train, flags.test)))
    places = [(share, seed) for share in shares for seed in range(flags.seeds)]
    cells = {place: augmentation.cell(train, *place) for place in places}
    runs = _matched(flags.runs, cells, int(train.labels.max()) + 1)
    _check_whole(runs, shares, flags)
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


def _labelled(train: ImageSet, test: ImageSet) -> tuple[Labelled, Labelled]:
    """What is trained and what is tested on: of the same shape and classes, and no image in both."""
    if train.image_shape != test.image_shape:
        shapes = [list(side.image_shape) for side in (train, test)]
        raise InputError(f"TRAIN has images {shapes[0]}, --test {shapes[1]}: set --resolution and --channels for both.")
    names = [_names(side) for side in (train, test)]
    if all(names) and names[0] != names[1]:
        listed = [", ".join(some) for some in names]
        raise InputError(f"TRAIN has the classes {listed[0]}, --test {listed[1]}: give both the same.")
    blocks = [side.whole() for side in (train, test)]
    for key, (_, labels) in zip(("TRAIN", "--test"), blocks, strict=True):
        if labels is None:
            raise InputError(f"{key} has no labels, or one class alone: a classifier is trained and tested on classes.")
    found = Labelled(*blocks[0]), Labelled(*blocks[1])
    own, others = (set(np.unique(side.labels)) for side in found)
    if own != others:
        label, holder, lacking = (
            (min(own - others), "TRAIN", "--test") if own - others else (min(others - own), "--test", "TRAIN")
        )
        raise InputError(f"{lacking} has no image of class {label}, and {holder} has: give both the same classes.")
    return found[0], _without_copies(found[1], found[0])


def _names(images: ImageSet) -> tuple[str, ...]:
    """Of classes, where they have other names than their numbers."""
    known = images.examples.data.classes if images.examples else ()
    return () if known == tuple(map(str, range(len(known)))) else known


def _without_copies(test: Labelled, train: Labelled) -> Labelled:
    """The test images that are not, byte by byte, among the training images."""
    known = {image.tobytes() for image in train.images}
    kept = np.array([image.tobytes() not in known for image in test.images], bool)
    if not kept.all():
        logging.info("%d test images are training images too, and are left out.", np.sum(~kept))
    missing = set(np.unique(test.labels)) - set(np.unique(test.labels[kept]))
    if missing:
        raise InputError(f"--test: all its images of class {min(missing)} are training images too: give others.")
    return Labelled(test.images[kept], test.labels[kept])


def digest(images: UInt8[np.ndarray, "n *image"], labels: Integer[np.ndarray, "n"]) -> str:
    """The SHA-256 of a set of examples, whatever their order."""
    each = [
        hashlib.sha256(image.tobytes() + int(label).to_bytes(8)).digest()
        for image, label in zip(images, labels, strict=True)
    ]
    return hashlib.sha256(repr(images.shape).encode() + b"".join(sorted(each))).hexdigest()


def _matched(specs: Sequence[str], cells: Mapping[Place, Cell], num_classes: int) -> dict[Place, Generator]:
    """The model of each subset, by the digest of what it was trained on; one that has seen anything else is refused."""
    places: dict[str, list[Place]] = {}
    for place, cell in cells.items() if specs else ():
        places.setdefault(digest(*cell.subset), []).append(place)
    found: dict[Place, Generator] = {}
    for spec in specs:
        run = spec if is_run(spec) else f"run:{spec}"
        sampler = load_run(run)
        if not sampler.num_classes:
            raise InputError(f"{spec} is not asked for classes: train a class-conditional model.")
        if sampler.num_classes != num_classes:
            raise InputError(f"{spec} is asked for {sampler.num_classes} classes, and TRAIN has {num_classes}.")
        images, labels = data_of_run(run).whole()
        known = places.get(digest(images, labels)) if labels is not None else None
        if known is None:
            raise InputError(
                f"{spec} was trained on {len(images)} images that are none of the subsets. A generator that has seen "
                "other data than the classifier leaks them: train it on a subset of TRAIN, "
                "--config.data.source=subset --config.data.source.source=... --config.data.source.share=0.1 "
                "--config.data.source.seed=0, of a share and a seed that are asked for here."
            )
        if not known:  # of the whole set all seeds have the same subset, and each takes a model
            raise InputError(f"{spec} is one model too many of its subset: give one for each share and seed.")
        found[known.pop(0)] = Generator(sampler, digests.of_arrays(sampler.variables))
    return found


def _check_whole(runs: Mapping[Place, Generator], shares: Sequence[float], flags: Namespace) -> None:
    """Every seed of a share has a model, or none has: seeds are compared in pairs."""
    for share in shares if runs else ():
        missing = [seed for seed in range(flags.seeds) if (share, seed) not in runs]
        if len(missing) == flags.seeds:
            logging.warning("Share %g: no RUN was trained on it, so there are no synthetic images to compare.", share)
        elif missing:
            listed = ", ".join(map(str, missing))
            raise InputError(
                f"Share {share:g}: there is no RUN of the seeds {listed}, and of the others there is: give theirs, or "
                f"fewer --seeds than {flags.seeds}."
            )


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
