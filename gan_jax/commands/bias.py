"""Audits a run for bias: gan-jax bias run:DIR --attribute='size>0.2' [--attribute=label=CLASSIFIER.npz].

How often attributes are seen in generated images and in the training data, corrected for what is misread, each with its
95 % interval; all combinations of attributes; recall and coverage of each group. docs/bias.md tells what each number
says.
"""

import argparse
import logging
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from gan_jax import command, terminal
from gan_jax.commands import bias_plot, plots
from gan_jax.commands.asking import numbers
from gan_jax.errors import InputError, nearest
from gan_jax.evaluation import attributes, bias, findings, sides
from gan_jax.evaluation.bias import Read
from gan_jax.evaluation.findings import Finding
from gan_jax.evaluation.image_sets import ImageSet, folder_of_run, is_run, load_run, of_sampler
from gan_jax.metrics.shares import LEAST
from gan_jax.runs import digests
from gan_jax.sampling import wishes
from gan_jax.sampling.sampler import Sampler

NARROWING = ("psi", "truncation")  # options of draws that trade variety for fidelity


class Generated(NamedTuple):
    """Images of a model, or of a folder, under some settings of a draw."""

    images: ImageSet
    settings: dict[str, Any]


def main(arguments: Sequence[str]) -> int:
    """Prints tables, and appends one JSON line for each number to --out, by default beside the run's checkpoints."""
    flags = _parser().parse_args(arguments)
    labelled = wishes.pairs(flags.labelled, "--labelled")
    _check_names(flags.attribute, labelled)
    values = numbers(flags.sweep, "--sweep", "1,0.7,0.5", once=True) if flags.sweep is not None else []
    command.trust_plugins(flags)
    run = flags.b or flags.a
    if values and not is_run(run):
        raise InputError("--sweep is of a model: name a run, run:DIR.")
    if flags.plot and not values:
        raise InputError("--plot is of a sweep: give --sweep, such as --sweep=1,0.7,0.5.")
    network, out = sides.features_of(flags), sides.results_file(flags)
    plot = flags.plot or (folder_of_run(run) / "bias.png" if values else None)
    if plot:
        plots.check(plot, "--plot")
    sets = sides.sets_of(flags)
    train = sets.references["train"]
    sides.check(train, sets.generated)
    for name, images in (("training", train), ("generated", sets.generated)):
        if images.count < LEAST:
            raise InputError(f"{images.count} {name} images ({images.name}) are too few for shares: give {LEAST}.")
    sampler = load_run(run) if is_run(run) else None
    checkpoint = digests.of_arrays(sampler.variables) if sampler else None
    made = _generated(sampler, sets, values)
    known = [attributes.make(spec, train, sets.references.get("held_out"), labelled) for spec in flags.attribute]
    for one in known:
        logging.info("%s: %s", one.name, one.how)
    training, data = train.whole().images, train.content()
    in_training = [one.read(training) for one in known]
    swept = []
    for number, (generated, settings) in enumerate(made):
        images = generated.whole().images
        reads = [Read(one, real, one.read(images)) for one, real in zip(known, in_training, strict=True)]
        found = chain.from_iterable(bias.shares(one, settings) for one in reads)
        if not number:
            found = chain(found, _more(reads, network(training), network(images)))
        origin = findings.Origin(0, network.identity, train.name, generated.name, data, generated.content(), checkpoint)
        findings.show(
            f"{generated.name} against {train.name}" + "".join(f", {name} {x}" for name, x in settings.items())
        )
        for finding, row in findings.rows(found, origin):
            if out:
                sides.append(out, row)
            terminal.show(finding.told())
            swept.append((settings, finding))
    if plot:
        with command.writing(plot):
            bias_plot.draw(swept, plot)
        logging.info("Amplification over the sweep: %s", plot)
    if out:
        logging.info("Appended to %s", out)
    return 0


def _check_names(specs: Sequence[str], labelled: Mapping[str, str]) -> None:
    for spec in specs:
        if specs.count(spec) > 1:
            raise InputError(f"--attribute {spec}: given twice.")
    names = [attributes.name_of(spec) for spec in specs]
    for name in labelled:
        if name not in names:
            raise InputError(
                f"--labelled {name}={labelled[name]}: no --attribute is of {name!r}. {nearest(name, names)}"
            )


def _more(reads: Sequence[Read], real: np.ndarray, fake: np.ndarray) -> Iterator[Finding]:
    """What is told of a model as it is sampled from by default."""
    yield from bias.cells(reads)
    for one in reads:
        yield from bias.quality(one, real, fake)


def _generated(sampler: Sampler | None, sets: sides.Sets, values: Sequence[float]) -> list[Generated]:
    """The images that are given; or a model's, as they come, and for each value of the option that narrows them.

    A conditional model is asked for classes as often as the training data have them: in turn they would be alike by
    construction.
    """
    if sampler is None:
        return [Generated(sets.generated, {})]
    train, count, labels = sets.references["train"], sets.generated.count, None
    if sampler.num_classes:
        if train.examples is None or train.examples.data.num_classes != sampler.num_classes:
            raise InputError(f"{sampler.name} is asked for classes, and {train.name} does not tell how often each is.")
        order = np.random.default_rng(0).permutation(train.count)
        labels = train.examples.column("label")[order[np.arange(count) % train.count]]
    options: list[dict[str, Any]] = [{}]
    if values:
        option = next((name for name in NARROWING if name in sampler.options()), None)
        if option is None:
            raise InputError(f"--sweep: {sampler.name} has none of the options {', '.join(NARROWING)} to sweep over.")
        for value in values:
            try:
                sampler.output(**{option: value})
            except InputError as error:
                raise InputError(f"--sweep: {error}") from error
        options += [{option: value} for value in values]
    return [Generated(of_sampler(sampler, count, labels, **chosen), chosen) for chosen in options]


def _parser() -> argparse.ArgumentParser:
    parser = command.parser(
        "bias",
        "Audits the images of B, or of a run, for bias against those of A, or of the run's training data.",
    )
    sides.add_arguments(parser)
    parser.add_argument(
        "--attribute",
        action="append",
        required=True,
        metavar="FACTOR>NUMBER|NAME=CLASSIFIER",
        help="what is read in images: a factor that the source measures in pixels, or what a classifier of yours says "
        "(its file, or features with logits); may be given several times",
    )
    parser.add_argument(
        "--labelled",
        action="append",
        default=[],
        metavar="NAME=SOURCE",
        help="images whose NAME is known, by which its mistakes are counted: best generated ones",
    )
    parser.add_argument("--sweep", metavar="X,X,...", help="also under these values of psi or truncation: 1,0.7,0.5")
    parser.add_argument("--plot", type=command.path, help="of the sweep (default: bias.png in the run's folder)")
    command.add_plugins(parser)
    return parser
