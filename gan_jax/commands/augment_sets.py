"""What a study of synthetic images is made on: labelled sets without common images, and the model of each subset."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Integer, UInt8

from gan_jax.errors import InputError
from gan_jax.evaluation.augmentation import Cell
from gan_jax.evaluation.image_sets import ImageSet, data_of_run, is_run, load_run
from gan_jax.evaluation.small_classifiers import Labelled
from gan_jax.runs import digests
from gan_jax.sampling.sampler import Sampler

Place = tuple[float, int]  # the share and the seed of a subset


class Generator(NamedTuple):
    """A model and what it is."""

    sampler: Sampler
    sha256: str


def labelled(train: ImageSet, test: ImageSet) -> tuple[Labelled, Labelled]:
    """What is trained and what is tested on: of the same shape and classes, and no image in both."""
    if train.image_shape != test.image_shape:
        shapes = [list(side.image_shape) for side in (train, test)]
        raise InputError(f"TRAIN has images {shapes[0]}, --test {shapes[1]}: set --resolution and --channels for both.")
    names = [_names(side) for side in (train, test)]
    if all(names) and names[0] != names[1]:
        listed = [", ".join(some) for some in names]
        raise InputError(f"TRAIN has the classes {listed[0]}, --test {listed[1]}: give both the same.")
    blocks = [side.whole() for side in (train, test)]
    for key, (_, labels) in zip(("TRAIN", "--test"), blocks, strict=True):
        if labels is None:
            raise InputError(f"{key} has no labels, or one class alone: a classifier is trained and tested on classes.")
    found = Labelled(*blocks[0]), Labelled(*blocks[1])
    own, others = (set(np.unique(side.labels)) for side in found)
    if own != others:
        label, holder, lacking = (
            (min(own - others), "TRAIN", "--test") if own - others else (min(others - own), "--test", "TRAIN")
        )
        raise InputError(f"{lacking} has no image of class {label}, and {holder} has: give both the same classes.")
    return found[0], _without_copies(found[1], found[0])


def _names(images: ImageSet) -> tuple[str, ...]:
    """Of classes, where they have other names than their numbers."""
    known = images.examples.data.classes if images.examples else ()
    return () if known == tuple(map(str, range(len(known)))) else known


def _without_copies(test: Labelled, train: Labelled) -> Labelled:
    """The test images that are not, byte by byte, among the training images."""
    known = {image.tobytes() for image in train.images}
    kept = np.array([image.tobytes() not in known for image in test.images], bool)
    if not kept.all():
        logging.info("%d test images are training images too, and are left out.", np.sum(~kept))
    missing = set(np.unique(test.labels)) - set(np.unique(test.labels[kept]))
    if missing:
        raise InputError(f"--test: all its images of class {min(missing)} are training images too: give others.")
    return Labelled(test.images[kept], test.labels[kept])


def digest(images: UInt8[np.ndarray, "n *image"], labels: Integer[np.ndarray, "n"]) -> str:
    """The SHA-256 of a set of examples, whatever their order."""
    each = [
        hashlib.sha256(image.tobytes() + int(label).to_bytes(8)).digest()
        for image, label in zip(images, labels, strict=True)
    ]
    return hashlib.sha256(repr(images.shape).encode() + b"".join(sorted(each))).hexdigest()


def matched(specs: Sequence[str], cells: Mapping[Place, Cell], num_classes: int) -> dict[Place, Generator]:
    """The model of each subset, by the digest of what it was trained on; one that has seen anything else is refused."""
    places: dict[str, list[Place]] = {}
    for place, cell in cells.items() if specs else ():
        places.setdefault(digest(*cell.subset), []).append(place)
    found: dict[Place, Generator] = {}
    for spec in specs:
        run = spec if is_run(spec) else f"run:{spec}"
        sampler = load_run(run)
        if not sampler.num_classes:
            raise InputError(f"{spec} is not asked for classes: train a class-conditional model.")
        if sampler.num_classes != num_classes:
            raise InputError(f"{spec} is asked for {sampler.num_classes} classes, and TRAIN has {num_classes}.")
        images, labels = data_of_run(run).whole()
        known = places.get(digest(images, labels)) if labels is not None else None
        if known is None:
            raise InputError(
                f"{spec} was trained on {len(images)} images that are none of the subsets. A generator that has seen "
                "other data than the classifier leaks them: train it on a subset of TRAIN, "
                "--config.data.source=subset --config.data.source.source=... --config.data.source.share=0.1 "
                "--config.data.source.seed=0, of a share and a seed that are asked for here."
            )
        if not known:  # of the whole set all seeds have the same subset, and each takes a model
            raise InputError(f"{spec} is one model too many of its subset: give one for each share and seed.")
        found[known.pop(0)] = Generator(sampler, digests.of_arrays(sampler.variables))
    return found


def check_whole(runs: Mapping[Place, Generator], shares: Sequence[float], seeds: int) -> None:
    """Every seed of a share has a model, or none has: seeds are compared in pairs."""
    for share in shares if runs else ():
        missing = [seed for seed in range(seeds) if (share, seed) not in runs]
        if len(missing) == seeds:
            logging.warning("Share %g: no RUN was trained on it, so there are no synthetic images to compare.", share)
        elif missing:
            listed = ", ".join(map(str, missing))
            raise InputError(
                f"Share {share:g}: there is no RUN of the seeds {listed}, and of the others there is: give theirs, or "
                f"fewer --seeds than {seeds}."
            )
