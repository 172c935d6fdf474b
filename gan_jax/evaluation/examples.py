"""Examples of a data set to hold a model against one by one."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Integer

from gan_jax.data import order
from gan_jax.data.dataset import Dataset


class Examples(NamedTuple):
    """Some of a data set."""

    data: Dataset
    chosen: Integer[np.ndarray, "n"]

    def column(self, name: str) -> np.ndarray:
        """Their values in one column; of random crops one for each example, always the same."""
        return np.stack([self.data.example(int(i), (int(i),))[name] for i in self.chosen])


def some_of(data: Dataset, count: int = 0) -> Examples:
    """`count` examples by a fixed shuffle, so that a sorted set keeps all its classes; 0: all."""
    count = min(count, len(data)) if count else len(data)
    return Examples(data, np.sort(order.permutation(len(data))[:count]))
