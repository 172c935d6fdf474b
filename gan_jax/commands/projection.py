"""Finds the codes of images: projection --workdir=RUN --images=PATH --out=FOLDER.

FOLDER gets `images` that the codes make, `pairs.png` with those given at their left, and `codes.npz`, which `sample`
takes as a condition: --condition w=FOLDER/codes.npz with --direction, --mix_with, --interpolate or --draw=from_w.
"""

import argparse
import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from gan_jax import command, ranges
from gan_jax.commands.plan import names_of
from gan_jax.control import distances, finding, projection
from gan_jax.control.projection import CANDIDATES, Projected, Settings
from gan_jax.control.spaces import Space, space_of, spaces
from gan_jax.data import kinds
from gan_jax.errors import InputError
from gan_jax.frozen import lpips
from gan_jax.provenance.marks import marks
from gan_jax.sampling import export, wishes
from gan_jax.sampling.grids import in_rows, side_by_side
from gan_jax.sampling.load import load
from gan_jax.sampling.sampler import Sampler


def main(arguments: Sequence[str]) -> int:
    """Writes codes and what they make, and says how near it is."""
    flags = _parser().parse_args(arguments)
    for name in ("steps", "starts", "batch_size"):
        if getattr(flags, name) < 1:
            raise InputError(f"--{name}={getattr(flags, name)} should be at least 1.")
    if flags.starts > CANDIDATES:
        raise InputError(f"--starts={flags.starts} should be at most {CANDIDATES}.")
    if not 0 < flags.learning_rate < float("inf"):
        raise InputError(f"--learning_rate={flags.learning_rate} should be a number above 0.")
    if flags.out.exists() and not flags.out.is_dir():
        raise InputError(f"--out={flags.out} is a file; what is found goes into a folder.")
    command.check_out(flags.out)
    network = None if flags.lpips is None else lpips.make(weights=str(flags.lpips))
    conditions, options = wishes.pairs(flags.condition, "--condition"), wishes.pairs(flags.option, "--option")
    command.trust_plugins(flags)
    sampler = load(flags.workdir, flags.step, flags.best)
    name = flags.space or finding.default_space(spaces(sampler))
    space = space_of(sampler, name.removesuffix("+"), f"--space={flags.space}")
    settings = Settings(name.endswith("+"), flags.steps, flags.starts, flags.learning_rate, flags.batch_size)

    column = sampler.output(space.draw)
    if column.kind != "image":
        raise InputError(f"--images={flags.images}: {sampler.name} makes {kinds.words(column)}, no pictures.")
    images, files = kinds.of(column).parse(str(flags.images), column, "--images")
    ranges.check_count(len(images), f"--images={flags.images}")
    rows = wishes.for_rows(wishes.read_conditions(sampler, space.draw, conditions), np.arange(len(images)))
    read = wishes.read_options(sampler, space.draw, options)
    projection.check(sampler, images, space, settings, rows)
    names = names_of(np.arange(len(images)), files)
    paths = [flags.out / "images" / f"{name}.png" for name in names]
    export.check_free([*paths, flags.out / "codes.npz", flags.out / "pairs.png"], flags.overwrite)

    distance = distances.make(network, images.shape[1:])
    found = projection.project(sampler, images, space, distance, settings, rows, progress=True, **read)
    with command.writing(flags.out):
        _write(found, images, paths, files, space, sampler, flags.out)
    logging.info(
        "PSNR, dB: %s", ", ".join(f"{name} {value:.1f}" for name, value in zip(names, found.psnr, strict=True))
    )
    logging.info("%d codes of %s: %s", len(images), sampler.name, flags.out / "codes.npz")
    command_line = command.written("--workdir", flags.workdir, "--condition", f"{space.name}={flags.out / 'codes.npz'}")
    logging.info(
        "Try next:    %s %s --direction=0 --strength=-3,0,3 --out=moved.png", command.spoken("sample"), command_line
    )
    return 0


def _write(
    found: Projected,
    images: np.ndarray,
    paths: Sequence[Path],
    files: Sequence[str],
    space: Space,
    sampler: Sampler,
    out: Path,
) -> None:
    seeds = np.arange(len(images))
    text = marks(sampler.origin, composite=True) | {"draw": space.draw}
    export.save_npz([found.codes], out / "codes.npz", space.name, text, seeds=seeds, psnr=found.psnr)
    texts = [
        {**text, "seed": str(seed), "source": file, "psnr": f"{psnr:.2f}"}
        for seed, file, psnr in zip(seeds, files, found.psnr, strict=True)
    ]
    export.save_files([found.images], paths, texts)
    export.check_grid(2 * len(images), images.shape)
    export.save_grid(in_rows(side_by_side([images, found.images]), 2), out / "pairs.png", text)


def _parser() -> argparse.ArgumentParser:
    parser = command.parser("projection", "Finds the codes of images in a trained model.")
    parser.add_argument("--workdir", required=True, type=command.path, help="the run's folder")
    parser.add_argument("--images", required=True, type=command.path, help="a picture, or a folder or zip of pictures")
    parser.add_argument("--space", default="", help="of the codes: z, w, or w+ with rows that differ (default: w or z)")
    many = dict(action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--condition", **many, help="what else images are made of, such as label=3")
    parser.add_argument("--option", **many, help="an option of the draw that makes them, such as noise=none")
    parser.add_argument(
        "--lpips", type=command.path, metavar="FILE", help="weights by which they are compared as eyes do, too"
    )
    parser.add_argument("--steps", type=int, default=1000, help="of the descent")
    parser.add_argument("--starts", type=int, default=4, help="from how many codes to go, of which the best end counts")
    parser.add_argument("--learning_rate", type=float, default=0.1, help="of the descent")
    parser.add_argument("--batch_size", type=int, default=8, help="images at a time")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", type=int, help="the checkpoint's step, instead of the newest")
    which.add_argument("--best", action="store_true", help="the best checkpoint by the run's own metric")
    parser.add_argument("--out", required=True, type=command.path, help="a folder")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    command.add_plugins(parser)
    return parser
