"""Where examples come from.

A source has `__len__` and `__getitem__(i) -> dict` of NumPy arrays: `image` (uint8 [H, W, C], any size, 1 to 4
channels) and, where it knows them, `label` (int32) and others, such as `factors`. One with labels says how many classes
there are with `num_classes`, and names them with `classes`, a tuple of strings of which number i is that of class i;
where it names none, they are called by their numbers. gan_jax.data.factors tells what it may say of `factors`, and
gan_jax.data.sources.wrapped what else there may be. One that streams through worker processes must be picklable; one
that finds a damaged example raises an InputError or OSError that names it.
"""

from typing import Protocol, runtime_checkable

import numpy as np


@runtime_checkable
class Source(Protocol):
    """A finite set of examples with random access."""

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> dict[str, np.ndarray]: ...
