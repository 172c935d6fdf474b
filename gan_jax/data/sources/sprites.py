"""Sprites: a procedural set of coloured shapes whose every factor is known, drawn at any resolution."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from gan_jax.bounds import Count, Positive
from gan_jax.data import order, splits, sprite_captions, sprite_factors
from gan_jax.errors import InputError

KINDS = dict(  # of factors, in the words of gan_jax.data.factors
    shape="class", hue="turn", size="number", angle="turn", x="number", y="number", texture="class", background="turn"
)
FACTORS = tuple(KINDS)
SHAPES = ("disc", "ring", "triangle", "square", "star", "cross")
TEXTURES = ("plain", "stripes", "checks")
SIZES = (0.14, 0.25)  # the radius of the circle around a shape, in short sides of the image
CENTERS = (0.25, 0.75)  # in widths and heights: with the sizes above every shape lies inside the image


class Sprites:
    """Sprite i is a function of the seed and i alone."""

    classes = SHAPES
    num_classes = len(SHAPES)
    factor_names = FACTORS
    factor_kinds = tuple(KINDS.values())
    factor_classes = {"shape": SHAPES, "texture": TEXTURES}  # noqa: RUF012  # never changed

    def __init__(self, chosen: np.ndarray, resolution: tuple[int, int], seed: int):
        self.chosen, self.resolution, self.seed = chosen, resolution, seed

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        factors = self.factors(i)
        return {"image": draw(factors, self.resolution), "label": np.int32(factors[0]), "factors": factors}

    def factors(self, i: int) -> Float[np.ndarray, "8"]:
        """Of sprite i."""
        return factors_of(order.uniform(len(FACTORS), self.seed, int(self.chosen[i])))

    def read_factors(self, images: UInt8[np.ndarray, "n height width 3"]) -> Float[np.ndarray, "n 8"]:
        """What images show of their factors, NaN where that cannot be measured: shape, angle and texture."""
        found = sprite_factors.read(images, _shade(images.shape[1]))
        return np.stack([found.get(name, np.full(len(images), np.nan)) for name in FACTORS], axis=1)


class Captioned(Sprites):
    """Sprites of nameable colours with a column `text`: a caption each, which may leave things out."""

    def __init__(self, chosen: np.ndarray, resolution: tuple[int, int], seed: int, compositions: str):
        super().__init__(chosen, resolution, seed)
        self.compositions = compositions

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        return {**super().__getitem__(i), "text": np.str_(self.text(i))}

    def factors(self, i: int) -> Float[np.ndarray, "8"]:
        uniform = order.uniform(len(FACTORS), self.seed, int(self.chosen[i]))
        factors = factors_of(uniform)
        return sprite_captions.coloured(factors, order.uniform(2, self.seed, int(self.chosen[i]), 1), self.compositions)

    def text(self, i: int) -> str:
        """The caption of sprite i."""
        known = sprite_captions.attributes(dict(zip(FACTORS, self.factors(i).tolist(), strict=True)), SHAPES, TEXTURES)
        return sprite_captions.caption(known, order.uniform(32, self.seed, int(self.chosen[i]), 2))

    def texts(self, column: str) -> Iterator[str]:
        """All captions, without their pictures."""
        return map(self.text, range(len(self)))


def make(
    *,
    count: Positive = 10_000,
    resolution: tuple[int, int] = (32, 32),
    seed: Count = 0,
    split: str = "all",
    captions: bool = False,
    compositions: Literal["all", "seen", "unseen"] = "all",
) -> Sprites:
    """`count` RGB sprites of (height, width) pixels; the label is the shape, `factors` float32 [8] as in FACTORS.

    captions: a column `text` that says in English what there is to see, for `data.tokenizer`; hues have names then.
    compositions: of such a set, "seen" leaves out one colour of each shape, and "unseen" holds these alone.
    """
    if min(resolution) < 1 or count < 1 or seed < 0:
        raise InputError(
            f"sprites: resolution={resolution}, count={count} must be at least 1, and seed={seed} at least 0"
        )
    chosen = splits.select(split, count, shuffle=False)
    if captions:
        return Captioned(chosen, resolution, seed, compositions)
    if compositions != "all":
        raise InputError(f"sprites: compositions={compositions!r} is about sprites with captions: set captions=True")
    return Sprites(chosen, resolution, seed)


def factors_of(uniform: np.ndarray) -> Float[np.ndarray, "8"]:
    """Independent factors from eight numbers in [0, 1).

    shape and texture are whole numbers; hue, angle and background fractions of a turn; size, x and y lie in SIZES and
    CENTERS.
    """
    shape, hue, size, angle, x, y, texture, background = uniform
    place = [low + (high - low) * u for (low, high), u in ((SIZES, size), (CENTERS, x), (CENTERS, y))]
    values = [int(shape * len(SHAPES)), hue, place[0], angle, *place[1:], int(texture * len(TEXTURES)), background]
    return np.array(values, np.float32)


def draw(factors: Float[np.ndarray, "8"], resolution: tuple[int, int]) -> UInt8[np.ndarray, "height width 3"]:
    """The sprite with these factors; edges are anti-aliased over one pixel by their signed distance."""
    height, width = resolution
    shape, hue, size, angle, x, y, texture, background = factors.tolist()
    radius = size * min(height, width)  # pixels
    right = np.arange(0.5, width, dtype=np.float32) - x * width
    down = (np.arange(0.5, height, dtype=np.float32) - y * height)[:, None]
    cosine, sine = np.float32(np.cos(2 * np.pi * angle)), np.float32(np.sin(2 * np.pi * angle))
    u, v = (cosine * right + sine * down) / radius, (cosine * down - sine * right) / radius  # in the shape's own frame
    inside = np.clip(0.5 - _distance(SHAPES[int(shape)], u, v) * radius, 0, 1)[:, :, None]
    lightness = (1 - 0.5 * _pattern(TEXTURES[int(texture)], u, v, radius))[:, :, None]
    ground = _shade(height) * _colour(background, saturation=0.25, value=1.0)
    paint = lightness * _colour(hue, saturation=0.8, value=0.95)
    return np.rint(255 * (ground + inside * (paint - ground))).astype(np.uint8)


def _shade(height: int) -> Float[np.ndarray, "height 1 1"]:
    """How light the ground is, row by row."""
    return np.linspace(1, 0.8, height, dtype=np.float32)[:, None, None]


def _distance(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Signed distance to a shape inside the unit circle, negative inside."""
    if shape == "disc":
        return np.hypot(u, v) - 1
    if shape == "ring":
        return np.abs(np.hypot(u, v) - 0.75) - 0.25
    return _polygon_distance(_POLYGONS[shape], u, v)


