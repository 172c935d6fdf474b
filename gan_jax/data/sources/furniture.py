"""Furniture: a procedural set of voxels whose every factor is known, at any resolution."""

import numpy as np
from jaxtyping import Float, UInt8

from gan_jax.bounds import Count, Positive
from gan_jax.data import order, splits
from gan_jax.data.furniture import KINDS, SIZES, Piece
from gan_jax.data.solids import moved, voxels
from gan_jax.errors import InputError

FACTORS = dict(  # in the words of gan_jax.data.factors
    kind="class",
    width="number",
    depth="number",
    height="number",
    level="number",
    thickness="number",
    style="class",
    round="class",
)
CLASSES = tuple(KINDS)
THICKNESS = (0.0625, 0.09)  # of legs and boards: of 32 voxels at least two, so that one is always full
FLOOR = 1 / 16  # where pieces stand
SMALLEST = 8  # voxels of a side
SEEN = 64  # of 255: a fuller voxel counts where a piece is measured


class Furniture:
    """Piece i is a function of the seed and i alone."""

    classes = CLASSES
    num_classes = len(CLASSES)
    factor_names = tuple(FACTORS)
    factor_kinds = tuple(FACTORS.values())
    factor_classes = {"kind": CLASSES, "style": ("0", "1", "2"), "round": ("square", "round")}  # noqa: RUF012

    def __init__(self, chosen: np.ndarray, resolution: int, seed: int):
        self.chosen, self.resolution, self.seed = chosen, resolution, seed

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        factors = factors_of(order.uniform(len(FACTORS), self.seed, int(self.chosen[i])))
        return {"image": draw(factors, self.resolution), "label": np.int32(factors[0]), "factors": factors}

    def read_factors(self, images: UInt8[np.ndarray, "n depth height width 1"]) -> Float[np.ndarray, "n 8"]:
        """What voxels show of their factors, NaN where that is not measured: width, depth and height, by the extent."""
        found = np.full((len(images), len(FACTORS)), np.nan, np.float32)
        for image, row in zip(images[..., 0] > SEEN, found, strict=True):
            for place, axis in ((1, 2), (2, 0), (3, 1)):
                filled = np.flatnonzero(image.any(axis=tuple({0, 1, 2} - {axis})))
                row[place] = (filled[-1] - filled[0] + 1) / image.shape[axis] if len(filled) else np.nan
        return found


def make(*, count: Positive = 10_000, resolution: Positive = 32, seed: Count = 0, split: str = "all") -> Furniture:
    """`count` pieces as uint8 [resolution, resolution, resolution, 1], depth, height and width, 255 inside.

    The label is the kind, `factors` float32 [8] as in FACTORS.
    """
    if resolution < SMALLEST:
        raise InputError(f"furniture: resolution={resolution} should be at least {SMALLEST}")
    return Furniture(splits.select(split, count, shuffle=False), resolution, seed)


def factors_of(uniform: np.ndarray) -> Float[np.ndarray, "8"]:
    """Factors from as many numbers in [0, 1): lengths in sides of the grid, between those that the kind may have."""
    kind, *lengths, level, thickness, style, is_round = uniform
    number = int(kind * len(CLASSES))
    sizes = [low + (high - low) * u for (low, high), u in zip(SIZES[CLASSES[number]], lengths, strict=True)]
    thick = THICKNESS[0] + (THICKNESS[1] - THICKNESS[0]) * thickness
    return np.array([number, *sizes, level, thick, int(style * 3), int(is_round * 2)], np.float32)


def draw(factors: Float[np.ndarray, "8"], resolution: int) -> UInt8[np.ndarray, "depth height width 1"]:
    """The piece with these factors, standing in the middle of its floor and looking to the front."""
    kind, width, depth, height, level, thickness, style, is_round = factors.tolist()
    piece = Piece(width, depth, height, level, thickness, int(style), bool(is_round))
    return voxels(moved(KINDS[CLASSES[int(kind)]](piece), (0.5, FLOOR, 0.5)), (resolution,) * 3)
