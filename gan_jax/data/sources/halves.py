"""Pictures that hold two side by side, such as a photograph and its label map."""

import numpy as np

from gan_jax.data.sources import Source
from gan_jax.data.sources.wrapped import FACTS, Wrapped
from gan_jax.errors import InputError


class Halves(Wrapped):
    """Each picture of a source as two columns."""

    kept = FACTS  # whole pictures can be read, and these are none

    def __init__(self, source: Source, left: str, right: str):
        super().__init__(source, np.arange(len(source)))
        self.left, self.right = left, right
        self.names = getattr(source, "names", ())

    def __getitem__(self, i: int) -> dict[str, np.ndarray | np.generic]:
        example = self.inner[i]
        picture = example["image"]
        width = picture.shape[1]
        if width % 2:
            raise InputError(f"halves: picture {i} is {width} pixels wide, which are no two halves")
        rest = {name: value for name, value in example.items() if name != "image"}
        taken = rest.keys() & {self.left, self.right}
        if taken:
            raise InputError(f"halves: the source has a column {min(taken)!r} already; give that half another name")
        return {**rest, self.left: picture[:, : width // 2], self.right: picture[:, width // 2 :]}


def make(source: Source, *, left: str = "image", right: str = "source") -> Halves:
    """The pictures of another source, cut in the middle; `left` and `right` are the columns of the halves."""
    if "image" not in (left, right) or left == right:
        raise InputError(f"halves: left = {left!r} and right = {right!r} should be two columns, one of them 'image'")
    return Halves(source, left, right)
