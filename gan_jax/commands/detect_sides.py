"""The two sides that a detector is to tell apart, and what tells them apart that is not of a generator."""

import logging
from argparse import Namespace
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gan_jax.errors import InputError
from gan_jax.evaluation import detection, recoding, sides
from gan_jax.evaluation.detection import Control
from gan_jax.evaluation.findings import Origin
from gan_jax.evaluation.recoding import Encoding
from gan_jax.evaluation.written import Side, overlap, read, unequal


class Sides(NamedTuple):
    """What is told apart, and what is known of how it was written."""

    real: Side
    fakes: dict[str, Side]
    unequal: list[str]
    controls: dict[tuple[str, tuple[Encoding, Encoding]], Control]  # made once for all that are written alike


def read_sides(flags: Namespace, *, refuse: bool = True) -> Sides:
    """What the flags name, of one size; sides that are written differently are refused, or with `refuse` off told."""
    asked = {"--recode_real": flags.recode_real, "--recode_fake": flags.recode_fake}
    recoded = [recoding.parse_encoding(text, key) if text else None for key, text in asked.items()]
    size = sides.resolution(flags.resolution)
    real = read(flags.real, size, flags.channels, flags.num, recoded[0])
    fakes, names = {}, shortened(flags.fake)
    for spec in names:
        side = read(spec, size, flags.channels, flags.num, recoded[1])
        if side.images.shape[1:] != real.images.shape[1:]:
            shapes = list(real.images.shape[1:]), list(side.images.shape[1:])
            raise InputError(
                f"{real.name} has images {shapes[0]}, {spec} {shapes[1]}: set --resolution and --channels."
            )
        for one in (real, side):
            if len(one.images) < detection.LEAST:
                raise InputError(f"{one.name}: {len(one.images)} images are too few: give {detection.LEAST} at least.")
        fakes[names[spec]] = side
    found = [line for side in fakes.values() for line in unequal(real, side)]
    if found and refuse and not flags.unequal:
        raise InputError(
            f"{found[0]}. A detector would learn that, not what generators do: write both sides alike from originals "
            "without loss, or see by --unequal what it is worth."
        )
    for spec in names:
        count = overlap(spec, real.images)
        if count:
            logging.warning("%d of the real images are training images of %s: give others.", count, spec)
    return Sides(real, fakes, list(dict.fromkeys(found)), {})


def leaks_of(both: Sides, kinds: Sequence[str], side: Side) -> tuple[dict[str, list[str]], dict[str, Control | None]]:
    """What leaks, by kind of detector, and the controls that say so; of files also their metadata's."""
    encodings = both.real.encoding, side.encoding
    for kind in kinds:
        if (kind, encodings) not in both.controls:
            both.controls[kind, encodings] = detection.same_population(kind, both.real.images, encodings)
    found: dict[str, Control | None] = {kind: both.controls[kind, encodings] for kind in kinds}
    metadata = None
    if both.real.metadata is not None and side.metadata is not None:
        metadata = detection.by_metadata(both.real.metadata, side.metadata)
    return detection.leaks(found, metadata, both.unequal), found | {"metadata": metadata}


def origin(both: Sides, side: Side) -> Origin:
    """Where findings about one generator come from."""
    about = {"real": str(both.real.encoding), "fake": str(side.encoding)}
    return Origin(0, about, both.real.name, side.name, both.real.sha256, side.sha256, side.checkpoint)


def shortened(specs: Iterable[str]) -> dict[str, str]:
    """Each with the last part of its path, or all of it where another has that too."""
    names: dict[str, str] = {}
    for spec in specs:
        short = spec.rstrip("/").rpartition("/")[2].removeprefix("run:")
        names[spec] = short if short not in names.values() else spec
    return names
