"""Rooms: walls with a door and a window, and furniture placed by rules, as voxels, the front wall left out."""

import numpy as np

from gan_jax.bounds import Count, Positive
from gan_jax.data import order, splits
from gan_jax.data.furniture import KINDS, Piece
from gan_jax.data.solids import Solid, moved, turned, voxels
from gan_jax.errors import InputError

# What stands in each: along the walls, and in the middle of the room, where chairs stand around a table.
ROOMS = {
    "bedroom": (("bed", "cabinet", "shelf"), ""),
    "living": (("sofa", "shelf", "cabinet"), "table"),
    "dining": (("cabinet", "shelf"), "chairs"),
    "office": (("desk", "shelf", "cabinet", "shelf"), ""),
}
CLASSES = tuple(ROOMS)
FACTORS = dict(width="number", depth="number", door="class", window="number")
WALL, FLOOR, HEIGHT = 1 / 16, 1 / 16, 0.62  # thickness of walls and floor, and how high the walls are, in sides
CLEARANCE = 0.08  # between pieces: 0.6 m in a room of 7.5 m
THICKNESS = 1 / 16
SIZES = {"bed": (0.26, 0.4, 0.2), "cabinet": (0.24, 0.13, 0.3), "shelf": (0.26, 0.13, 0.42)}
SIZES |= {
    "sofa": (0.36, 0.18, 0.22),
    "desk": (0.32, 0.17, 0.24),
    "table": (0.22, 0.18, 0.16),
    "chair": (0.13, 0.13, 0.28),
}
SMALLEST = 16  # voxels of a side
TRIES = 12  # places of a piece, before it is left out

Box = tuple[float, float, float, float]  # left, front, right, back


class Rooms:
    """Room i is a function of the seed and i alone."""

    classes = CLASSES
    num_classes = len(CLASSES)
    factor_names = tuple(FACTORS)
    factor_kinds = tuple(FACTORS.values())
    factor_classes = {"door": ("left", "right")}  # noqa: RUF012

    def __init__(self, chosen: np.ndarray, resolution: int, seed: int):
        self.chosen, self.resolution, self.seed = chosen, resolution, seed

    def __len__(self) -> int:
        return len(self.chosen)

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        kind, *uniform, key = order.uniform(6, self.seed, int(self.chosen[i]))
        factors = factors_of(uniform)
        label = int(kind * len(CLASSES))
        random = np.random.Generator(np.random.Philox(int(key * 2**53)))
        solids, _ = furnished(CLASSES[label], factors, random)
        return {"image": voxels(solids, (self.resolution,) * 3), "label": np.int32(label), "factors": factors}


def make(*, count: Positive = 10_000, resolution: Positive = 32, seed: Count = 0, split: str = "all") -> Rooms:
    """`count` rooms as uint8 [resolution, resolution, resolution, 1], depth, height and width, 255 inside.

    The label is what the room is for, `factors` float32 [4] as in FACTORS. Pieces stand along walls or around a table,
    do not overlap and leave the way to the door free.
    """
    if resolution < SMALLEST:
        raise InputError(f"rooms: resolution={resolution} should be at least {SMALLEST}")
    return Rooms(splits.select(split, count, shuffle=False), resolution, seed)


def factors_of(uniform: list[float]) -> np.ndarray:
    """Width and depth in sides, the wall of the door, and where along the back wall the window is, 0 to 1."""
    width, depth, door, window = uniform
    return np.array([0.78 + 0.18 * width, 0.72 + 0.24 * depth, int(door * 2), window], np.float32)


