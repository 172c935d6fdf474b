"""What a source may say beside its examples, and what one that is made of another keeps of it.

All of it is optional: facts of the set; what reads pictures that are like those of the set; what example i asks for
(`asked`), its image file as bytes (`file`) and whether that is a JPEG (`is_jpeg`); all strings of a column (`texts`).
"""

from typing import Any

import numpy as np
from jaxtyping import Int64

from gan_jax.data import jpegs
from gan_jax.data.sources import Source

FACTS = ("num_classes", "classes", "kinds", "sizes", "factor_names", "factor_kinds", "factor_classes")
READERS = ("read_factors", "shown")
OF_ONE = ("asked", "file")


class Wrapped:
    """Example i is made of example `chosen[i]` of an inner source, and has what that one may have beside a source's.

    Names and labels, by which a run knows its data again, each kind of wrapper gives itself.
    """

    kept: tuple[str, ...] = FACTS + READERS

    def __init__(self, inner: Source, chosen: Int64[np.ndarray, "chosen"]):
        self.inner, self.chosen = inner, chosen

    def __len__(self) -> int:
        return len(self.chosen)

    def __getattr__(self, name: str) -> Any:
        """Called for what is not there by itself; what the inner source does not have is not there at all."""
        if name in self.kept:
            return getattr(self.inner, name)
        if name in OF_ONE:
            of_one = getattr(self.inner, name)
            return lambda i: of_one(int(self.chosen[i]))
        if name == "texts":
            texts = self.inner.texts
            return lambda column: _at(list(texts(column)), self.chosen)
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def is_jpeg(self, i: int) -> bool:
        """Whether example i is of a JPEG file."""
        return jpegs.is_jpeg(self.inner, int(self.chosen[i]))


def _at(values: list, chosen: Int64[np.ndarray, "chosen"]) -> list:
    return [values[i] for i in chosen]
