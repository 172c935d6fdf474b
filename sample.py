"""Draws images from a trained run: python sample.py --workdir=RUN --seeds=0-63 [--labels=0-9] --out=PATH.

PATH is a folder (one PNG per seed), FILE.npz (arrays images, seeds, labels) or FILE.png (a grid); of a walk from seed
to seed (--interpolate) FILE.gif or FILE.mp4. The image of seed s depends on the checkpoint, on s and on its label
alone. With n --labels that is number s modulo n; "balanced", the default, stands for all classes.
"""

import argparse
import logging
import math
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

import jax
import numpy as np

from gan_jax import command
from gan_jax.errors import InputError
from gan_jax.sampling import export, reconstruction
from gan_jax.sampling.sampler import Sampler, load

FORMATS = {"": "png", ".npz": "npz", ".png": "grid"}  # by the suffix of --out


def main(arguments: Sequence[str]) -> int:
    """Samples, walks from seed to seed or reconstructs, and says where the result is."""
    flags = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that temporary files are removed
    command.join_hosts(flags)
    host, hosts = jax.process_index(), jax.process_count()
    if hosts > 1:
        if flags.format not in ("png", "npz") or flags.reconstruct:
            raise InputError("Several hosts share out PNGs or npz of --seeds or --num; anything else is made by one.")
        if len(flags.seeds) < hosts:
            raise InputError(f"{len(flags.seeds)} seeds are too few for {hosts} hosts.")
        flags.seeds = flags.seeds[host::hosts]
        if flags.format == "npz":
            flags.out = flags.out.with_stem(f"{flags.out.stem}-{host:05d}-of-{hosts:05d}")
    if flags.format != "png":
        export.check_free([flags.out], flags.overwrite)
    sampler = load(flags.workdir, flags.step, flags.best)
    try:
        count = (_reconstruct if flags.reconstruct else _walk if flags.interpolate else _sample)(flags, sampler)
    except OSError as error:
        raise InputError(f"--out={flags.out} cannot be written: {error}") from error
    logging.info("%d images of %s: %s", count, sampler.name, flags.out)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = command.parser("Draws images from a trained run, by seed.")
    parser.add_argument("--workdir", required=True, type=Path, help="the run's folder")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--seeds", help="seeds and ranges of seeds, such as 0-63,100")
    what.add_argument("--num", type=int, help="for the seeds 0 to NUM - 1")
    what.add_argument(
        "--reconstruct", type=Path, metavar="FOLDER", help="a folder or zip of images for a VAE to rebuild"
    )
    parser.add_argument("--labels", help="classes and ranges of classes, such as 3 or 0-4,7; or balanced")
    parser.add_argument("--truncation", type=float, help="bound (GAN) or scale (VAE) of the latents")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", type=int, help="the checkpoint's step, instead of the newest")
    which.add_argument("--best", action="store_true", help="the best checkpoint by the run's own metric")
    parser.add_argument("--batch_size", type=int, default=256, help="images in memory; it does not change them")
    parser.add_argument("--out", required=True, type=Path, help="a folder, or a file .npz, .png, .gif, .mp4")
    parser.add_argument("--format", choices=FORMATS.values(), help="instead of that which the suffix of --out means")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.add_argument("--interpolate", action="store_true", help="a film of the way from seed to seed")
    parser.add_argument("--frames", type=int, default=32, help="of a film, from one seed to the next")
    command.add_hosts(parser)
    flags = parser.parse_args(arguments)
    if flags.reconstruct and (flags.interpolate or flags.truncation is not None):
        raise InputError("--reconstruct draws no latents: --interpolate and --truncation do not go with it.")
    if flags.batch_size < 1:
        raise InputError(f"--batch_size={flags.batch_size} should be at least 1.")
    if flags.num is not None and flags.num < 1:
        raise InputError(f"--num={flags.num} should be at least 1.")
    flags.seeds = np.arange(flags.num) if flags.num else flags.seeds and command.numbers(flags.seeds, "--seeds")
    flags.classes = None if flags.labels in (None, "balanced") else command.numbers(flags.labels, "--labels")
    flags.format = _format(flags)
    return flags


def _format(flags: argparse.Namespace) -> str:
    """What to write, if it fits the name of the output."""
    suffix = flags.out.suffix.lower()
    if flags.interpolate:
        export.check_film(flags.out)
        return "film"
    found = flags.format or FORMATS.get(suffix)
    if found is None or FORMATS.get(suffix, "png") != found:
        raise InputError(f"--out={flags.out}: give a folder for png, a file .npz for npz, a file .png for grid.")
    if found == "npz" and flags.reconstruct:
        raise InputError(f"--out={flags.out}: reconstructions are written as a folder of PNGs or as a grid.")
    if flags.out.exists() and flags.out.is_dir() != (found == "png"):
        raise InputError(f"--out={flags.out} is a {'folder' if flags.out.is_dir() else 'file'}; {found} is none.")
    return found


def _labels(flags: argparse.Namespace, sampler: Sampler, numbers: np.ndarray) -> np.ndarray | None:
    """The label of each seed or image, by its number."""
    labels = flags.labels if flags.classes is None else flags.classes[numbers % len(flags.classes)]
    return sampler.labels(labels, numbers)


def _sample(flags: argparse.Namespace, sampler: Sampler) -> int:
    seeds, count = flags.seeds, len(flags.seeds)
    labels = _labels(flags, sampler, seeds)
    parts = export.progress(sampler.stream(seeds, labels, flags.truncation, flags.batch_size), count)
    columns = {"seeds": seeds} | ({} if labels is None else {"labels": labels})
    if flags.format == "npz":
        export.save_npz(parts, flags.out, **columns)
    elif flags.format == "grid":
        classes = sampler.num_classes if flags.classes is None else len(flags.classes)
        side = math.ceil(math.sqrt(count))
        export.save_grid(parts, flags.out, classes if 1 < classes <= 2 * side else side, sampler.origin)
    else:
        paths = [flags.out / f"seed{seed:08d}.png" for seed in seeds]
        export.check_free(paths, flags.overwrite)
        names = [name.removesuffix("s") for name in columns]
        rows = zip(*columns.values(), strict=True)
        texts = ({**sampler.origin, **dict(zip(names, map(str, row), strict=True))} for row in rows)
        export.save_pngs(parts, paths, texts)
    return count


def _walk(flags: argparse.Namespace, sampler: Sampler) -> int:
    labels = _labels(flags, sampler, flags.seeds)
    count = (len(flags.seeds) - 1) * flags.frames + 1
    frames = sampler.interpolate(flags.seeds, labels, flags.truncation, flags.frames)
    export.save_film(export.progress(frames, count), flags.out)
    return count


def _reconstruct(flags: argparse.Namespace, sampler: Sampler) -> int:
    own = bool(sampler.num_classes) and flags.labels is None
    data = reconstruction.open_files(sampler, flags.reconstruct, labelled=own)
    count = len(data)
    labels = reconstruction.own_labels(sampler, data) if own else _labels(flags, sampler, np.arange(count))
    parts = export.progress(reconstruction.pairs(sampler, data, labels, flags.batch_size), count)
    if flags.format == "grid":
        export.save_grid(parts, flags.out, math.ceil(math.sqrt(count / 2)), sampler.origin)
    else:
        paths = [flags.out / f"image{i:08d}.png" for i in range(count)]
        export.check_free(paths, flags.overwrite)
        export.save_pngs(parts, paths, ({**sampler.origin, "source": name} for name in data.source.names))
    return count


if __name__ == "__main__":
    command.main(main)
