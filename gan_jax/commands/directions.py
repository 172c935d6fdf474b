"""Finds directions in a model's space of codes: directions --workdir=RUN --out=FILE.npz.

`sample --directions=FILE.npz --direction=K --strength=-3,0,3` shows what they do.
"""

import logging
from collections.abc import Sequence

from gan_jax import command, ranges
from gan_jax.control import directions, finding
from gan_jax.control.spaces import space_of, spaces
from gan_jax.errors import InputError
from gan_jax.sampling import export
from gan_jax.sampling.load import load

METHODS = ("sefa", "pca")


def main(arguments: Sequence[str]) -> int:
    """Writes a file of directions, and says how much each of the first does."""
    parser = command.parser("directions", "Finds directions along which a model's images change, without labels.")
    parser.add_argument("--workdir", required=True, type=command.path, help="the run's folder")
    parser.add_argument("--space", default="", help="of the codes: z, w (default: w where there is one)")
    parser.add_argument(
        "--method", choices=METHODS, default="sefa", help="by weights (SeFa), or by components (GANSpace)"
    )
    parser.add_argument("--layers", help="rows of a code that they are for, such as 0-3 (default: all)")
    parser.add_argument("--count", type=int, default=16, help="of directions")
    parser.add_argument("--num", type=int, default=10_000, help="of seeds whose components pca looks for")
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
    command.check_out(flags.out)
    export.check_free([flags.out], flags.overwrite)
    command.trust_plugins(flags)
    sampler = load(flags.workdir, flags.step, flags.best)
    space = space_of(sampler, flags.space or finding.default_space(spaces(sampler)), f"--space={flags.space}")
    layers = ranges.parse(flags.layers, "--layers", max(space.rows, 1)).tolist() if flags.layers else ()
    found = finding.find(sampler, space, method=flags.method, count=flags.count, layers=layers, num=flags.num)
    with command.writing(flags.out):
        directions.save(found, flags.out)
    measure = "singular values" if flags.method == "sefa" else "standard deviations"
    logging.info("%s of %s: %s", measure.capitalize(), space.name, ", ".join(f"{x:.3g}" for x in found.scales[:8]))
    logging.info("%d directions of %s: %s", len(found.steps), sampler.name, flags.out)
    return 0
