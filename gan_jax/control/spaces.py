"""The spaces in which a trained model's images have codes: z, its latent, and w where it has one.

A space is a pair of draws: one gives codes by seed, the other, with `from_` before its name, makes an image of a code.
A third, with `to_` before it, gives the code of an image, where a model encodes. So whatever is done to codes serves
every model that has them.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Array, Float, PyTree

from gan_jax.errors import InputError, nearest
from gan_jax.sampling.requests import resolve_options
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column

FROM, TO = "from_", "to_"

# (variables, codes [B, *shape], seeds uint32 [B], other columns {name: [B, ...]}) -> images [B, H, W, C] in [-1, 1], of
# the variables that `sampler.prepared(space.draw, **options)` gives.
Painter = Callable[[Mapping[str, PyTree], Array, Array, Mapping[str, Array]], Array]


class Space(NamedTuple):
    """A space of codes."""

    name: str  # of the draw that gives them
    shape: tuple[int, ...]  # of a code

    @property
    def draw(self) -> str:
        """The draw that makes an image of a code."""
        return FROM + self.name

    @property
    def encoder(self) -> str:
        """The draw that gives the code of an image, of a model that encodes."""
        return TO + self.name

    @property
    def rows(self) -> int:
        """How many layers have a part of a code of their own, [rows, size]; 0 where a code is one for all."""
        return self.shape[0] if len(self.shape) == 2 else 0

    @property
    def shape_of_part(self) -> tuple[int, ...]:
        """The shape of what a layer reads: of a code, or of one of its rows."""
        return self.shape[1:] if self.rows else self.shape

    @property
    def is_normal(self) -> bool:
        """Whether codes are normal, so that the way between two is part of a circle; else it is straight."""
        return self.name == "z"


def spaces(sampler: Sampler) -> dict[str, Space]:
    """The model's spaces by name."""
    found = {}
    for name, draw in sampler.objective.draws.items():
        code = name.removeprefix(FROM)
        if name != code and code in sampler.objective.draws and code in draw.given:
            found[code] = Space(code, tuple(sampler.conditions(name)[code].shape))
    return found


def space_of(sampler: Sampler, name: str, key: str) -> Space:
    """The space of that name; `key` is how it was asked for.

    Raises:
        InputError: the model has no such space.
    """
    found = spaces(sampler)
    if not found:
        raise InputError(f"{key}: {sampler.name} has no codes, for its latent is no array of numbers.")
    if name not in found:
        raise InputError(f"{key}: {sampler.name} has no space {name!r}. {nearest(name, found)}")
    return found[name]


def asked_of_encoder(sampler: Sampler, space: Space) -> dict[str, Column]:
    """The columns of an image that its code is found by; nothing of a model that does not encode."""
    return sampler.conditions(space.encoder) if space.encoder in sampler.objective.draws else {}


def painter(sampler: Sampler, space: Space, options: Mapping[str, Any]) -> Painter:
    """From codes to images as a pure function, differentiable in the codes; `options` are those of `space.draw`."""
    request = sampler.request(space.draw)
    split = resolve_options(request.draw, options)

    def paint(
        variables: Mapping[str, PyTree], codes: Float[Array, "batch ..."], seeds: Array, columns: Mapping[str, Array]
    ) -> Float[Array, "batch height width channels"]:
        latent = request.latent(split.latent, seeds)
        return request.draw.sample(variables, latent, {**columns, space.name: codes}, **dict(split.sample))

    return paint


def columns_of(sampler: Sampler, space: Space, seeds: Any, condition: Mapping[str, Any]) -> dict[str, np.ndarray]:
    """What else an image is made of than its code: the columns that are given, and the others by seed."""
    count = len(seeds)
    zeros = np.zeros((count, *space.shape), np.float32)
    columns = sampler.condition(seeds, {**condition, space.name: zeros}, space.draw)
    return {name: values for name, values in columns.items() if name != space.name}
