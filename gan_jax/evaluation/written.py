"""A side of a comparison with all that may tell it apart beside its content: files, their encoding, their sizes."""

import logging
from typing import NamedTuple

import numpy as np
from jaxtyping import Float64, UInt8

from gan_jax.errors import InputError
from gan_jax.evaluation import recoding
from gan_jax.evaluation.image_sets import data_of_run, is_run, load_run, of_sampler, parse
from gan_jax.evaluation.recoding import LOSSLESS, Encoding
from gan_jax.runs import digests

READ = 500  # files of which everything is read

log = logging.getLogger(__name__)


class Side(NamedTuple):
    """Images and how they are written."""

    name: str
    images: UInt8[np.ndarray, "n height width channels"]
    encoding: Encoding  # the commonest
    formats: tuple[str, ...]  # all that there are
    size: tuple[int, ...]  # of the first image before it is brought to a resolution
    metadata: Float64[np.ndarray, "files facts"] | None  # None without files
    sha256: str
    checkpoint: str | None  # of a model's variables


def read(
    spec: str, resolution: tuple[int, int] | None, channels: int, count: int, recoded: Encoding | None = None
) -> Side:
    """The images of a run, a folder or a file; `recoded` writes them once more, and is their encoding then."""
    checkpoint = None
    if is_run(spec):
        sampler = load_run(spec)
        images = of_sampler(sampler, count)
        checkpoint = digests.of_arrays(sampler.variables)
    else:
        images = parse(spec, resolution, channels, count)
    pixels = images.whole().images
    size, files = images.image_shape, None
    if images.examples is not None:
        source, chosen = images.examples.data.source, images.examples.chosen[:READ]
        size = source[int(chosen[0])]["image"].shape
        read_one = getattr(source, "file", None)
        files = None if read_one is None or recoded else [read_one(int(i)) for i in chosen]
    found = recoding.encodings(files) if files else {}
    encoding = recoded or (max(found, key=found.get) if found else LOSSLESS)
    formats = tuple(sorted({one.format for one in found})) or (encoding.format,)
    metadata = recoding.metadata(files) if files else None
    changed = recoding.encoded(pixels, recoded) if recoded else pixels
    return Side(images.name, changed, encoding, formats, size[:2], metadata, images.content(), checkpoint)


def unequal(real: Side, fake: Side) -> list[str]:
    """How the sides differ beside what they show."""
    found = []
    if (real.encoding, real.formats) != (fake.encoding, fake.formats):
        found.append(f"{real.name} is {_told(real)} and {fake.name} {_told(fake)}")
    if real.size != fake.size:
        sizes = ["{}x{}".format(*side.size) for side in (real, fake)]
        found.append(f"{real.name} is of {sizes[0]} pixels before it is resized, {fake.name} of {sizes[1]}")
    return found


def _told(side: Side) -> str:
    return str(side.encoding) if len(side.formats) == 1 else f"{side.encoding} among {' and '.join(side.formats)}"


def overlap(spec: str, images: UInt8[np.ndarray, "n height width channels"]) -> int:
    """How many of these images a run was trained on, where its data are there and of this size."""
    if not is_run(spec):
        return 0
    try:
        trained = data_of_run(spec)
    except InputError as error:
        log.info("The training data of %s cannot be read: %s", spec, error)
        return 0
    known = {image.tobytes() for image in images}
    return len(known & {image.tobytes() for block in trained.blocks() for image in block.images})
