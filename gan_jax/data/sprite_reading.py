"""The shape and texture that pictures of sprites show: the ones whose drawing is nearest, with the mistakes of a model.

Ground and paint are known by their hues, so each pixel says how much of it is shape, and how dark the texture is there.
"""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8

from gan_jax.data.sprite_drawing import GROUND, PAINT, SHAPES, TEXTURES, colour, distance, pattern, shade

AREAS = dict(disc=np.pi, ring=0.75 * np.pi, triangle=0.75 * np.sqrt(3), square=2.0, star=1.3225, cross=2.0)
SYMMETRIES = dict(disc=1, ring=1, triangle=3, square=4, star=5, cross=4)  # the turns that change nothing
TURNS = 8  # in which a shape is tried, of those that change something
TEXTURE_TURNS = 24
SEEN = 0.5  # of a pixel that is shape: what is more tells its texture

Plane = Float[np.ndarray, "height width"]
Across = Float[np.ndarray, "1 width"]  # from the centre of a shape, in pixels
Down = Float[np.ndarray, "height 1"]


class Shown(NamedTuple):
    """What one picture shows; NaN where it shows no shape at all."""

    shape: float  # the number of
    texture: float
    size: float  # of the circle around the shape, in short sides
    x: float
    y: float


def read(
    images: UInt8[np.ndarray, "n height width 3"],
    hues: Float[np.ndarray, "n"],
    grounds: Float[np.ndarray, "n"],
) -> list[Shown]:
    """Of pictures whose hues of paint and ground, in turns, have been measured."""
    return [_one(*each) for each in zip(images, hues, grounds, strict=True)]


def _one(image: UInt8[np.ndarray, "height width 3"], hue: float, ground: float) -> Shown:
    inside, light = _apart(image.astype(np.float64) / 255, hue, ground)
    area = inside.sum()
    height, width = inside.shape
    if not area > 4:  # pixels; NaN too
        return Shown(*[np.nan] * 5)
    across, down = np.arange(0.5, width)[None], np.arange(0.5, height)[:, None]
    x, y = (inside * across).sum() / area, (inside * down).sum() / area
    errors = {name: _misfit(name, inside, np.sqrt(area / AREAS[name]), across - x, down - y) for name in SHAPES}
    shape = min(errors, key=errors.__getitem__)
    radius = np.sqrt(area / AREAS[shape])
    texture = _texture(inside, light, radius, across - x, down - y)
    return Shown(SHAPES.index(shape), TEXTURES.index(texture), radius / min(height, width), x / width, y / height)


def _apart(pixels: Float[np.ndarray, "height width 3"], hue: float, ground: float) -> tuple[Plane, Plane]:
    """How much of each pixel is shape, and how light the paint is there.

    A pixel is ground + inside * (light * paint - ground), in which two numbers are unknown and three are seen.
    """
    paint, paper = colour(hue, **PAINT), colour(ground, **GROUND) * shade(len(pixels))
    paper = np.broadcast_to(paper, pixels.shape)
    both = np.stack([np.broadcast_to(paint, pixels.shape), -paper], axis=-1)  # of inside * light, and of inside
    square = both.swapaxes(-1, -2) @ both + 1e-9 * np.eye(2)
    found = np.linalg.solve(square, (both.swapaxes(-1, -2) @ (pixels - paper)[..., None]))[..., 0]
    inside = np.clip(found[..., 1], 0, 1)
    return inside, found[..., 0] / np.maximum(inside, 1e-6)


def _turned(turns: int, period: float, right: Across, down: Down, radius: float) -> tuple[np.ndarray, np.ndarray]:
    """Places in a shape's own frame, at so many angles [turns, height, width]."""
    angle = 2 * np.pi * np.arange(turns)[:, None, None] / turns * period
    cosine, sine = np.cos(angle), np.sin(angle)
    return (cosine * right + sine * down) / radius, (cosine * down - sine * right) / radius


def _misfit(shape: str, inside: Plane, radius: float, right: Across, down: Down) -> float:
    is_round = SYMMETRIES[shape] == 1
    u, v = _turned(1 if is_round else TURNS, 1 / SYMMETRIES[shape], right, down, radius)
    drawn = np.clip(0.5 - distance(shape, u, v) * radius, 0, 1)
    return np.square(drawn - inside).sum(axis=(1, 2)).min()


def _texture(inside: Plane, light: Plane, radius: float, right: Across, down: Down) -> str:
    weight = inside * (inside > SEEN)
    u, v = _turned(TEXTURE_TURNS, 1.0, right, down, radius)
    errors = {}
    for texture in TEXTURES:
        drawn = 1 - 0.5 * np.broadcast_to(pattern(texture, u, v, radius), u.shape)
        errors[texture] = (np.square(drawn - light) * weight).sum(axis=(1, 2)).min()
    return min(errors, key=errors.__getitem__)
