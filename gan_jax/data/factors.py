"""What is known of the examples of a set: their factors by name, or their classes; as factors and as attributes.

A source that gives a column `factors` [K] may say with `factor_names` what they are called, and with `factor_kinds`
what they are: "number", "turn" (a fraction of a turn, where 0 and 1 are the same) or "class" (whole numbers, whose
names are `factor_classes[name]`). Of any other source with labels the class is the one factor.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

import numpy as np
from jaxtyping import Float, Integer, UInt8

from gan_jax.data.dataset import Dataset
from gan_jax.errors import InputError

KINDS = ("number", "turn", "class")
BINS = 20  # of a factor that is no class, where one has to count


class Factor(NamedTuple):
    """One factor of some examples."""

    name: str
    kind: Literal["number", "turn", "class"]
    values: Float[np.ndarray, "n"]
    classes: tuple[str, ...] = ()  # the names of its values, of a class

    def attributes(self) -> Iterator[tuple[str, Float[np.ndarray, "n"]]]:
        """Numbers that say the same and can be regressed on, by name.

        A turn has no first and no last value: it is its cosine and sine. A class is a mark for each of its values.
        """
        if self.kind == "number":
            yield self.name, self.values
        elif self.kind == "turn":
            yield f"{self.name}_cos", np.cos(2 * np.pi * self.values)
            yield f"{self.name}_sin", np.sin(2 * np.pi * self.values)
        else:
            prefix = f"{self.name}_" if self.name else ""
            for number, word in enumerate(self.classes):
                yield prefix + word, np.where(np.isnan(self.values), np.nan, self.values == number)

    def counted(self) -> Integer[np.ndarray, "n"]:
        """Its values as whole numbers from 0: of a class as they are, else in 20 equal intervals."""
        if self.kind == "class":
            return self.values.astype(np.int64)
        low, high = (0, 1) if self.kind == "turn" else (self.values.min(), self.values.max())
        width = max(high - low, np.finfo(np.float32).tiny)
        return np.minimum((self.values - low) / width * BINS, BINS - 1).astype(np.int64)


def factors_of(data: Dataset, columns: dict[str, np.ndarray], where: str) -> list[Factor]:
    """The factors of some examples of a set, of which `columns` are; `where` begins what is said of them.

    Raises:
        InputError: the set has neither factors nor classes.
    """
    if "factors" in columns:
        return factors_from(data, columns["factors"], where)
    if data.num_classes:
        return [Factor("", "class", columns["label"].astype(np.float64), data.classes)]
    raise InputError(f"{where}: the examples have neither a column `factors` nor labels, so nothing is known of them.")


def factors_from(data: Dataset, values: Float[np.ndarray, "n ..."], where: str) -> list[Factor]:
    """The factors whose values these are, in the set's own order."""
    if values.ndim != 2:
        raise InputError(f"{where}: the column `factors` of an example has shape {list(values.shape[1:])}, not [K].")
    count = values.shape[1]
    names = tuple(getattr(data.source, "factor_names", ())) or tuple(f"factor{i}" for i in range(count))
    kinds = tuple(getattr(data.source, "factor_kinds", ())) or ("number",) * count
    if not len(names) == len(kinds) == count or not set(kinds) <= set(KINDS):
        raise InputError(
            f"{where}: the source has {count} factors, {len(names)} factor_names and {len(kinds)} factor_kinds, which "
            f"should be as many, and each kind one of {', '.join(KINDS)}."
        )
    words = getattr(data.source, "factor_classes", {})
    return [
        Factor(name, kind, column, tuple(words.get(name, ())) or _numbers(kind, column))
        for name, kind, column in zip(names, kinds, values.astype(np.float64).T, strict=True)
    ]


def _numbers(kind: str, values: Float[np.ndarray, "n"]) -> tuple[str, ...]:
    known = values[~np.isnan(values)]
    return tuple(map(str, range(int(known.max(initial=-1)) + 1))) if kind == "class" else ()


def read_factors(data: Dataset, images: UInt8[np.ndarray, "n height width channels"], where: str) -> list[Factor]:
    """The factors that images of a set's kind show, by its source's own `read_factors(images)` -> [n, K].

    What it cannot read is NaN.

    Raises:
        InputError: the source has no such method.
    """
    if not hasattr(data.source, "read_factors"):
        raise InputError(f"{where}: the source cannot read factors from images, as `sprites` can (read_factors).")
    return factors_from(data, data.source.read_factors(images), where)


def attributes_of(factors: list[Factor]) -> dict[str, Float[np.ndarray, "n"]]:
    """The attributes of all factors by name, without those that are alike in all examples or known of none."""
    found = {name: values for factor in factors for name, values in factor.attributes()}
    return {name: values for name, values in found.items() if not np.isnan(values).any() and np.ptp(values)}
