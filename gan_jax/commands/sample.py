"""Draws from a trained run: sample --workdir=RUN --seeds=0-63 [--labels=0-9] --out=PATH.

PATH is a folder (one PNG per output, or by --format one JPEG or WebP), FILE.npz (arrays images, seeds, labels) or
FILE.png (a grid); of a walk from seed to seed (--interpolate) FILE.gif or FILE.mp4. Voxels are shown as a view of them,
and written as a mesh into FILE.glb, .obj or .stl, or into a folder with --format=glb. What comes out for seed s depends
on the checkpoint, on s and on its condition alone. What a model can be asked for is told by --describe: its draws
(--draw=NAME), the columns that a draw is asked with (--condition NAME=VALUE: numbers, for pictures a file, folder or
zip, for text a prompt or a file .txt with one in each line) and its options (--option NAME=VALUE). A condition with n
rows is for seed s its row number s modulo n; without --seeds there is one output a row. A model that looks at pictures
place by place, such as one of super-resolution, takes photographs of any size; to others pictures are brought to the
size of the data, or with --own_size left as large as they are.

Every file says of itself that it is synthetic, and by which run; with --sign=CERTIFICATE --key=KEY it is signed too
(C2PA; docs/provenance.md).

Codes, which a model has where it can be asked for `from_z` or `from_w`, are mixed (--mix_with SEEDS --layers 4-7),
moved (--direction=K --strength=-3,0,3), traversed (--traverse) and walked through (--interpolate --space=w);
docs/control.md tells how.
"""

import argparse
import logging
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import jax
import numpy as np

from gan_jax import command, ranges, terminal
from gan_jax.commands import asking, duplicates, marked, signed, steering
from gan_jax.commands.plan import Plan, names_of
from gan_jax.data import kinds
from gan_jax.errors import InputError
from gan_jax.sampling import export, films, meshes, wishes
from gan_jax.sampling.blend import blended
from gan_jax.sampling.grids import Picture, by_class, in_rows, side_by_side
from gan_jax.sampling.load import load
from gan_jax.sampling.photographs import Photographs
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column


def main(arguments: Sequence[str]) -> int:
    """Draws, or walks from seed to seed, and says where the result is."""
    flags = asking.parse(arguments)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))  # so that temporary files are removed
    command.join_hosts(flags)
    command.trust_plugins(flags)
    if flags.describe:
        terminal.show(wishes.describe(load(flags.workdir, flags.step, flags.best)))
        return 0
    sampler = load(flags.workdir, flags.step, flags.best)
    if flags.blend is not None:
        sampler = blended(sampler, load(flags.blend), flags.share)
    plan = _share((steering.plan if steering.is_wanted(flags, sampler) else _plan)(flags, sampler), flags)
    if flags.reject_near_duplicates:
        plan = duplicates.without(plan, flags)
    with command.writing(flags.out):
        count = (_walk if flags.interpolate else _draw)(flags, plan)
    logging.info("%d outputs of %s: %s", count, sampler.name, flags.out)
    return 0


def _plan(flags: argparse.Namespace, sampler: Sampler) -> Plan:
    draw = wishes.read_draw(sampler, flags.draw, f"--draw={flags.draw}" if not flags.reconstruct else "--reconstruct")
    wish = wishes.read_conditions(sampler, draw, flags.condition, flags.typed, own_size=_own_size(flags, sampler, draw))
    if flags.own_size and not any(isinstance(x, Photographs) for x in wish.columns.values()):
        given = ", ".join(flags.condition)
        raise InputError(f"--own_size is of pictures, and what the draw {draw!r} is given here are none: {given}.")
    rows = max(map(len, wish.columns.values()), default=0)
    if flags.reconstruct and "label" in sampler.conditions(draw) and "label" not in wish.columns:
        wish.columns["label"] = wishes.own_labels(sampler, Path(flags.reconstruct))
    if flags.seeds is None and not rows:
        raise InputError("--seeds or --num is missing: which to draw.")
    seeds = np.arange(rows) if flags.seeds is None else flags.seeds
    condition = sampler.with_labels(seeds, wishes.for_rows(wish, seeds), draw)
    if flags.format != "files":
        photographs = {name: x for name, x in condition.items() if isinstance(x, Photographs)}
        condition |= {name: values.stacked(f"--condition {name}") for name, values in photographs.items()}
    asked = sampler.conditions(draw)
    if any(column.kind == "text" and name not in condition for name, column in asked.items()):
        condition = sampler.condition(seeds, condition, draw)  # to be written beside the outputs
    sources = [wish.names[seed % rows] for seed in seeds] if wish.names else []
    names = names_of(seeds, sources) if flags.format == "files" else []
    options = wishes.read_options(sampler, draw, flags.option, flags.typed)
    notes = wishes.written_texts(sampler, draw, condition)
    return Plan(sampler, draw, seeds, condition, options, names, sources, notes)


def _own_size(flags: argparse.Namespace, sampler: Sampler, draw: str) -> bool:
    """Whether the pictures that a draw is asked with stay as large as they are."""
    return flags.own_size or (sampler.request(draw).draw.local is not None and not flags.interpolate)


