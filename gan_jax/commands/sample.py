"""Draws from a trained run: sample --workdir=RUN --seeds=0-63 [--labels=0-9] --out=PATH.

PATH is a folder (one PNG per output), FILE.npz (arrays images, seeds, labels) or FILE.png (a grid); of a walk from seed
to seed (--interpolate) FILE.gif or FILE.mp4. What comes out for seed s depends on the checkpoint, on s and on its
condition alone. What a model can be asked for is told by --describe: its draws (--draw=NAME), the columns that a draw
is asked with (--condition NAME=VALUE: numbers, or for pictures a file, folder or zip) and its options (--option
NAME=VALUE). A condition with n rows is for seed s its row number s modulo n; without --seeds there is one output a row.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from gan_jax import command, ranges
from gan_jax.data import kinds
from gan_jax.errors import InputError
from gan_jax.sampling import export, wishes
from gan_jax.sampling.grids import Picture, by_class, in_rows, side_by_side
from gan_jax.sampling.load import load
from gan_jax.sampling.sampler import Sampler

FORMATS = {"": "png", ".npz": "npz", ".png": "grid"}  # by the suffix of --out


class Plan(NamedTuple):
    """What is to be drawn."""

    sampler: Sampler
    draw: str
    seeds: np.ndarray
    condition: dict[str, np.ndarray]  # a row for each seed
    options: dict[str, Any]
    names: list[str]  # of the rows' files, without suffix
    sources: list[str]  # that they were made of, where they were

    def outputs(self, batch_size: int) -> Iterator[np.ndarray]:
        """What comes out, in parts."""
        return self.sampler.stream(self.seeds, self.condition, draw=self.draw, batch_size=batch_size, **self.options)

    @property
    def labels(self) -> np.ndarray | None:
        """The class of each output."""
        return self.condition.get("label")


def main(arguments: Sequence[str]) -> int:
    """Draws, or walks from seed to seed, and says where the result is."""
    flags = _parse(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that temporary files are removed
    command.join_hosts(flags)
    command.trust_plugins(flags)
    if flags.describe:
        print(wishes.describe(load(flags.workdir, flags.step, flags.best)))
        return 0
    if flags.format != "png":
        export.check_free([flags.out], flags.overwrite)
    sampler = load(flags.workdir, flags.step, flags.best)
    plan = _share(_plan(flags, sampler), flags)
    try:
        count = (_walk if flags.interpolate else _draw)(flags, plan)
    except OSError as error:
        raise InputError(f"--out={flags.out} cannot be written: {error}") from error
    logging.info("%d outputs of %s: %s", count, sampler.name, flags.out)
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = command.parser("sample", "Draws from a trained run, by seed.")
    parser.add_argument("--workdir", required=True, type=Path, help="the run's folder")
    parser.add_argument("--describe", action="store_true", help="tell what the model can be asked for, and end")
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--seeds", help="seeds and ranges of seeds, such as 0-63,100")
    what.add_argument("--num", type=int, help="for the seeds 0 to NUM - 1")
    parser.add_argument("--draw", default="", help="what to ask for (default: the model's first draw)")
    many = dict(action="append", default=[], metavar="NAME=VALUE")
    parser.add_argument("--condition", **many, help="a column that the draw is asked with; may be given several times")
    parser.add_argument("--option", **many, help="an option of the draw; may be given several times")
    parser.add_argument("--labels", help="short for --condition label=...: classes such as 3 or 0-4,7; or balanced")
    parser.add_argument("--truncation", type=float, help="short for --option truncation=...")
    parser.add_argument(
        "--reconstruct", metavar="FOLDER", help="short for --draw=reconstruction --condition image=FOLDER"
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--step", type=int, help="the checkpoint's step, instead of the newest")
    which.add_argument("--best", action="store_true", help="the best checkpoint by the run's own metric")
    parser.add_argument("--batch_size", type=int, default=256, help="outputs in memory; it does not change them")
    parser.add_argument("--out", type=Path, help="a folder, or a file .npz, .png, .gif, .mp4")
    parser.add_argument("--format", choices=FORMATS.values(), help="instead of that which the suffix of --out means")
    parser.add_argument("--overwrite", action="store_true", help="replace files that exist")
    parser.add_argument("--interpolate", action="store_true", help="a film of the way from seed to seed")
    parser.add_argument("--frames", type=int, default=32, help="of a film, from one seed to the next")
    command.add_plugins(parser)
    command.add_hosts(parser)
    flags = parser.parse_args(arguments)
    if flags.describe:
        return flags
    if flags.out is None:
        raise InputError("--out is missing: a folder, or a file .npz, .png, .gif, .mp4.")
    if flags.batch_size < 1:
        raise InputError(f"--batch_size={flags.batch_size} should be at least 1.")
    if flags.num is not None and flags.num < 1:
        raise InputError(f"--num={flags.num} should be at least 1.")
    flags.seeds = np.arange(flags.num) if flags.num else flags.seeds and ranges.parse(flags.seeds, "--seeds", 2**32)
    _spell_out(flags)
    flags.format = _format(flags)
    return flags


def _spell_out(flags: argparse.Namespace) -> None:
    """The short forms as what they stand for."""
    flags.condition = wishes.pairs(flags.condition, "--condition")
    flags.option = wishes.pairs(flags.option, "--option")
    if flags.reconstruct:
        if flags.draw or flags.interpolate or flags.truncation is not None:
            raise InputError("--reconstruct is a draw without latents: --draw, --interpolate and --truncation are not.")
        flags.draw = "reconstruction"
        flags.condition["image"] = flags.reconstruct
    if flags.labels not in (None, "balanced"):
        flags.condition["label"] = flags.labels
    if flags.truncation is not None:
        flags.option["truncation"] = str(flags.truncation)


def _format(flags: argparse.Namespace) -> str:
    """What to write, if it fits the name of the output."""
    suffix = flags.out.suffix.lower()
    if flags.interpolate:
        export.check_film(flags.out)
        return "film"
    found = flags.format or FORMATS.get(suffix)
    if found is None or FORMATS.get(suffix, "png") != found:
        raise InputError(f"--out={flags.out}: give a folder for png, a file .npz for npz, a file .png for grid.")
    if flags.out.exists() and flags.out.is_dir() != (found == "png"):
        raise InputError(f"--out={flags.out} is a {'folder' if flags.out.is_dir() else 'file'}; {found} is none.")
    return found


def _plan(flags: argparse.Namespace, sampler: Sampler) -> Plan:
    draw = sampler.request(flags.draw).name
    if flags.labels and "label" not in sampler.conditions(draw):
        raise InputError(f"--labels={flags.labels}: this model is unconditional.")
    wish = wishes.read_conditions(sampler, draw, flags.condition)
    rows = max(map(len, wish.columns.values()), default=0)
    if flags.reconstruct and "label" in sampler.conditions(draw) and "label" not in wish.columns:
        wish.columns["label"] = wishes.own_labels(sampler, Path(flags.reconstruct))
    if flags.seeds is None and not rows:
        raise InputError("--seeds or --num is missing: which to draw.")
    seeds = np.arange(rows) if flags.seeds is None else flags.seeds
    condition = sampler.with_labels(seeds, wishes.for_rows(wish, seeds), draw)
    sources = [wish.names[seed % rows] for seed in seeds] if wish.names else []
    options = wishes.read_options(sampler, draw, flags.option)
    return Plan(sampler, draw, seeds, condition, options, _names(seeds, sources), sources)


def _names(seeds: np.ndarray, sources: list[str]) -> list[str]:
    """Of the files: those of the pictures that they are made of, or the seeds."""
    if not sources:
        return [f"seed{seed:08d}" for seed in seeds]
    stems = [str(Path(source).with_suffix("")) for source in sources]
    if len(set(stems)) == len(stems):
        return stems
    return [f"{stem}_seed{seed:08d}" for stem, seed in zip(stems, seeds, strict=True)]


def _share(plan: Plan, flags: argparse.Namespace) -> Plan:
    """This host's part."""
    host, hosts = jax.process_index(), jax.process_count()
    if hosts == 1:
        return plan
    if flags.format not in ("png", "npz"):
        raise InputError("Several hosts share out PNGs or npz; anything else is made by one.")
    if len(plan.seeds) < hosts:
        raise InputError(f"{len(plan.seeds)} outputs are too few for {hosts} hosts.")
    if flags.format == "npz":
        flags.out = flags.out.with_stem(f"{flags.out.stem}-{host:05d}-of-{hosts:05d}")
        export.check_free([flags.out], flags.overwrite)
    mine = slice(host, None, hosts)
    return plan._replace(
        seeds=plan.seeds[mine],
        condition={name: values[mine] for name, values in plan.condition.items()},
        names=plan.names[mine],
        sources=plan.sources[mine],
    )


