"""Large pictures in parts that overlap: what is made of the parts is what would be made of the whole."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import numpy as np
from jaxtyping import Shaped
from tqdm import tqdm

from gan_jax.errors import InputError
from gan_jax.sampling.requests import Request
from gan_jax.types import Local

CORE = 256  # pixels of a part's side at least, beside its margins

Columns = Mapping[str, Shaped[np.ndarray, "n ..."]]


class Stretch(NamedTuple):
    """Pixels of one side of a picture, and those among them that are far enough from the stretch's own ends."""

    begin: int
    end: int
    first: int
    last: int


def stretches(side: int, local: Local) -> list[Stretch]:
    """All of a short side, else stretches of one length, of which the last may be a little shorter.

    Margins are as wide as the network looks, and what lies between them is at least as wide as one of them.
    """
    reach, multiple = local
    length = -(-(max(CORE, reach) + 2 * reach) // multiple) * multiple
    if side <= length:
        return [Stretch(0, side, 0, side)]
    step = (length - 2 * reach) // multiple * multiple
    end = -(-(side - length) // multiple) * multiple  # where the last one begins
    begins = [*range(0, end, step), end]
    cuts = [0, *(begin + reach for begin in begins[1:]), side]
    return [
        Stretch(begin, min(begin + length, side), *kept)
        for begin, kept in zip(begins, itertools.pairwise(cuts), strict=True)
    ]


def joined(
    request: Request,
    condition: Columns,
    shape: tuple[int, ...],
    decode: Callable[[Columns, int], Iterable[np.ndarray]],
) -> Shaped[np.ndarray, "rows columns ..."]:
    """The output for one condition, whose pictures have one size, put together of those for their parts.

    Args:
        request: what is asked for, which looks so far around a place and no further.
        condition: one row of each column.
        shape: of the output, whose sides are multiples of the pictures'.
        decode: (condition of n rows, n) -> their outputs, in batches.
    """
    asked, local = request.conditions, request.draw.local
    if local is None:
        raise InputError(f"The draw {request.name!r} looks at pictures as a whole, and so at those of one size.")
    missing = asked.keys() - condition.keys()
    if missing:
        raise InputError(f"condition.{min(missing)} is missing: each picture is asked with a condition of its own.")
    pictures = {name: rows[0] for name, rows in condition.items() if asked[name].kind == "image"}
    rest = {name: rows for name, rows in condition.items() if name not in pictures}
    if len({picture.shape[:2] for picture in pictures.values()}) != 1:
        raise InputError(f"The pictures of one condition should have one size: {', '.join(pictures)}.")
    height, width = next(iter(pictures.values())).shape[:2]
    scale = shape[0] // height
    parts = sorted(itertools.product(stretches(height, local), stretches(width, local)), key=_size)
    whole = None
    with tqdm(total=len(parts), desc="Picture", unit=" parts", delay=2, leave=False) as bar:
        for _, group in itertools.groupby(parts, _size):  # each is one program
            alike = list(group)
            cut = {name: np.stack([_cut(picture, *part) for part in alike]) for name, picture in pictures.items()}
            same = {name: np.repeat(rows, len(alike), axis=0) for name, rows in rest.items()}
            outputs = itertools.chain.from_iterable(decode(cut | same, len(alike)))
            for (rows, columns), output in zip(alike, outputs, strict=True):
                whole = np.empty(shape, output.dtype) if whole is None else whole
                inner = output[_kept(rows, scale, rows.begin), _kept(columns, scale, columns.begin)]
                whole[_kept(rows, scale), _kept(columns, scale)] = inner
                bar.update()
    return whole


def _size(part: tuple[Stretch, Stretch]) -> tuple[int, ...]:
    return tuple(stretch.end - stretch.begin for stretch in part)


def _cut(picture: np.ndarray, rows: Stretch, columns: Stretch) -> np.ndarray:
    return picture[rows.begin : rows.end, columns.begin : columns.end]


def _kept(stretch: Stretch, scale: int, origin: int = 0) -> slice:
    """Where in an output what is kept lies that begins at `origin`."""
    return slice(scale * (stretch.first - origin), scale * (stretch.last - origin))
