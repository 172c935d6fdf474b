"""The codes that `sample` is asked about: given as numbers, those of given images, or drawn by seed."""

import argparse
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from gan_jax.control.spaces import Space, asked_of_encoder, columns_of
from gan_jax.errors import InputError
from gan_jax.sampling import wishes
from gan_jax.sampling.sampler import Sampler


class Coded(NamedTuple):
    """Codes, each with the seed and the other columns that its image is made of."""

    seeds: np.ndarray
    codes: np.ndarray
    condition: dict[str, np.ndarray]

    def rows(self, chosen: np.ndarray) -> "Coded":
        """Those of some rows."""
        return Coded(
            self.seeds[chosen], self.codes[chosen], {name: values[chosen] for name, values in self.condition.items()}
        )

    def then(self, other: "Coded") -> "Coded":
        """These and then others."""
        both = {name: np.concatenate([values, other.condition[name]]) for name, values in self.condition.items()}
        return Coded(np.concatenate([self.seeds, other.seeds]), np.concatenate([self.codes, other.codes]), both)


def shows_images(texts: Mapping[str, str], sampler: Sampler, space: Space) -> bool:
    """Whether a condition has what codes are found by, and images of the model are not made of."""
    return bool(texts.keys() & asked_of_encoder(sampler, space).keys() - sampler.conditions(space.draw).keys())


class Reader:
    """Codes as the arguments say, with the conditions and options of what is made of them.

    `first` are those that are asked for, and `sources` the names of the images that they are the codes of.
    """

    def __init__(self, flags: argparse.Namespace, sampler: Sampler, space: Space) -> None:
        self._sampler, self._space = sampler, space
        self._maker = space.name  # the draw that makes codes
        self._read_conditions(flags)
        self._read_options(flags)
        rows = max([0 if self._given is None else len(self._given), *self._lengths()])
        if flags.seeds is None and not rows:
            raise InputError("--seeds or --num is missing: which to draw.")
        seeds = numbers = np.arange(rows) if flags.seeds is None else flags.seeds
        if flags.interpolate and len(seeds) == 1 and rows > 1:  # of one seed a walk goes through all that is asked for
            seeds, numbers = seeds.repeat(rows), np.arange(rows)
        names = self._wishes[self._maker].names
        self.sources = [names[number % len(names)] for number in numbers if names]
        self.first = self.of(seeds, numbers)

    def _read_conditions(self, flags: argparse.Namespace) -> None:
        """What codes are made with, and what images: of these is all else, also what there is not, which is told."""
        sampler, space, texts = self._sampler, self._space, dict(flags.condition)
        given = {space.name: texts.pop(space.name)} if space.name in texts else {}
        self._given = wishes.read_conditions(sampler, space.draw, given).columns.get(space.name)
        if not given and shows_images(texts, sampler, space):
            self._maker = space.encoder
        known = {draw: {} if given else sampler.conditions(draw) for draw in {space.name, self._maker}}
        of_codes = {draw: _among(texts, names) for draw, names in known.items()}
        of_images = _but(texts, of_codes.values()) | _among(texts, sampler.conditions(space.draw))
        self._wishes = {
            draw: wishes.read_conditions(sampler, draw, some, flags.typed)
            for draw, some in {**of_codes, space.draw: of_images}.items()
        }
        if self._maker == space.encoder:
            self._know_classes(flags.condition)

    def _know_classes(self, texts: Mapping[str, str]) -> None:
        """Images whose class a model wants to be told are of that of their folder, where none is given."""
        if "label" in self._sampler.conditions(self._maker) and "label" not in texts:
            labels = wishes.own_labels(self._sampler, Path(texts["image"]))
            for draw, wish in self._wishes.items():
                if "label" in self._sampler.conditions(draw):
                    wish.columns["label"] = labels

    def _read_options(self, flags: argparse.Namespace) -> None:
        """Those of codes that are drawn by seed, and of the images that are made of codes."""
        drawn = self._given is None and self._maker == self._space.name
        of_codes = _among(flags.option, self._sampler.options(self._space.name)) if drawn else {}
        of_images = _but(flags.option, [of_codes]) | _among(flags.option, self._sampler.options(self._space.draw))
        self._options = (
            wishes.read_options(self._sampler, self._space.name, of_codes, flags.typed) if self._given is None else {}
        )
        self.options: dict[str, Any] = wishes.read_options(self._sampler, self._space.draw, of_images, flags.typed)

    def _lengths(self) -> Iterator[int]:
        for wish in self._wishes.values():
            yield from map(len, wish.columns.values())

    def of(self, seeds: np.ndarray, numbers: np.ndarray) -> Coded:
        """Those that are asked for; `numbers` says which row of what is given each takes."""
        if self._given is None:
            return self._made(seeds, numbers, self._maker)
        return self._with_columns(seeds, numbers, self._given[numbers % len(self._given)])

    def drawn(self, seeds: np.ndarray, numbers: np.ndarray) -> Coded:
        """Codes by seed."""
        return self._made(seeds, numbers, self._space.name)

    def _made(self, seeds: np.ndarray, numbers: np.ndarray, draw: str) -> Coded:
        condition = self._sampler.with_labels(seeds, wishes.for_rows(self._wishes[draw], numbers), draw)
        options = self._options if draw == self._space.name else {}
        return self._with_columns(seeds, numbers, self._sampler(seeds, condition, draw=draw, **options))

    def _with_columns(self, seeds: np.ndarray, numbers: np.ndarray, codes: np.ndarray) -> Coded:
        """Codes and what else their images are made of."""
        rows = wishes.for_rows(self._wishes[self._space.draw], numbers)
        return Coded(seeds, codes, columns_of(self._sampler, self._space, seeds, rows))


def _among(texts: Mapping[str, str], known: Iterable[str]) -> dict[str, str]:
    return {name: text for name, text in texts.items() if name in known}


def _but(texts: Mapping[str, str], taken: Iterable[Iterable[str]]) -> dict[str, str]:
    names = {name for some in taken for name in some}
    return {name: text for name, text in texts.items() if name not in names}
