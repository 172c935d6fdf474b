"""What the commands that hold images against others are given: the two sides, held-out images, features."""

import argparse
import json
import logging
from argparse import Namespace
from pathlib import Path
from typing import Any, NamedTuple

from gan_jax import command
from gan_jax.config.calls import build, resolve
from gan_jax.config.packages import PACKAGES
from gan_jax.errors import InputError
from gan_jax.evaluation.image_sets import ImageSet, data_of_run, folder_of_run, held_out_data_of_run, is_run, parse
from gan_jax.features import Features

log = logging.getLogger(__name__)


class Sets(NamedTuple):
    """What is compared with what."""

    references: dict[str, ImageSet]  # "train", and "held_out" where there is one
    generated: ImageSet


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the arguments that say what is compared, and where results go."""
    what = "a folder, zip, npz, data source or run:DIR"
    parser.add_argument("a", metavar="A", help=f"the reference, such as training data: {what}; or a run alone")
    parser.add_argument("b", metavar="B", nargs="?", help=f"what is held against it: {what}; of a run alone its images")
    parser.add_argument("--features", default="random", help="of gan_jax.features")
    parser.add_argument("--weights", help="the features' file of weights")
    parser.add_argument("--held_out", metavar="C", help="a second reference, of images that were not trained on")
    parser.add_argument("--num", type=int, default=0, help="images of each side, at random (0: all; of a run 10,000)")
    parser.add_argument("--resolution", help="HEIGHT,WIDTH to which images are cropped and resized")
    parser.add_argument("--channels", type=int, default=0, help="1, 3 or 4 (0: as in the first image)")
    parser.add_argument(
        "--out",
        type=command.path,
        help="a file to which one JSON line per result is appended (default: evaluations.jsonl in the run's folder)",
    )


def features_of(flags: Namespace) -> Features:
    """The features of `--features` and `--weights`."""
    return named_features(flags.features, flags.weights, "--features")


def named_features(name: str, weights: str | None, key: str) -> Features:
    """Features by name, with a file of weights where one is given; `key` is how they were asked for."""
    section = {"name": name} | ({"weights": weights} if weights else {})
    return build(resolve(section, key, PACKAGES["features"]), key, PACKAGES["features"], {})


def sets_of(flags: Namespace) -> Sets:
    """Both sides, and held-out images: those of `--held_out`, or what a run's data source has beside its split."""
    if flags.num < 0:
        raise InputError(f"--num={flags.num} should be at least 0, which stands for all.")
    size = resolution(flags.resolution)

    def read(spec: str) -> ImageSet:
        return parse(spec, size, flags.channels, flags.num)

    if flags.b:
        references = {"train": read(flags.a)} | ({"held_out": read(flags.held_out)} if flags.held_out else {})
        return Sets(references, read(flags.b))
    if not is_run(flags.a):
        raise InputError(f"{flags.a}: with what should it be compared? Give a second set, or a run as run:DIR.")
    references = {"train": data_of_run(flags.a, flags.num)}
    held_out = read(flags.held_out) if flags.held_out else held_out_data_of_run(flags.a, flags.num)
    return Sets(references | ({"held_out": held_out} if held_out else {}), read(flags.a))


def results_file(flags: Namespace) -> Path | None:
    """Where results are appended: `--out`, or beside the checkpoints of a run; it is tried before there are any."""
    run = flags.b or flags.a
    out = flags.out or (folder_of_run(run) / "evaluations.jsonl" if is_run(run) else None)
    if out:
        command.check_file(out)
    return out


def resolution(text: str | None) -> tuple[int, int] | None:
    """What `--resolution` says; None where it is not given."""
    if not text:
        return None
    try:
        height, width = map(int, text.split(","))
    except ValueError:
        raise InputError(f"--resolution={text} should be HEIGHT,WIDTH.") from None
    return height, width


def check(reference: ImageSet, generated: ImageSet) -> None:
    """Refuses sets that cannot be compared, and warns of what moves every metric."""
    if reference.image_shape[:2] != generated.image_shape[:2]:
        listing = ", ".join("{}: {}x{}".format(side.name, *side.image_shape) for side in (reference, generated))
        raise InputError(f"The images have different sizes ({listing}): set --resolution=HEIGHT,WIDTH for both.")
    if reference.image_shape[2] != generated.image_shape[2]:
        channels = reference.image_shape[2], generated.image_shape[2]
        log.warning("The images have %d and %d channels: colour on one side alone moves every metric.", *channels)
    if reference.lossy != generated.lossy:
        log.warning("One side has JPEG files and the other has none: their artefacts alone move a Fréchet distance.")


def append(file: Path, row: dict[str, Any]) -> None:
    """Adds a result to a file of JSON lines."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(row) + "\n")
