"""Voxels as pictures: an orthographic view from above, with light, occluded corners and a shadow on the ground."""

import math

import numpy as np
from jaxtyping import Float, UInt8
from scipy import ndimage

from gan_jax.data import voxels

SIDE = 96  # pixels of a picture
FINE = 2  # times as many pixels each way, which are averaged
ELEVATION, AZIMUTH = math.radians(24), math.radians(-32)  # of the eye, above the ground and to the left of the front
LIGHT = np.array([-0.45, 0.75, -0.5])  # where it comes from: x, y, z
SKY = 0.42  # of the light that comes from all around
PAINT = np.array([233.0, 196.0, 146.0])  # of voxels without a colour: wood
ACROSS = 1.47  # sides of the grid that a picture shows: a full grid at any turn, as seen from above
GROUND, SHADOW = 250.0, 0.35
POINTS = 1.4  # a fine pixel's side, of each face, so that none of its pixels stays empty


def render(
    values: UInt8[np.ndarray, "n depth height width channels"], turn: Float[np.ndarray, "n"] | float = 0.0
) -> UInt8[np.ndarray, "n side side 3"]:
    """Pictures of voxels, seen from the front after a part of a `turn` about their vertical axis.

    Channels say what is inside as in gan_jax.data.voxels; the first of three or four are a colour.
    """
    turns = np.broadcast_to(np.asarray(turn, np.float64), (len(values),))
    return np.stack([_view(*pair) for pair in zip(values, turns, strict=True)])


def _view(values: UInt8[np.ndarray, "depth height width channels"], turn: float) -> UInt8[np.ndarray, "side side 3"]:
    inside = voxels.inside(values)
    paint = values[..., :3].astype(np.float32) if values.shape[-1] >= 3 else None
    angle = AZIMUTH + 2 * math.pi * turn
    size = SIDE * FINE
    camera = _Camera(angle, inside.shape, size)
    image = np.repeat(_ground(inside, camera, size)[..., None], 3, axis=2)
    points, colours = _surface(inside, paint, camera)
    if len(points):
        pixels, depth = camera.project(points)
        order = np.argsort(-depth, kind="stable")
        rows, columns = pixels[order].T
        image[rows, columns] = colours[order]  # of several at one place the last, which is the nearest
    small = image.reshape(SIDE, FINE, SIDE, FINE, 3).mean(axis=(1, 3))
    return np.clip(np.rint(small), 0, 255).astype(np.uint8)


class _Camera:
    """From places (z, y, x) in voxels, y upwards, to pixels and how far away they are."""

    def __init__(self, angle: float, shape: tuple[int, ...], size: int):
        depth, height, width = shape
        self.middle = np.array([depth, height, width]) / 2
        self.scale, self.size = size / (ACROSS * max(shape)), size
        eye = np.array([-math.cos(angle), 0.0, math.sin(angle)])  # towards it, along the ground
        self.right = np.array([math.sin(angle), 0.0, math.cos(angle)])
        self.forward = -(eye * math.cos(ELEVATION) + np.array([0.0, math.sin(ELEVATION), 0.0]))
        self.up = eye * -math.sin(ELEVATION) + np.array([0.0, math.cos(ELEVATION), 0.0])

    def project(self, points: Float[np.ndarray, "n 3"]) -> tuple[np.ndarray, np.ndarray]:
        """Rows and columns [n, 2], those outside of the picture on its edge, and depths [n]."""
        away = points - self.middle
        columns = self.size / 2 + self.scale * (away @ self.right)
        rows = self.size / 2 - self.scale * (away @ self.up)
        pixels = np.clip(np.stack([rows, columns], axis=1).astype(np.int64), 0, self.size - 1)
        return pixels, away @ self.forward


