"""What `sample` is to draw, once its arguments have been read for the model."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np

from gan_jax.control.spaces import Space
from gan_jax.errors import InputError
from gan_jax.sampling import own_size
from gan_jax.sampling.sampler import Sampler

NOTHING: Mapping[str, np.ndarray] = MappingProxyType({})


class Plan(NamedTuple):
    """What is to be drawn."""

    sampler: Sampler
    draw: str
    seeds: np.ndarray
    condition: dict[str, np.ndarray]  # a row for each seed
    options: dict[str, Any]
    names: list[str]  # of the rows' files, without suffix, where each has one
    sources: list[str]  # that they were made of, where they were
    notes: Mapping[str, np.ndarray] = NOTHING  # what else there is to say of each output
    across: int = 0  # outputs in a row of a grid; 0: as they come
    corner: bool = False  # whether the first output stands for a place that is left white
    space: Space | None = None  # in which the condition has codes, to walk from one to the next ...
    straight: bool = False  # ... in lines
    sides: tuple[int, ...] = ()  # that outputs are cut to; (): as they come

    def outputs(self, batch_size: int) -> Iterator[np.ndarray]:
        """What comes out, in parts."""
        parts = self.sampler.stream(self.seeds, self.condition, draw=self.draw, batch_size=batch_size, **self.options)
        return (part[:, : self.sides[0], : self.sides[1]] for part in parts) if self.sides else parts

    def by_size(self) -> list["Plan"]:
        """A plan for each size of the pictures that outputs are made of, where these have sizes of their own."""
        own = next((name for name, values in self.condition.items() if values.dtype == object), None)
        if own is None:
            return [self]
        sizes = [picture.shape[:2] for picture in self.condition[own]]
        return [
            self._of_size(own, size, [n for n, other in enumerate(sizes) if other == size]) for size in sorted({*sizes})
        ]

    def _of_size(self, own: str, size: tuple[int, int], rows: list[int]) -> "Plan":
        fit, scale = own_size.fitting(self.sampler, self.draw, own, size, self.options)
        pictures = np.stack([own_size.padded(self.condition[own][row], fit) for row in rows])
        return self._replace(
            seeds=self.seeds[rows],
            condition={name: values[rows] for name, values in self.condition.items() if name != own} | {own: pictures},
            names=[self.names[row] for row in rows],
            sources=[self.sources[row] for row in rows],
            sides=tuple(scale * side for side in size),
        )

    @property
    def labels(self) -> np.ndarray | None:
        """The class of each output."""
        return self.condition.get("label")


def names_of(seeds: np.ndarray, sources: Sequence[str], flag: str = "--seeds") -> list[str]:
    """Of the files: those of the pictures that they are made of, or the seeds."""
    stems = [str(Path(source).with_suffix("")) for source in sources]
    if stems and len(set(stems)) == len(stems):
        return stems
    numbers, times = np.unique(seeds, return_counts=True)
    if len(numbers) < len(seeds):
        again = numbers[times > 1][0]
        raise InputError(f"{flag}: {again} is given twice, and its files would overwrite each other.")
    if not stems:
        return [f"seed{seed:08d}" for seed in seeds]
    return [f"{stem}_seed{seed:08d}" for stem, seed in zip(stems, seeds, strict=True)]
