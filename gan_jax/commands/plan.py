"""What `sample` is to draw, once its arguments have been read for the model."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Integer

from gan_jax.control.spaces import Space
from gan_jax.errors import InputError
from gan_jax.sampling.photographs import Photographs, answers
from gan_jax.sampling.sampler import Sampler

NOTHING: Mapping[str, np.ndarray] = MappingProxyType({})


class Plan(NamedTuple):
    """What is to be drawn."""

    sampler: Sampler
    draw: str
    seeds: np.ndarray
    condition: dict[str, np.ndarray | Photographs]  # a row for each seed
    options: dict[str, Any]
    names: list[str]  # of the rows' files, without suffix, where each has one
    sources: list[str]  # that they were made of, where they were
    notes: Mapping[str, np.ndarray] = NOTHING  # what else there is to say of each output
    across: int = 0  # outputs in a row of a grid; 0: as they come
    corner: bool = False  # whether the first output stands for a place that is left white
    space: Space | None = None  # in which the condition has codes, to walk from one to the next ...
    straight: bool = False  # ... in lines

    def outputs(self, batch_size: int) -> Iterator[np.ndarray]:
        """What comes out, in parts; what is made of photographs is as large as each of them asks for."""
        if any(isinstance(values, Photographs) for values in self.condition.values()):
            return answers(self.sampler, self.seeds, self.condition, self.draw, self.options)
        return self.sampler.stream(self.seeds, self.condition, draw=self.draw, batch_size=batch_size, **self.options)

    def only(self, rows: Integer[np.ndarray, "rows"] | slice) -> "Plan":
        """Some of the outputs."""
        chosen = np.arange(len(self.seeds))[rows]
        return self._replace(
            seeds=self.seeds[chosen],
            condition={name: values[chosen] for name, values in self.condition.items()},
            names=[self.names[row] for row in chosen] if self.names else self.names,
            sources=[self.sources[row] for row in chosen] if self.sources else self.sources,
            notes={name: values[chosen] for name, values in self.notes.items()},
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