def _draw(flags: argparse.Namespace, plan: Plan) -> int:
    count = len(plan.seeds)
    parts = export.progress(plan.outputs(flags.batch_size), count)
    column = plan.sampler.output(plan.draw, **plan.options)
    labels = {} if plan.labels is None else {"labels": plan.labels}
    if flags.format == "npz":
        name = "images" if plan.sampler.request(plan.draw).draw.output == "image" else plan.draw
        export.save_npz(parts, flags.out, name, seeds=plan.seeds, **labels)
        return count
    if kinds.of(column).picture(np.zeros((1, *column.shape), column.dtype)) is None:
        raise InputError(f"--draw={plan.draw} gives {column.dtype} {list(column.shape)}: write FILE.npz.")
    pictures = (kinds.of(column).picture(part) for part in parts)
    if flags.format == "grid":
        picture = _layout(plan, np.concatenate(list(pictures)))
        export.save_grid(picture, flags.out, plan.sampler.origin)
    else:
        paths = [flags.out / f"{name}.png" for name in plan.names]
        export.check_free(paths, flags.overwrite)
        export.save_pngs(pictures, paths, _texts(plan))
    return count


def _layout(plan: Plan, images: np.ndarray) -> Picture:
    """Classes in rows of their own; pictures that were asked with beside what was made of them."""
    columns = plan.sampler.conditions(plan.draw)
    if any(column.kind == "image" for column in columns.values()):
        asked = plan.sampler.condition(plan.seeds, plan.condition, plan.draw)
        beside = [values for name, values in asked.items() if columns[name].kind == "image"]
        return in_rows(side_by_side([*beside, images]), len(beside) + 1)
    if plan.labels is not None and len(np.unique(plan.labels)) > 1:
        return by_class(images, plan.labels, columns["label"].size)
    return in_rows(images)


def _texts(plan: Plan) -> Iterator[dict[str, str]]:
    """What is written into each file: where it comes from."""
    first = next(iter(plan.sampler.objective.draws))
    common = {**plan.sampler.origin} | ({} if plan.draw == first else {"draw": plan.draw})
    common |= {name: str(value) for name, value in plan.options.items()}
    for number, seed in enumerate(plan.seeds):
        own = {"seed": str(seed)}
        if plan.labels is not None:
            own["label"] = str(plan.labels[number])
        if plan.sources:
            own["source"] = plan.sources[number]
        yield common | own


def _walk(flags: argparse.Namespace, plan: Plan) -> int:
    count = (len(plan.seeds) - 1) * flags.frames + 1
    frames = plan.sampler.interpolate(plan.seeds, plan.condition, draw=plan.draw, frames=flags.frames, **plan.options)
    export.save_film(export.progress(frames, count), flags.out)
    return count
