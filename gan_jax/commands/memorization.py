"""Audits a run for copies: gan-jax memorization run:DIR, or TRAIN GENERATED --held_out=C.

Whether generated images lie nearer to training images than to as many held-out ones, whether it can be told what was
trained on, how many images are near-duplicates of a training image, and a picture of the nearest pairs.
docs/privacy.md tells what the audit can show and what it cannot.
"""

import logging
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np

from gan_jax import command, terminal
from gan_jax.commands import discriminator, plots
from gan_jax.errors import InputError
from gan_jax.evaluation import findings, memorization, sides
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.image_sets import ImageSet, folder_of_run, is_run, load_run, of_sampler
from gan_jax.evaluation.memorization import Flags
from gan_jax.runs import digests
from gan_jax.sampling import export
from gan_jax.sampling.grids import in_rows, side_by_side

PAIRS = 32  # in the gallery


def main(arguments: Sequence[str]) -> int:
    """Prints a table, appends one JSON line for each number to --out, and writes the gallery."""
    flags = _flags(arguments)
    command.trust_plugins(flags)
    features, out = sides.features_of(flags), sides.results_file(flags)
    run = flags.b or flags.a
    folder = folder_of_run(run) if is_run(run) else None
    gallery = flags.gallery or _beside(folder, flags)
    if gallery:
        plots.check(gallery, "--gallery", (".png",))
    sets = sides.sets_of(flags)
    train, held_out = sets.references["train"], sets.references.get("held_out")
    if held_out is None:
        raise InputError(
            "The audit compares with images that were not trained on: name them by --held_out, or train on a part, "
            'such as data.source.split="[:90%]".'
        )
    memorization.check_counts(train.count, held_out.count, sets.generated.count)
    for reference in (train, held_out):
        sides.check(reference, sets.generated)
    if train.content() == held_out.content():
        raise InputError(f"{held_out.name} are the training images: give others, which were not trained on.")
    sampler = load_run(run) if folder else None
    generated = of_sampler(sampler, sets.generated.count) if sampler else sets.generated
    pixels = generated.whole()
    real, others, fake = (features(side.whole().images) for side in (train, held_out, generated))
    found = memorization.flags(real, others, fake)
    audit = chain(
        memorization.leading(real, others, fake),
        _discriminator(run, train, held_out) if folder else (),
        memorization.flagged(found),
        memorization.beside(real, others, fake),
    )
    checkpoint = digests.of_arrays(sampler.variables) if sampler else None
    contents = train.content(), generated.content()
    origin = findings.Origin(0, features.identity, train.name, generated.name, *contents, checkpoint)
    findings.show(f"{generated.name} against {train.name} and {held_out.name}, features: {features.name}")
    for finding, row in findings.rows(audit, origin):
        if out:
            sides.append(out, row)
        terminal.show(finding.told())
    if gallery:
        with command.writing(gallery):
            _draw(train.whole().images, pixels.images, found, gallery)
        logging.info("The nearest pairs, generated images left: %s", gallery)
    return 0


def _beside(folder: Path | None, flags: Namespace) -> Path | None:
    return folder / "memorization.png" if folder else flags.out and flags.out.with_suffix(".png")


def _discriminator(run: str, train: ImageSet, held_out: ImageSet) -> Iterator[Finding]:
    """What the run's own discriminator says of training images and of others (LOGAN, Hayes et al. 2019)."""
    score = discriminator.of_run(run)
    if score is None:
        return
    blocks = [side.whole() for side in (train, held_out)]
    yield from memorization.inferred("discriminator", discriminator.scores(score, *blocks))


def _draw(real: np.ndarray, fake: np.ndarray, found: Flags, out: Path) -> None:
    """The generated images with the smallest calibrated distances, each with its nearest training image."""
    nearest = np.argsort(found.neighbours.ratio, kind="stable")[:PAIRS]
    pairs = side_by_side([fake[nearest], real[found.neighbours.index[nearest]]])
    flagged = int(np.sum(found.neighbours.ratio <= found.threshold.ratio))
    export.save_grid(in_rows(pairs, 2), out, {"flagged": str(flagged), "threshold": f"{found.threshold.ratio:.4g}"})


def _flags(arguments: Sequence[str]) -> Namespace:
    parser = command.parser(
        "memorization",
        "Looks for copies of the training images A in B, or in a run's images, beside held-out images.",
    )
    sides.add_arguments(parser)
    parser.add_argument(
        "--gallery",
        type=command.path,
        help="a PNG of the nearest pairs (default: memorization.png in the run's folder)",
    )
    command.add_plugins(parser)
    return parser.parse_args(arguments)
