"""Pieces of furniture as solids: what each kind is made of, from a few numbers."""

from collections.abc import Callable
from typing import NamedTuple

from gan_jax.data.solids import Solid


class Piece(NamedTuple):
    """What a piece is like; its origin is the middle of its footprint, and it looks to the front, to negative z."""

    width: float  # in sides of the grid, like all lengths
    depth: float
    height: float
    level: float  # 0 to 1: how high the seat, the mattress or the lowest board lies, between the lowest and the highest
    thickness: float  # of boards and legs
    style: int  # 0, 1 or 2; what that means is said by each kind
    is_round: bool  # legs and tops


def chair(piece: Piece) -> list[Solid]:
    """Four legs, a seat and a back: solid, of upright slats, or of rails."""
    seat, thick = piece.height * (0.42 + 0.13 * piece.level), piece.thickness
    solids = [*_legs(piece, seat), _board(piece, seat - thick, seat)]
    back = piece.depth / 2 - thick, piece.depth / 2
    return solids + _lattice(piece, seat, piece.height, *back)


def table(piece: Piece) -> list[Solid]:
    """A top on four legs, on one column with a foot, or on a panel at each side."""
    thick, under = piece.thickness, piece.height - piece.thickness
    top = _board(piece, under, piece.height)._replace(is_round=piece.is_round)
    if piece.style == 0:
        inner = piece._replace(width=0.75 * piece.width, depth=0.75 * piece.depth) if piece.is_round else piece
        return [*_legs(inner, under), top]
    if piece.style == 1:
        foot = piece._replace(width=0.6 * piece.width, depth=0.6 * piece.depth)
        column = Solid((-thick, 0.0, -thick), (thick, under, thick), piece.is_round)
        return [_board(foot, 0.0, thick)._replace(is_round=piece.is_round), column, top]
    x, z = 0.4 * piece.width, 0.35 * piece.depth
    sides = [Solid((at - thick / 2, 0.0, -z), (at + thick / 2, under, z)) for at in (-x, x)]
    return [*sides, top]


def shelf(piece: Piece) -> list[Solid]:
    """Boards, 3 to 5 by its style, between two sides; a round one has none but four posts."""
    thick, boards = piece.thickness, 3 + piece.style
    lowest = 0.12 * piece.height * piece.level
    heights = [lowest + (piece.height - thick - lowest) * n / (boards - 1) for n in range(boards)]
    solids = [_board(piece, y, y + thick) for y in heights]
    return solids + (_legs(piece, piece.height) if piece.is_round else _sides(piece, 0.0, piece.height))


def sofa(piece: Piece) -> list[Solid]:
    """A seat, a back, two arms, and as many cushions as its style has: 1 to 3."""
    seat, arm = piece.height * (0.4 + 0.15 * piece.level), 1.5 * piece.thickness
    x, z = piece.width / 2, piece.depth / 2
    solids = [
        *_legs(piece, 0.15 * piece.height),
        _board(piece, 0.1 * piece.height, seat),
        Solid((-x, 0.1 * piece.height, z - arm), (x, piece.height, z)),
        *(Solid((side, 0.1 * piece.height, -z), (side + arm, 0.7 * piece.height, z)) for side in (-x, x - arm)),
    ]
    cushions = piece.style + 1
    for n in range(1, cushions):  # what is between two of them
        at = -x + arm + (piece.width - 2 * arm) * n / cushions
        gap = piece.thickness / 2
        solids.append(Solid((at - gap, seat - piece.thickness, -z), (at + gap, piece.height, z - arm), there=False))
    return solids


