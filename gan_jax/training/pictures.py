"""Which pictures a run shows: of the same seeds each time, with what they were made of beside them."""

from collections.abc import Iterator

import numpy as np

from gan_jax.data import kinds, order
from gan_jax.data.dataset import Dataset
from gan_jax.provenance.marks import asked_with_pictures
from gan_jax.sampling.grids import Picture, by_class, in_rows, side_by_side
from gan_jax.sampling.sampler import Sampler


def drawn(sampler: Sampler, count: int) -> Iterator[tuple[str, Picture]]:
    """A picture of about `count` images for every draw that can be shown, by the draw's name.

    The first draw's is called `samples`. Draws that are asked with pictures show these to the left of each output, and
    to its right the example's own image, where it is neither.
    """
    for number, name in enumerate(sampler.objective.draws):
        if number and not _has_pictures(sampler, name):
            continue
        picture = _asked_with_pictures(sampler, name, count) if _has_pictures(sampler, name) else _free(sampler, count)
        if picture is not None:
            yield name if number else "samples", picture


def _has_pictures(sampler: Sampler, draw: str) -> bool:
    return asked_with_pictures(sampler.conditions(draw).values())


def _free(sampler: Sampler, count: int) -> Picture | None:
    """A column has the same seed for every class."""
    classes = sampler.num_classes
    if not classes:
        images = kinds.of(sampler.output()).picture(sampler(range(count)))
        return None if images is None else in_rows(images)
    seeds = np.tile(np.arange(max(1, count // classes)), classes)
    labels = np.repeat(np.arange(classes), max(1, count // classes)).astype(np.int32)
    images = kinds.of(sampler.output()).picture(sampler(seeds, {"label": labels}))
    return None if images is None else by_class(images, labels, classes)


def _asked_with_pictures(sampler: Sampler, draw: str, count: int) -> Picture | None:
    output = sampler.output(draw)
    seeds = np.arange(max(1, count // 2))
    outputs = kinds.of(output).picture(sampler(seeds, draw=draw))
    if outputs is None or not output.is_visible:
        return None
    condition = sampler.condition(seeds, draw=draw)
    asked = sampler.conditions(draw).items()
    beside = [kinds.of(column).picture(condition[name]) for name, column in asked if column.is_visible]
    own = sampler.request(draw).draw.output
    targets = [] if own in condition else [kinds.of(output).picture(sampler.examples(seeds)[own])]
    return in_rows(side_by_side([*beside, outputs, *targets]), len(beside) + 1 + len(targets))


def real(data: Dataset, num_classes: int, count: int, seed: int) -> Picture | None:
    """About `count` images of the data in the order of training, laid out like the generated ones."""
    room = max(1, count // num_classes) if num_classes else count
    rows: dict[int, list[np.ndarray]] = {label: [] for label in range(max(num_classes, 1))}
    for i in order.indices(seed, 0, min(len(data), 20 * count), len(data)):
        example = data.example(int(i), (seed, int(i)))
        row = rows[int(example["label"]) if num_classes else 0]
        if len(row) < room:
            row.append(example["image"])
        if all(len(row) == room for row in rows.values()):
            break
    labels = np.concatenate([np.full(len(row), label, np.int32) for label, row in rows.items()])
    images = kinds.of(data.columns["image"]).picture(np.stack([image for row in rows.values() for image in row]))
    if images is None:
        return None
    return by_class(images, labels, num_classes) if num_classes else in_rows(images)
