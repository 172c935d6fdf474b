"""Pictures that hold two side by side, such as a photograph and its label map."""

import numpy as np

from gan_jax.data.sources import Source
from gan_jax.errors import InputError


class Halves:
    """Each picture of a source as two columns."""

    def __init__(self, source: Source, left: str, right: str):
        self.source, self.left, self.right = source, left, right
        self.num_classes = getattr(source, "num_classes", 0)
        self.classes = getattr(source, "classes", ())
        self.names = getattr(source, "names", ())
        self.kinds, self.sizes = getattr(source, "kinds", {}), getattr(source, "sizes", {})

    def __len__(self) -> int:
        return len(self.source)

    def __getitem__(self, i: int) -> dict[str, np.ndarray | np.generic]:
        example = self.source[i]
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