def _surface(
    inside: np.ndarray, paint: np.ndarray | None, camera: _Camera
) -> tuple[Float[np.ndarray, "points 3"], Float[np.ndarray, "points 3"]]:
    """Points on all faces that look at the eye, and their colours."""
    upright = inside[:, ::-1]
    padded = np.pad(upright, 2)
    around = ndimage.uniform_filter(padded.astype(np.float32), 5, mode="constant")  # how much is near
    found, colours = [np.zeros((0, 3))], [np.zeros((0, 3))]
    inner = (slice(2, -2),) * 3
    count = math.ceil(POINTS * camera.scale)
    steps = (np.arange(count) + 0.5) / count
    for axis in range(3):
        normal = np.zeros(3)
        normal[axis] = -1.0 if camera.forward[axis] > 0 else 1.0
        before = np.roll(padded, -int(normal[axis]), axis)  # what is in front of each voxel
        cells = np.argwhere((padded & ~before)[inner])
        if not len(cells):
            continue
        light = max(float(normal[[2, 1, 0]] @ LIGHT) / float(np.linalg.norm(LIGHT)), 0.0)
        a, b = (other for other in range(3) if other != axis)
        corners = _corners(before.astype(np.float32), a, b)
        at = tuple((cells + 2).T)
        shade = np.zeros((len(cells), count, count), np.float32)
        for i in (0, 1):
            for j in (0, 1):
                index = list(at)
                index[a], index[b] = index[a] + i, index[b] + j
                weight = (steps if i else 1 - steps)[:, None] * (steps if j else 1 - steps)
                shade += corners[tuple(index)][:, None, None] * weight
        ahead = tuple(place + int(normal[number]) for number, place in enumerate(at))
        open_sky = np.clip(1 - 0.9 * around[ahead], 0, 1)[:, None, None]
        bright = (SKY + (1.08 - SKY) * light) * (1 - 0.75 * shade) * (0.55 + 0.45 * open_sky)
        places = np.repeat(cells[:, None, None].astype(np.float64), count, 1).repeat(count, 2)
        places[..., axis] += 1.0 if normal[axis] > 0 else 0.0
        places[..., a] += steps[:, None]
        places[..., b] += steps
        own = PAINT if paint is None else paint[:, ::-1][tuple(cells.T)][:, None, None]
        found.append(places.reshape(-1, 3))
        colours.append((bright[..., None] * own).reshape(-1, 3))
    return np.concatenate(found), np.minimum(np.concatenate(colours), 255)


def _corners(before: np.ndarray, a: int, b: int) -> np.ndarray:
    """How much of the four voxels in front of each corner of a face is filled, in the plane of two axes."""
    total = np.zeros_like(before)
    for i in (0, 1):
        for j in (0, 1):
            total += np.roll(np.roll(before, i, a), j, b)
    return total / 4


def _ground(inside: np.ndarray, camera: _Camera, size: int) -> Float[np.ndarray, "size size"]:
    """White, with a soft shadow of what stands on it."""
    image = np.full((size, size), GROUND)
    if not inside.any():
        return image
    height = np.argwhere(inside.any(axis=(0, 2)))[-1][0] + 1  # the row of the floor
    weight = np.exp(-np.arange(inside.shape[1])[::-1] / (0.15 * inside.shape[1]))
    base = np.max(inside * weight[:, None], axis=1)
    margin = inside.shape[0] // 4
    soft = ndimage.gaussian_filter(np.pad(base, margin), 0.04 * inside.shape[0])
    fine = 4
    z, x = (np.arange(side * fine) / fine for side in soft.shape)
    points = np.stack(np.broadcast_arrays(z[:, None] - margin, inside.shape[1] - height, x - margin), -1)
    pixels, _ = camera.project(points.reshape(-1, 3).astype(np.float64))
    rows, columns = pixels.T
    dark = np.repeat(np.repeat(soft, fine, 0), fine, 1).reshape(-1)
    image[rows, columns] = GROUND * (1 - SHADOW * dark)
    return ndimage.gaussian_filter(image, 1.0)
