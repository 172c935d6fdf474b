"""Sprites in English: a small grammar with synonyms, the attributes that a caption states, and what a picture shows.

Colours have gaps between them in a set with captions, and what lies between small and large, or left and right, is not
spoken of: no caption is a matter of taste.
"""

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np
from jaxtyping import Float

COLOURS = ("red", "yellow", "green", "cyan", "blue", "magenta")  # at sixths of a turn of hue
GAP = 0.5  # of the way from one colour to the next, that no hue of a sprite lies in
CLEAR = {"size": (0.17, 0.22), "x": (0.4, 0.6), "y": (0.4, 0.6)}  # below the first and above the second number
NEARER = {name: (sum(ends) / 2,) * 2 for name, ends in CLEAR.items()}  # as a picture is read: one or the other

# What is said of each value of an attribute, the plainest word first.
WORDS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "shape": {
        "disc": ("circle", "disc", "dot"),
        "ring": ("ring", "hoop"),
        "triangle": ("triangle", "wedge"),
        "square": ("square", "box"),
        "star": ("star",),
        "cross": ("cross", "plus"),
    },
    "colour": {
        "red": ("red", "scarlet"),
        "yellow": ("yellow", "golden"),
        "green": ("green", "emerald"),
        "cyan": ("cyan", "turquoise"),
        "blue": ("blue", "cobalt"),
        "magenta": ("magenta", "pink"),
    },
    "texture": {
        "plain": ("plain", "solid"),
        "stripes": ("striped", "stripy", "stripes"),
        "checks": ("checked", "chequered", "checks"),
    },
    "ground": {colour: (colour,) for colour in COLOURS},
    "size": {"small": ("small", "little"), "large": ("large", "big")},
    "x": {"left": ("left",), "right": ("right",)},
    "y": {"top": ("top", "upper"), "bottom": ("bottom", "lower")},
}
ATTRIBUTES = tuple(WORDS)
SPOKEN = dict(shape=0.95, colour=0.85, texture=0.6, ground=0.5, size=0.5, x=0.4, y=0.4)  # how often, where it is clear
PALE = ("pale", "light", "")  # of the ground's colour
ON = ("on", "against")
PATTERNS = ("stripes", "checks")  # of the words of textures those that stand behind a shape, as in "with stripes"


def held_out(shape: int) -> int:
    """The one colour of each shape that a set of seen compositions leaves out, another for each."""
    return (1 - shape) % len(COLOURS)


def coloured(factors: Float[np.ndarray, "8"], uniform: Float[np.ndarray, "2"], compositions: str) -> np.ndarray:
    """The factors with hues that have names: of all colours, of those `seen` with the shape, or the `unseen` one."""
    shape, number = int(factors[0]), len(COLOURS)
    left_out = held_out(shape)
    allowed = {
        "all": range(number),
        "seen": [colour for colour in range(number) if colour != left_out],
        "unseen": [left_out],
    }[compositions]
    new = factors.copy()
    new[1] = _hue(allowed[int(factors[1] * len(allowed))], uniform[0])
    new[7] = _hue(int(factors[7] * number), uniform[1])
    return new


def _hue(colour: int, place: float) -> float:
    return (colour + (1 - GAP) * (place - 0.5)) / len(COLOURS) % 1


def attributes(
    values: Mapping[str, float],
    shapes: tuple[str, ...],
    textures: tuple[str, ...],
    clear: Mapping[str, tuple[float, float]] = MappingProxyType(CLEAR),
) -> dict[str, str]:
    """What can be said of a sprite, by attribute, of its factors by name; what is NaN or not clear is left out."""
    found: dict[str, str] = {}
    for name, factor, words in (("shape", "shape", shapes), ("texture", "texture", textures)):
        if not np.isnan(values[factor]):
            found[name] = words[int(values[factor])]
    for name, factor in (("colour", "hue"), ("ground", "background")):
        if not np.isnan(values[factor]):
            found[name] = COLOURS[round(float(values[factor]) * len(COLOURS)) % len(COLOURS)]
    for name, (low, high) in clear.items():
        below, above = WORDS[name]
        if values[name] < low or values[name] > high:
            found[name] = below if values[name] < low else above
    return found


def caption(known: Mapping[str, str], uniform: Float[np.ndarray, "32"]) -> str:
    """An English sentence about some of the attributes, by numbers in [0, 1); never about none of them."""
    numbers = iter(uniform.tolist())
    spoken = {name: next(numbers) < SPOKEN[name] for name in ATTRIBUTES}
    spoken["colour"] |= not spoken["shape"]

    def word(name: str) -> str:
        choices = WORDS[name][known[name]]
        return _choice(choices, next(numbers))

    said = {name: word(name) if name in known and spoken[name] else "" for name in ATTRIBUTES}
    noun = said["shape"] or "shape"
    after = next(numbers) < 0.2 and said["colour"]
    pattern = said["texture"] if said["texture"] in PATTERNS else ""
    adjectives = [said["size"], "" if pattern else said["texture"], "" if after else said["colour"]]
    behind = [f"in {said['colour']}" if after else "", f"with {pattern}" if pattern else ""]
    start = _choice(("a", "a", "the", "a picture of a"), next(numbers))
    place = _place(said["x"], said["y"], next(numbers))
    ground = [_choice(ON, next(numbers)), _choice(PALE, next(numbers)), said["ground"]] if said["ground"] else []
    first, *others = filter(None, [*adjectives, noun, *behind, place, *ground])
    article = f"{start}n" if start.endswith("a") and first[0] in "aeiou" else start
    return " ".join([article, first, *others])


def _choice(words: tuple[str, ...], number: float) -> str:
    return words[int(number * len(words))]


def _place(x: str, y: str, number: float) -> str:
    if not x and not y:
        return ""
    return f"{'at' if number < 0.5 else 'in'} the {' '.join(filter(None, [y, x]))}"


def stated(text: str) -> dict[str, str]:
    """The attributes that a caption states; words that are not of the grammar are passed over."""
    found, before = {}, ""
    for word in text.lower().replace(",", " ").replace(".", " ").split():
        is_ground = before in (*ON, *filter(None, PALE))
        for name, values in WORDS.items():
            if name in ("colour", "ground") and is_ground != (name == "ground"):
                continue
            for value in (value for value, words in values.items() if word in words):
                found[name] = value
        before = word
    return found