def _polygon_distance(corners: np.ndarray, u: np.ndarray, v: np.ndarray) -> np.ndarray:
    """Signed distance to a polygon with corners [N, 2]: the nearest edge, with the sign by even-odd crossings."""
    nearest = np.full(u.shape, np.inf, np.float32)
    outside = np.ones(u.shape, bool)
    for (u0, v0), (u1, v1) in zip(corners.tolist(), np.roll(corners, -1, axis=0).tolist(), strict=True):
        edge_u, edge_v = u1 - u0, v1 - v0
        du, dv = u - u0, v - v0
        along = np.clip((du * edge_u + dv * edge_v) / (edge_u**2 + edge_v**2), 0, 1)
        nearest = np.minimum(nearest, (du - along * edge_u) ** 2 + (dv - along * edge_v) ** 2)
        if edge_v:
            outside ^= ((v0 > v) != (v1 > v)) & (du < dv * (edge_u / edge_v))
    return np.where(outside, 1, -1) * np.sqrt(nearest)


def _around(turns: np.ndarray, radii: np.ndarray | float) -> np.ndarray:
    """Corners at these fractions of a turn, clockwise from the top."""
    return np.stack([np.sin(2 * np.pi * turns), -np.cos(2 * np.pi * turns)], axis=1) * np.reshape(radii, (-1, 1))


_QUARTER = np.array([(1, 3), (1, 1), (3, 1)]) / np.sqrt(10)  # of the cross, whose arms are three times as long as wide
_TURN = np.array([(0, -1), (1, 0)])
_POLYGONS = {
    "triangle": _around(np.arange(3) / 3, 1.0),
    "square": _around(np.arange(4) / 4 + 1 / 8, 1.0),
    "star": _around(np.arange(10) / 10, np.tile([1.0, 0.45], 5)),
    "cross": np.concatenate([_QUARTER @ np.linalg.matrix_power(_TURN, quarters) for quarters in range(4)]),
}


def _pattern(texture: str, u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    """How dark the texture is, in [0, 1]: 1.5 periods across the shape, smoothed over one pixel."""
    if texture == "plain":
        return np.zeros_like(u)
    frequency = 1.5 * np.pi  # radians per radius
    wave = np.sin(frequency * u) if texture == "stripes" else np.sin(frequency * u) * np.sin(frequency * v)
    return np.clip(0.5 + wave * radius / frequency, 0, 1)


def _colour(hue: float, *, saturation: float, value: float) -> np.ndarray:
    """HSV to RGB, float32 [3] in [0, 1]."""
    ramp = np.clip(np.abs((hue + np.array([1, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1, 0, 1)
    return (value * (1 - saturation * (1 - ramp))).astype(np.float32)
