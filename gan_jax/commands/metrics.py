"""Compares two sets of images, or scores a run: gan-jax metrics A [B] --metrics=... --features=..."""

import logging
from argparse import Namespace
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import jax
import numpy as np

import gan_jax
from gan_jax import command, terminal
from gan_jax.config import words
from gan_jax.config.calls import resolve_arguments
from gan_jax.errors import InputError, nearest
from gan_jax.evaluation import sides
from gan_jax.evaluation.comparison import METRICS, Compared, Result, compare
from gan_jax.evaluation.encoding import ENCODER_METRICS, Asked, explain
from gan_jax.evaluation.extraction import Extracted, extract, extract_cached
from gan_jax.evaluation.image_sets import ImageSet, is_run, load_run
from gan_jax.features import Features
from gan_jax.sampling.sampler import Sampler

log = logging.getLogger(__name__)

DEFAULT_METRICS = "fd,kid,precision_recall,density_coverage"


class Table(NamedTuple):
    """Results that belong together."""

    title: str
    results: Iterator[Result]
    name: str  # of the reference
    reference: ImageSet
    generated: ImageSet | None  # None where the reference's images are explained


def main(arguments: Sequence[str]) -> int:
    """Prints a table, and appends one JSON line for each result to --out, by default beside the run's checkpoints."""
    flags = _flags(arguments)
    command.trust_plugins(flags)
    of_features, of_encoders = _asked(flags.metrics)
    features, out = sides.features_of(flags), sides.results_file(flags)
    sets = sides.sets_of(flags)
    for reference in sets.references.values() if of_features else ():
        sides.check(reference, sets.generated)
    encoder = _encoder(flags, of_encoders)
    for table in chain(_explained(sets, encoder, of_encoders), _compared(sets, features, of_features)):
        terminal.show(f"\n{table.title}")
        for result in table.results:
            if out:
                sides.append(out, _row(result, table, sets.generated.name))  # kept before it is shown
            spread = "" if result.sd is None else f" ± {result.sd:.3g}"
            terminal.show(f"  {result.metric:<34}{result.value:>12.6g}{spread}")
    if out:
        log.info("Appended to %s", out)
    return 0


def _asked(text: str) -> tuple[list[str], Asked]:
    """The metrics of features, and those of encoders with their settings."""
    of_features, of_encoders = [], []
    for section in words.sections(text):
        name = section.pop("name")
        if name in ENCODER_METRICS:
            given = ("sampler", "examples", "progress")
            settings = resolve_arguments(section, ENCODER_METRICS[name], f"--metrics: {name}", supplied=given)
            of_encoders.append((name, settings))
        elif name not in METRICS:
            raise InputError(f"--metrics: there is no {name!r}. {nearest(name, METRICS | ENCODER_METRICS)}")
        elif section:
            raise InputError(f"--metrics: {name} has no settings.")
        else:
            of_features.append(name)
    return of_features, of_encoders


def _encoder(flags: Namespace, metrics: Asked) -> Sampler | None:
    """The run whose encoder is asked about."""
    if not metrics:
        return None
    run = flags.b or flags.a
    if not is_run(run):
        raise InputError(f"{metrics[0][0]} is of a model: {run} should be a run, run:DIR.")
    return load_run(run)


def _explained(sets: sides.Sets, encoder: Sampler | None, metrics: Asked) -> Iterator[Table]:
    if encoder is not None:
        for name, reference in sets.references.items():
            title = f"{sets.generated.name} explaining {name}: {reference.name}"
            if reference.examples is None:
                raise InputError(f"{metrics[0][0]} is of examples of a data set, and {reference.name} is none.")
            yield Table(title, explain(encoder, reference.examples, metrics), name, reference, None)


def _compared(sets: sides.Sets, features: Features, metrics: list[str]) -> Iterator[Table]:
    if not metrics:
        return
    fake = _extract(sets.generated, features)
    real = {name: _extract(reference, features) for name, reference in sets.references.items()}
    for name, extracted in real.items():
        title = f"{sets.generated.name} against {name}: {sets.references[name].name}, features: {features.name}"
        held_out, image_shape = real.get("held_out"), sets.generated.image_shape
        results = compare(Compared(extracted, fake, held_out, features, image_shape), metrics)
        yield Table(title, results, name, sets.references[name], sets.generated)


def _flags(arguments: Sequence[str]) -> Namespace:
    parser = command.parser(
        "metrics",
        "Compares the images of B with those of A, the reference. A and B are folders, zips, npz files, data sources"
        ' such as \'tfds(dataset="digits", split="test")\' or runs (run:DIR[@STEP|@best]). A run alone is compared with'
        " its own training data, and with the held-out part where its data source has one.",
    )
    sides.add_arguments(parser)
    parser.add_argument(
        "--metrics",
        default=DEFAULT_METRICS,
        help=f"of {', '.join(METRICS)}; of a run that encodes or translates {', '.join(ENCODER_METRICS)}, which take "
        'settings: "importance_weighted_bound(draws=5000)"',
    )
    command.add_plugins(parser)
    return parser.parse_args(arguments)


def _extract(images: ImageSet, features: Features) -> Extracted:
    return (extract if images.seeds else extract_cached)(images, features, progress=True)


def _row(result: Result, table: Table, fake: str) -> dict[str, Any]:
    sides = {"real": table.reference} | ({"fake": table.generated} if table.generated else {})
    return {
        **result._asdict(),
        "reference": table.name,
        "real": table.reference.name,
        "fake": fake,
        **{f"{side}_split": images.split for side, images in sides.items()},
        **{f"{side}_count": images.count for side, images in sides.items()},
        "seeds": table.generated.seeds if table.generated else "",
        "versions": {package.__name__: package.__version__ for package in (gan_jax, jax, np)},
    }
