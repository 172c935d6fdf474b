"""Finds directions in a model's space of codes: directions --workdir=RUN --out=FILE.npz.

`sample --directions=FILE.npz --direction=K --strength=-3,0,3` shows what they do.
"""

import argparse
import logging
from collections.abc import Sequence

from gan_jax import command, ranges
from gan_jax.control import directions, finding, known, regression
from gan_jax.control.directions import Directions
from gan_jax.control.spaces import Space, asked_of_encoder, space_of, spaces
from gan_jax.data.factors import attributes_of
from gan_jax.errors import InputError
from gan_jax.evaluation import image_sets
from gan_jax.evaluation.examples import some_of
from gan_jax.sampling import export
from gan_jax.sampling.load import load
from gan_jax.sampling.sampler import Sampler

METHODS = ("sefa", "pca", "regression")
MEASURES = {"sefa": "singular values", "pca": "standard deviations", "regression": "R²"}


def main(arguments: Sequence[str]) -> int:
    """Writes a file of directions, and says how much each of the first does."""
    parser = command.parser("directions", "Finds directions along which a model's images change.")
    parser.add_argument("--workdir", required=True, type=command.path, help="the run's folder")
    parser.add_argument("--space", default="", help="of the codes: z, w (default: w where there is one)")
    parser.add_argument(
        "--method",
        choices=METHODS,
        default="sefa",
        help="by weights (SeFa), by components (GANSpace), or by factors or labels of data (regression)",
    )
    parser.add_argument("--layers", help="rows of a code that they are for, such as 0-3 (default: all)")
    parser.add_argument("--count", type=int, default=16, help="of directions, at most; of regression there are all")
    parser.add_argument(
        "--num", type=int, default=10_000, help="of seeds whose components pca looks for, or examples for regression"
    )
    parser.add_argument(
        "--source", help="of regression: a data source, such as 'sprites(seed=7)' (default: the run's data)"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", type=int, help="the checkpoint's step, instead of the newest")
    which.add_argument("--best", action="store_true", help="the best checkpoint by the run's own metric")
    parser.add_argument("--out", required=True, type=command.path, help="a file .npz")
    parser.add_argument("--overwrite", action="store_true", help="replace a file that exists")
    command.add_plugins(parser)
    flags = parser.parse_args(arguments)
    for name in ("count", "num"):
        if getattr(flags, name) < 1:
            raise InputError(f"--{name}={getattr(flags, name)} should be at least 1.")
    ranges.check_count(flags.num, f"--num={flags.num}")
    if flags.out.suffix != ".npz" or flags.out.is_dir():
        raise InputError(f"--out={flags.out}: directions are written to a file .npz.")
    if flags.source and flags.method != "regression":
        raise InputError(f"--source={flags.source}: {flags.method} looks at no data; --method=regression does.")
    command.check_out(flags.out)
    export.check_free([flags.out], flags.overwrite)
    command.trust_plugins(flags)
    sampler = load(flags.workdir, flags.step, flags.best)
    space = space_of(sampler, flags.space or finding.default_space(spaces(sampler)), f"--space={flags.space}")
    if flags.layers and not space.rows:
        raise InputError(f"--layers={flags.layers}: a code of {space.name} is one for all layers.")
    layers = ranges.parse(flags.layers, "--layers", space.rows).tolist() if flags.layers else ()
    if flags.method == "regression":
        found = _regressed(flags, sampler, space)._replace(layers=tuple(layers))
    else:
        found = finding.find(sampler, space, method=flags.method, count=flags.count, layers=layers, num=flags.num)
    with command.writing(flags.out):
        directions.save(found, flags.out)
    names = found.names or range(len(found.scales))
    values = ", ".join(f"{name} {x:.3g}" for name, x in zip(names, found.scales, strict=True))
    logging.info("%s of %s: %s", MEASURES[flags.method].capitalize(), space.name, values)
    logging.info("%d directions of %s: %s", len(found.steps), sampler.name, flags.out)
    return 0


def _regressed(flags: argparse.Namespace, sampler: Sampler, space: Space) -> Directions:
    """Of the examples that the model encodes; of a model that does not, of what the source reads in its images."""
    data = image_sets.labelled(sampler, flags.source)
    if asked_of_encoder(sampler, space):
        chosen = some_of(data, flags.num).chosen
        found = known.encoded(sampler, space.encoder, data, chosen, "--method=regression", progress=True)
    else:
        found = known.drawn(sampler, space, data, flags.num, "--method=regression")
    return regression.regressed(found.codes, attributes_of(found.factors), space)