def _share(plan: Plan, flags: argparse.Namespace) -> Plan:
    """This host's part."""
    host, hosts = jax.process_index(), jax.process_count()
    if hosts == 1:
        return plan
    if flags.format not in ("files", "npz"):
        raise InputError("Several hosts share out pictures or npz; anything else is made by one.")
    if len(plan.seeds) < hosts:
        raise InputError(f"{len(plan.seeds)} outputs are too few for {hosts} hosts.")
    if flags.format == "npz":
        flags.out = flags.out.with_stem(f"{flags.out.stem}-{host:05d}-of-{hosts:05d}")
        export.check_free([flags.out], flags.overwrite)
    return plan.only(slice(host, None, hosts))


def _draw(flags: argparse.Namespace, plan: Plan) -> int:
    count = len(plan.seeds)
    parts = export.progress(plan.outputs(flags.batch_size), count)
    column = plan.sampler.output(plan.draw, **plan.options)
    labels = {} if plan.labels is None else {"labels": plan.labels}
    if flags.format == "npz":
        name = "images" if plan.sampler.request(plan.draw).draw.output == "image" else plan.draw
        columns = dict(seeds=plan.seeds, **labels, **plan.notes)
        export.save_npz(parts, flags.out, name, marked.common(plan), **columns)
        return count
    if flags.format == "grid":
        pictures = _pictures(plan, column, parts)
        export.check_grid(count, column.shape)
        picture = _layout(plan, np.concatenate(list(pictures)))
        export.save_grid(picture, flags.out, marked.together(plan), signed.finish(flags, plan))
        return count
    paths = _paths(flags, plan)
    export.check_free(paths, flags.overwrite)
    if flags.suffix[1:] in meshes.FORMATS:
        _save_meshes(plan, column, parts, paths)
    else:
        export.save_files(_pictures(plan, column, parts), paths, marked.each(plan), signed.finish(flags, plan))
    return count


def _paths(flags: argparse.Namespace, plan: Plan) -> list[Path]:
    """Of each output's file: by its name in a folder, or the one that was asked for."""
    if flags.out.suffix.lower() != flags.suffix:
        return [flags.out / f"{name}{flags.suffix}" for name in plan.names]
    if len(plan.names) > 1:
        raise InputError(f"--out={flags.out} holds one output, not {len(plan.names)}: give a folder and --format.")
    return [flags.out]


def _save_meshes(plan: Plan, column: Column, parts: Iterable[np.ndarray], paths: Sequence[Path]) -> None:
    """Writes the surface of each output."""
    if column.kind != "voxels":
        raise InputError(f"--draw={plan.draw} gives {kinds.words(column)}, and meshes are made of voxels.")
    outputs = (output for part in parts for output in part)
    for path, output, text in zip(paths, outputs, marked.each(plan), strict=True):
        with export.replacing(path) as temporary:
            meshes.save_mesh(temporary, meshes.mesh_of(output), text)


def _pictures(plan: Plan, column: Column, parts: Iterable[np.ndarray], frames: int = 0) -> Iterator[np.ndarray]:
    """Outputs as what there is to see of them; what has more sides than one turns once in a film of so many frames."""
    if kinds.of(column).picture(np.zeros((1, *column.shape), column.dtype)) is None:
        raise InputError(f"--draw={plan.draw} gives {column.dtype} {list(column.shape)}: write FILE.npz.")

    def seen() -> Iterator[np.ndarray]:
        number = 0
        for part in parts:
            yield kinds.of(column).picture(part, (number + np.arange(len(part))) / frames if frames else 0.0)
            number += len(part)

    return seen()


def _layout(plan: Plan, images: np.ndarray) -> Picture:
    """As the plan says, or classes or texts in rows of their own; pictures that were asked with beside the outputs."""
    columns = plan.sampler.conditions(plan.draw)
    if plan.across:
        if plan.corner:
            images[0] = 255
        return Picture(images, plan.across)
    if any(column.is_visible for column in columns.values()):
        asked = plan.sampler.condition(plan.seeds, plan.condition, plan.draw)
        beside = [kinds.of(columns[name]).picture(values) for name, values in asked.items() if columns[name].is_visible]
        return in_rows(side_by_side([*beside, images]), len(beside) + 1)
    texts = [name for name, column in columns.items() if column.kind == "text"]
    if texts and len(set(plan.notes[texts[0]])) > 1:
        rows = list(dict.fromkeys(plan.notes[texts[0]]))
        return by_class(images, np.array([rows.index(text) for text in plan.notes[texts[0]]]), len(rows))
    if plan.labels is not None and len(np.unique(plan.labels)) > 1:
        return by_class(images, plan.labels, columns["label"].size)
    return in_rows(images)


def _walk(flags: argparse.Namespace, plan: Plan) -> int:
    if len(plan.seeds) < 2:
        raise InputError("--interpolate: a walk needs two seeds, --seeds=7,8; with one twice, 7,7, voxels only turn.")
    count = (len(plan.seeds) - 1) * flags.frames + 1
    ranges.check_count(count, f"--frames={flags.frames} between {len(plan.seeds)} seeds")
    if plan.space:
        frames = steering.frames(plan, flags.frames)
    else:
        asked = dict(draw=plan.draw, frames=flags.frames, **plan.options)
        frames = plan.sampler.interpolate(plan.seeds, plan.condition, **asked)
    column = plan.sampler.output(plan.draw, **plan.options)
    pictures = _pictures(plan, column, export.progress(frames, count), count)
    films.save_film(pictures, flags.out, marked.together(plan), signed.finish(flags, plan))
    return count
