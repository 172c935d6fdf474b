"""Measures what directions do: steering --workdir=RUN --directions=FILE.npz.

Images are drawn by seed, moved along each direction, and their attributes read: of sprites in the pixels, of other
labelled data by a regressor that is trained on them. A table tells for each direction the slope of its attribute (in
standard deviations for a strength of one), R² of a straight line, and what leaks: the largest changes of others,
relative to its own.
"""

import argparse
import logging
from collections.abc import Iterator, Sequence

import numpy as np

from gan_jax import command, ranges, terminal
from gan_jax.commands.asking import numbers
from gan_jax.control import directions
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import space_of
from gan_jax.errors import InputError
from gan_jax.evaluation import image_sets, reading, steering
from gan_jax.evaluation.examples import some_of
from gan_jax.evaluation.reading import AttributeReader
from gan_jax.evaluation.steering import Steered
from gan_jax.sampling import export
from gan_jax.sampling.load import load

EXAMPLES = 5000  # of the data, by which attributes are read
LEAKS = 3  # that are shown, of each direction


def main(arguments: Sequence[str]) -> int:
    """Prints the table, and writes all of its numbers where it is told to."""
    flags = _parser().parse_args(arguments)
    if flags.num < 1:
        raise InputError(f"--num={flags.num} should be at least 1.")
    strengths = np.array(numbers(flags.strength, "--strength"))
    if len(set(strengths.tolist())) < 2:
        raise InputError(f"--strength={flags.strength}: a slope takes two strengths at least.")
    ranges.check_count(flags.num * len(strengths), "--num times the strengths")
    if flags.out:
        if flags.out.suffix != ".npz" or flags.out.is_dir():
            raise InputError(f"--out={flags.out}: what is measured is written to a file .npz.")
        command.check_out(flags.out)
        export.check_free([flags.out], flags.overwrite)
    command.trust_plugins(flags)
    file = directions.read(flags.directions, "--directions")
    sampler = load(flags.workdir, flags.step, flags.best)
    space = space_of(sampler, file.space, f"--directions={flags.directions}")
    directions.check_fits(file, space, f"--directions={flags.directions}")
    data = image_sets.labelled(sampler, flags.source)
    where = "the run's data" if flags.source is None else f"--source={flags.source}"
    reader = reading.make(some_of(data, EXAMPLES), where)
    agreement = ", ".join(f"{name} {x:.2f}" for name, x in zip(reader.names, reader.agreement, strict=True))
    logging.info("Attributes are read %s; squared correlation with what is known: %s", reader.how, agreement)
    found = steering.measure(sampler, space, file, reader, strengths, flags.num, progress=True)
    terminal.show("\n".join(_table(file, reader, found)))
    if flags.out:
        with command.writing(flags.out), export.replacing(flags.out) as temporary:
            names = dict(attributes=np.array(reader.names), names=np.array(file.names, np.str_))
            np.savez(temporary, **{**found._asdict(), "aims": np.array(found.aims)}, **names)
        logging.info("All slopes, R² and leakages: %s", flags.out)
    return 0


def _table(file: Directions, reader: AttributeReader, found: Steered) -> Iterator[str]:
    names = file.names or tuple(map(str, range(len(file.steps))))
    width = max(len(name) for name in (*names, *reader.names, "attribute"))
    yield f"{'direction':<{width}}  {'attribute':<{width}}  {'slope':>7}  {'R²':>5}  leakage"
    for number, (name, aim) in enumerate(zip(names, found.aims, strict=True)):
        if aim < 0:
            yield f"{name:<{width}}  (which cannot be read)"
            continue
        leaks = found.leakage[number]
        most = ", ".join(f"{reader.names[i]} {leaks[i]:.2f}" for i in np.argsort(-leaks)[:LEAKS] if i != aim)
        slope, r2 = found.slopes[number, aim], found.linearity[number, aim]
        yield f"{name:<{width}}  {reader.names[aim]:<{width}}  {slope:>7.2f}  {r2:>5.2f}  {most}"


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("steering", "Measures what directions do to the attributes of a model's images.")
    parser.add_argument("--workdir", required=True, type=command.path, help="the run's folder")
    parser.add_argument("--directions", required=True, type=command.path, help="a file that `directions` wrote")
    parser.add_argument(
        "--source", help="labelled data by which attributes are read, such as 'sprites(seed=7)' (default: the run's)"
    )
    parser.add_argument("--num", type=int, default=200, help="of seeds whose images are moved")
    parser.add_argument("--strength", default="-2,-1,0,1,2", metavar="S,S,...", help="how far")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", type=int, help="the checkpoint's step, instead of the newest")
    which.add_argument("--best", action="store_true", help="the best checkpoint by the run's own metric")
    parser.add_argument("--out", type=command.path, help="a file .npz for the whole matrices")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    command.add_plugins(parser)
    return parser
