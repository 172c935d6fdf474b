"""A small part of a labelled set with every class in it, inside the larger parts of the same seed."""

from typing import Annotated

import numpy as np
from jaxtyping import Int64, Integer

from gan_jax.bounds import Bounds, Seed
from gan_jax.data import order
from gan_jax.data.sources import Source
from gan_jax.data.sources.wrapped import Wrapped
from gan_jax.errors import InputError

APART = 1  # from other orders of the same examples, such as that of which a comparison takes the first


class Subset(Wrapped):
    """Some examples of a source."""

    def __init__(self, source: Source, chosen: Int64[np.ndarray, "chosen"], labels: Integer[np.ndarray, "all"]):
        super().__init__(source, chosen)
        self.labels = labels[chosen]
        if len(getattr(source, "names", ())) == len(source):
            self.names = [source.names[i] for i in chosen]

    def __getitem__(self, i: int) -> dict[str, np.ndarray | np.generic]:
        return self.inner[int(self.chosen[i])]


def make(source: Source, *, share: Annotated[float, Bounds(0, 1)], seed: Seed = 0) -> Subset:
    """A share of another source's examples, each class as often as in the whole.

    Those of a seed are nested: the 5 % are among the 10 %. `gan-jax augment` asks for generators trained on such parts.
    """
    if not getattr(source, "num_classes", 0):
        raise InputError("subset: the source has no labels, by which every class would have its share")
    labels = _labels(source)
    return Subset(source, in_order(labels, seed)[: size(share, len(labels))], labels)


def in_order(labels: Integer[np.ndarray, "n"], seed: int) -> Int64[np.ndarray, "n"]:
    """All examples, at random, so that the first n of them hold each class as often as the whole, for every n."""
    shuffled = order.permutation(len(labels), seed, APART)
    counts = np.bincount(labels)
    place = np.empty(len(labels))
    for label in np.flatnonzero(counts):
        own = np.flatnonzero(labels[shuffled] == label)
        place[own] = (np.arange(len(own)) + 0.5) / len(own)
    return shuffled[np.argsort(place, kind="stable")]


def size(share: float, whole: int) -> int:
    """How many examples a share is."""
    found = round(share * whole)
    if not found:
        raise InputError(f"subset: share={share:g} of {whole} examples is none of them")
    return found


def _labels(source: Source) -> Integer[np.ndarray, "n"]:
    known = getattr(source, "labels", None)
    if isinstance(known, np.ndarray) and len(known) == len(source):
        return known
    return np.array([source[i]["label"] for i in range(len(source))])
