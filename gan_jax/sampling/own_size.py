"""Pictures at sizes of their own, for networks that take any: made to fit at their far edges, and cut back after."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from jaxtyping import UInt8

from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler

MULTIPLES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


def fitting(
    sampler: Sampler, draw: str, name: str, sides: tuple[int, int], options: Mapping[str, Any]
) -> tuple[tuple[int, int], int]:
    """The smallest sides from `sides` on that the network takes in the column `name`, and how often larger it answers.

    It takes those whose answers are larger than they are by the same whole number as those of the data. All of it is
    found on shapes.
    """
    height, _, channels = sampler.conditions(draw)[name].shape
    scale = sampler.output(draw, **options).shape[0] // height
    for multiple in MULTIPLES:
        fit = tuple(-(-side // multiple) * multiple for side in sides)
        try:
            found = sampler.output(draw, {name: np.zeros((1, *fit, channels), np.uint8)}, **options).shape
        except (TypeError, ValueError):  # a network that halves sides refuses those that it cannot
            continue
        if found[:2] == tuple(scale * side for side in fit):
            return fit, scale
    raise InputError(f"The draw {draw!r} takes pictures of the size of the data alone: leave out --own_size.")


def padded(
    picture: UInt8[np.ndarray, "height width channels"], sides: tuple[int, int]
) -> UInt8[np.ndarray, "new_height new_width channels"]:
    """The picture, mirrored at its lower and right edge until it has these sides."""
    more = [(0, new - old) for new, old in zip(sides, picture.shape[:2], strict=True)]
    return np.pad(picture, (*more, (0, 0)), mode="symmetric")
