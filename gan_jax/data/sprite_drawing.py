"""How a sprite is drawn, at any resolution."""

import numpy as np
from jaxtyping import Float, UInt8

SHAPES = ("disc", "ring", "triangle", "square", "star", "cross")
TEXTURES = ("plain", "stripes", "checks")
GROUND, PAINT = dict(saturation=0.25, value=1.0), dict(saturation=0.8, value=0.95)  # of hues as colours


def draw(factors: Float[np.ndarray, "8"], resolution: tuple[int, int]) -> UInt8[np.ndarray, "height width 3"]:
    """The sprite with these factors; edges are anti-aliased over one pixel by their signed distance."""
    height, width = resolution
    shape, hue, size, angle, x, y, texture, background = factors.tolist()
    radius = size * min(height, width)  # pixels
    right = np.arange(0.5, width, dtype=np.float32) - x * width
    down = (np.arange(0.5, height, dtype=np.float32) - y * height)[:, None]
    cosine, sine = np.float32(np.cos(2 * np.pi * angle)), np.float32(np.sin(2 * np.pi * angle))
    u, v = (cosine * right + sine * down) / radius, (cosine * down - sine * right) / radius  # in the shape's own frame
    inside = np.clip(0.5 - distance(SHAPES[int(shape)], u, v) * radius, 0, 1)[:, :, None]
    lightness = (1 - 0.5 * pattern(TEXTURES[int(texture)], u, v, radius))[:, :, None]
    ground = shade(height) * colour(background, **GROUND)
    paint = lightness * colour(hue, **PAINT)
    return np.rint(255 * (ground + inside * (paint - ground))).astype(np.uint8)


def shade(height: int) -> Float[np.ndarray, "height 1 1"]:
    """How light the ground is, row by row."""
    return np.linspace(1, 0.8, height, dtype=np.float32)[:, None, None]


def distance(shape: str, u: np.ndarray, v: np.ndarray) -> np.ndarray:
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


def pattern(texture: str, u: np.ndarray, v: np.ndarray, radius: float) -> np.ndarray:
    """How dark the texture is, in [0, 1]: 1.5 periods across the shape, smoothed over one pixel."""
    if texture == "plain":
        return np.zeros_like(u)
    frequency = 1.5 * np.pi  # radians per radius
    wave = np.sin(frequency * u) if texture == "stripes" else np.sin(frequency * u) * np.sin(frequency * v)
    return np.clip(0.5 + wave * radius / frequency, 0, 1)


def colour(hue: float, *, saturation: float, value: float) -> np.ndarray:
    """HSV to RGB, float32 [3] in [0, 1]."""
    ramp = np.clip(np.abs((hue + np.array([1, 2 / 3, 1 / 3])) % 1 * 6 - 3) - 1, 0, 1)
    return (value * (1 - saturation * (1 - ramp))).astype(np.float32)
