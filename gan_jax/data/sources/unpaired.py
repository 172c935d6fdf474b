"""Two sets of pictures of which none belongs to another."""

import numpy as np

from gan_jax.data import order
from gan_jax.data.sources import Source
from gan_jax.errors import InputError


class Unpaired:
    """Example i has the i-th picture of the larger set and one of the smaller, which starts over when it is through."""

    def __init__(self, image: Source, source: Source):
        self.image, self.source = image, source
        self.num_classes = getattr(image, "num_classes", 0)
        self.classes = getattr(image, "classes", ())
        self.kinds, self.sizes = getattr(image, "kinds", {}), getattr(image, "sizes", {})
        self._orders = [order.permutation(len(side), place) for place, side in enumerate((image, source))]

    def __len__(self) -> int:
        return max(len(self.image), len(self.source))

    def __getitem__(self, i: int) -> dict[str, np.ndarray | np.generic]:
        first, second = (
            side[int(places[i % len(places)])]
            for side, places in zip((self.image, self.source), self._orders, strict=True)
        )
        if "source" in first:
            raise InputError(
                "unpaired: the set of `image` has a column 'source' already, and needs none of another set"
            )
        return {**first, "source": second["image"]}


def make(image: Source, source: Source) -> Unpaired:
    """The columns `image` and `source`, each of a source of its own, in orders of their own; labels are the image's."""
    return Unpaired(image, source)
