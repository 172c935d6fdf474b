"""Two sets of pictures of which none belongs to another."""

import numpy as np

from gan_jax.data import order
from gan_jax.data.sources import Source
from gan_jax.data.sources.wrapped import Wrapped
from gan_jax.errors import InputError


class Unpaired(Wrapped):
    """Example i has the i-th picture of the larger set and one of the smaller, which starts over when it is through."""

    def __init__(self, image: Source, source: Source):
        count = max(len(image), len(source))
        chosen, self._others = (
            np.resize(order.permutation(len(side), place), count) for place, side in enumerate((image, source))
        )
        super().__init__(image, chosen)
        self.source = source

    def __getitem__(self, i: int) -> dict[str, np.ndarray | np.generic]:
        first, second = self.inner[int(self.chosen[i])], self.source[int(self._others[i])]
        if "source" in first:
            raise InputError(
                "unpaired: the set of `image` has a column 'source' already, and needs none of another set"
            )
        return {**first, "source": second["image"]}


def make(image: Source, source: Source) -> Unpaired:
    """The columns `image` and `source`, each of a source of its own, in orders of their own; labels are the image's."""
    return Unpaired(image, source)
