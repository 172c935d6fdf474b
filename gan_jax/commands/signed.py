"""How `sample` signs what it writes, and which pictures it was made of."""

import argparse
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from gan_jax.commands.plan import Plan
from gan_jax.data import kinds
from gan_jax.data.sources.images import ImageFiles
from gan_jax.provenance.signing import Input, is_signed
from gan_jax.sampling import export


def finish(flags: argparse.Namespace, plan: Plan) -> export.Finish:
    """What is done to each file once it is written: it is signed, where that was asked for."""
    if flags.signer is None:
        return export.leave
    given = [(files, _with_manifests(files, _all_rows(flags, plan))) for files in _pictures(flags, plan)]

    def sign(path: Path, text: Mapping[str, str]) -> None:
        rows = np.array([int(text["seed"])]) if "seed" in text else _all_rows(flags, plan)
        inputs = [
            Input(files.names[row], files.read(row))
            for files, known in given
            for row in sorted(known & set((rows % len(files)).tolist()))
        ]
        flags.signer.sign(path, text, inputs)

    return sign


def _all_rows(flags: argparse.Namespace, plan: Plan) -> np.ndarray:
    """Of what was given, by number: a walk of one seed goes through all of it, else each seed has its own."""
    one = flags.interpolate and len(np.unique(plan.seeds)) == 1
    return np.arange(len(plan.seeds)) if one else plan.seeds


def _pictures(flags: argparse.Namespace, plan: Plan) -> Iterator[ImageFiles]:
    """The pictures that were given, also those that only codes are made of."""
    columns = {}
    for draw in plan.sampler.objective.draws:
        columns |= plan.sampler.conditions(draw)
    for name, text in flags.condition.items():
        if name in columns and columns[name].kind == "image":
            yield kinds.image.files(text, f"--condition {name}")


def _with_manifests(files: ImageFiles, rows: np.ndarray) -> set[int]:
    """The files whose manifests are to be kept; one that cannot be read is told of before there is anything drawn."""
    return {row for row in np.unique(rows % len(files)).tolist() if is_signed(files.names[row], files.read(row))}
