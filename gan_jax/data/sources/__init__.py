"""Where examples come from.

A source has `__len__` and `__getitem__(i) -> dict` of NumPy arrays: `image` (uint8 [H, W, C], any size, 1, 3 or 4
channels) and, where it knows them, `label` (int32) and others, such as `factors`. It says what its labels are with
`num_classes` (0: none) and `classes` (their names). A source that streams through worker processes must be picklable,
and one that finds a damaged example raises an InputError or OSError that names it.
"""

from typing import Protocol

import numpy as np


class Source(Protocol):
    """A finite set of examples with random access."""

    num_classes: int  # 0 when there are no labels
    classes: tuple[str, ...]

    def __len__(self) -> int: ...

    def __getitem__(self, i: int) -> dict[str, np.ndarray]: ...