def furnished(kind: str, factors: np.ndarray, random: np.random.Generator) -> tuple[list[Solid], list[Box]]:
    """The room as solids, and the footprints of its pieces, the way to its door first."""
    width, depth, door, window = factors.tolist()
    left, right, front, back = 0.5 - width / 2, 0.5 + width / 2, 0.5 - depth / 2, 0.5 + depth / 2
    solids = [
        Solid((left, 0.0, front), (right, FLOOR, back)),
        Solid((left, 0.0, back - WALL), (right, HEIGHT, back)),
        Solid((left, 0.0, front), (left + WALL, HEIGHT, back)),
        Solid((right - WALL, 0.0, front), (right, HEIGHT, back)),
    ]
    inner = (left + WALL, front, right - WALL, back - WALL)
    opening = front + 0.06, front + 0.24
    wall = (left, left + WALL) if door == 0 else (right - WALL, right)
    solids.append(Solid((wall[0], FLOOR, opening[0]), (wall[1], FLOOR + 0.42, opening[1]), there=False))
    at = left + 0.12 + window * (width - 0.46)
    solids.append(Solid((at, 0.28, back - WALL), (at + 0.22, 0.5, back), there=False))
    step = 0.14
    way = (
        (inner[0], opening[0], inner[0] + step, opening[1])
        if door == 0
        else (inner[2] - step, opening[0], inner[2], opening[1])
    )
    taken = [way]
    along, middle = ROOMS[kind]
    for name in along:
        _place(name, inner, taken, solids, random)
    if middle:
        _in_the_middle(middle, inner, taken, solids)
    return solids, taken


def _place(name: str, inner: Box, taken: list[Box], solids: list[Solid], random: np.random.Generator) -> None:
    """Along a wall, its back to it; where nothing is free after some tries, the room has none."""
    piece = _piece(name, random)
    for _ in range(TRIES):
        quarters, along = int(random.integers(3)) - 1, random.random()  # 1: with the back to the left wall
        wide, deep = (piece.width, piece.depth) if quarters == 0 else (piece.depth, piece.width)
        x = inner[0] + wide / 2 + along * (inner[2] - inner[0] - wide)
        z = inner[1] + deep / 2 + along * (inner[3] - inner[1] - deep)
        x, z = {0: (x, inner[3] - deep / 2), 1: (inner[2] - wide / 2, z), -1: (inner[0] + wide / 2, z)}[quarters]
        box = (x - wide / 2, z - deep / 2, x + wide / 2, z + deep / 2)
        if not any(_overlap(box, other, CLEARANCE) for other in taken):
            kind = "table" if name == "desk" else name
            solids += moved(turned(KINDS[kind](piece), quarters), (x, FLOOR, z))
            taken.append(box)
            return


def _in_the_middle(name: str, inner: Box, taken: list[Box], solids: list[Solid]) -> None:
    """A table, and around it chairs that look at it, each where there is room."""
    x, z = (inner[0] + inner[2]) / 2, (inner[1] + inner[3]) / 2
    table, chair = (_piece(kind, None) for kind in ("table", "chair"))
    box = (x - table.width / 2, z - table.depth / 2, x + table.width / 2, z + table.depth / 2)
    if any(_overlap(box, other, 0.0) for other in taken):
        return
    solids += moved(KINDS["table"](table._replace(height=0.2 if name == "chairs" else 0.12)), (x, FLOOR, z))
    taken.append(box)
    for quarters in range(4) if name == "chairs" else ():
        away = (table.depth if quarters % 2 == 0 else table.width) / 2 + chair.depth / 2 + 0.01
        dx, dz = {0: (0, away), 1: (away, 0), 2: (0, -away), 3: (-away, 0)}[quarters]
        half = chair.width / 2
        seat = (x + dx - half, z + dz - half, x + dx + half, z + dz + half)
        inside = inner[0] <= seat[0] and inner[1] <= seat[1] and seat[2] <= inner[2] and seat[3] <= inner[3]
        if inside and not any(_overlap(seat, other, 0.0) for other in taken):
            solids += moved(turned(KINDS["chair"](chair), quarters), (x + dx, FLOOR, z + dz))
            taken.append(seat)


def _piece(name: str, random: np.random.Generator | None) -> Piece:
    width, depth, height = SIZES[name]
    if random is None:
        return Piece(width, depth, height, 0.5, THICKNESS, 0, False)
    size = 0.9 + 0.2 * random.random()
    style = 2 if name == "desk" else int(random.integers(2))
    return Piece(size * width, depth, size * height, random.random(), THICKNESS, style, False)


def _overlap(a: Box, b: Box, clearance: float) -> bool:
    return a[0] < b[2] + clearance and b[0] < a[2] + clearance and a[1] < b[3] + clearance and b[1] < a[3] + clearance