def bed(piece: Piece) -> list[Solid]:
    """A mattress on four legs, one or two pillows by its style, and a headboard, of posts where it is round."""
    top, thick = piece.height * (0.35 + 0.2 * piece.level), piece.thickness
    x, z = piece.width / 2, piece.depth / 2
    solids = [*_legs(piece, top / 2), _board(piece, top / 2, top)]
    pillows = 1 + (piece.style > 0)
    for n in range(pillows):
        left = -x + thick + n * (piece.width - thick) / pillows
        right = -x + (n + 1) * (piece.width - thick) / pillows
        solids.append(Solid((left, top, z - 4 * thick), (right, top + 0.8 * thick, z - 1.6 * thick)))
    head = piece._replace(style=1 if piece.is_round else 0)
    return solids + _lattice(head, 0.0, piece.height, z - thick, z)


def cabinet(piece: Piece) -> list[Solid]:
    """A body on short legs, in front two doors, three drawers or an open niche above one drawer."""
    thick, foot = piece.thickness, piece.height * (0.08 + 0.1 * piece.level)
    x, z, groove = piece.width / 2, piece.depth / 2, 0.6 * piece.thickness
    solids = [*_legs(piece, foot), Solid((-x, foot, -z), (x, piece.height, z))]
    tall = piece.height - foot
    if piece.style == 0:
        solids.append(Solid((-groove, foot + thick, -z), (groove, piece.height - thick, -z + 2 * groove), there=False))
    elif piece.style == 1:
        for n in (1, 2):
            y = foot + tall * n / 3
            solids.append(Solid((-x + thick, y - groove, -z), (x - thick, y + groove, -z + 2 * groove), there=False))
    else:
        low, high = foot + 0.45 * tall, piece.height - thick
        solids.append(Solid((-x + thick, low, -z), (x - thick, high, z - thick), there=False))
    return solids


KINDS: dict[str, Callable[[Piece], list[Solid]]] = dict(
    chair=chair, table=table, shelf=shelf, sofa=sofa, bed=bed, cabinet=cabinet
)
SIZES = {  # the least and the most width, depth and height of each kind, of a piece that fills a grid
    "chair": ((0.4, 0.6), (0.4, 0.6), (0.7, 0.88)),
    "table": ((0.5, 0.88), (0.4, 0.75), (0.3, 0.6)),
    "shelf": ((0.4, 0.8), (0.22, 0.4), (0.6, 0.88)),
    "sofa": ((0.65, 0.88), (0.38, 0.55), (0.35, 0.55)),
    "bed": ((0.4, 0.7), (0.75, 0.88), (0.3, 0.5)),
    "cabinet": ((0.4, 0.8), (0.25, 0.45), (0.4, 0.88)),
}


def _board(piece: Piece, low: float, high: float) -> Solid:
    """As wide and deep as the piece."""
    return Solid((-piece.width / 2, low, -piece.depth / 2), (piece.width / 2, high, piece.depth / 2))


def _legs(piece: Piece, height: float) -> list[Solid]:
    x, z, thick = piece.width / 2, piece.depth / 2, piece.thickness
    corners = [(left, front) for left in (-x, x - thick) for front in (-z, z - thick)]
    return [Solid((a, 0.0, b), (a + thick, height, b + thick), piece.is_round) for a, b in corners]


def _sides(piece: Piece, low: float, high: float) -> list[Solid]:
    x, z, thick = piece.width / 2, piece.depth / 2, piece.thickness
    return [Solid((left, low, -z), (left + thick, high, z)) for left in (-x, x - thick)]


def _lattice(piece: Piece, low: float, high: float, front: float, back: float) -> list[Solid]:
    """An upright panel: solid, of posts below a rail, or of rails between two posts."""
    x, thick = piece.width / 2, piece.thickness
    if piece.style == 0:
        return [Solid((-x, low, front), (x, high, back))]
    rail = Solid((-x, high - thick, front), (x, high, back))
    count = max(2, int(piece.width / (2.5 * thick))) if piece.style == 1 else 2
    lefts = [-x + (piece.width - thick) * n / (count - 1) for n in range(count)]
    posts = [Solid((left, low, front), (left + thick, high, back), piece.is_round) for left in lefts]
    middle = (low + high - thick) / 2
    between = [Solid((-x, middle, front), (x, middle + thick, back))] if piece.style == 2 else []
    return [*posts, rail, *between]
