"""Sprites: a procedural set of coloured shapes whose every factor is known, drawn at any resolution."""

from collections.abc import Iterator
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from gan_jax.bounds import Count, Positive
from gan_jax.data import order, splits, sprite_captions, sprite_factors, sprite_reading, sprite_sounds
from gan_jax.data.sprite_drawing import SHAPES, TEXTURES, draw, shade
from gan_jax.errors import InputError

KINDS = dict(  # of factors, in the words of gan_jax.data.factors
    shape="class", hue="turn", size="number", angle="turn", x="number", y="number", texture="class", background="turn"
)
FACTORS = tuple(KINDS)
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
        found = sprite_factors.read(images, shade(images.shape[1]))
        return np.stack([found.get(name, np.full(len(images), np.nan)) for name in FACTORS], axis=1)


class Described(Sprites):
    """Sprites of nameable colours with a caption that may leave things out, `text`, or with a tone, `waveform`."""

    kinds = {"waveform": "sound"}  # noqa: RUF012  # never changed
    sizes = {"waveform": sprite_sounds.RATE}  # noqa: RUF012

    def __init__(self, chosen: np.ndarray, resolution: tuple[int, int], seed: int, compositions: str, told: str):
        super().__init__(chosen, resolution, seed)
        self.compositions, self.told = compositions, told

    def __getitem__(self, i: int) -> dict[str, np.ndarray]:
        told = {"text": np.str_(self.text(i))} if self.told == "text" else {"waveform": self.waveform(i)}
        return {**super().__getitem__(i), **told}

    def factors(self, i: int) -> Float[np.ndarray, "8"]:
        """Of sprite i, with hues that have names."""
        factors = super().factors(i)
        return sprite_captions.coloured(factors, order.uniform(2, self.seed, int(self.chosen[i]), 1), self.compositions)

    def known(self, i: int) -> dict[str, str]:
        """What can be said of sprite i, by attribute."""
        return sprite_captions.attributes(dict(zip(FACTORS, self.factors(i).tolist(), strict=True)), SHAPES, TEXTURES)

    def text(self, i: int) -> str:
        """The caption of sprite i."""
        return sprite_captions.caption(self.known(i), order.uniform(32, self.seed, int(self.chosen[i]), 2))

    def waveform(self, i: int) -> Float[np.ndarray, "samples"]:
        """The tone of sprite i."""
        number, known = int(self.chosen[i]), self.known(i)
        colour = sprite_captions.COLOURS.index(known["colour"])
        return sprite_sounds.tone(
            known["shape"], colour, order.uniform(3, self.seed, number, 3), (self.seed, number, 4)
        )

    def asked(self, i: int) -> dict[str, str]:
        """What the caption or the tone of sprite i states, by attribute."""
        if self.told == "text":
            return sprite_captions.stated(self.text(i))
        return {name: value for name, value in self.known(i).items() if name in ("shape", "colour")}

    def shown(self, images: UInt8[np.ndarray, "n height width 3"]) -> list[dict[str, str]]:
        """What images show, by attribute, whoever made them; what cannot be told is left out."""
        found = sprite_factors.read(images, shade(images.shape[1]))
        hues = [
            {"hue": hue, "background": ground} for hue, ground in zip(found["hue"], found["background"], strict=True)
        ]
        read = sprite_reading.read(images, found["hue"], found["background"])
        return [
            sprite_captions.attributes({**one._asdict(), **two}, SHAPES, TEXTURES, sprite_captions.NEARER)
            for one, two in zip(read, hues, strict=True)
        ]

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
    sounds: bool = False,
    compositions: Literal["all", "seen", "unseen"] = "all",
) -> Sprites:
    """`count` RGB sprites of (height, width) pixels; the label is the shape, `factors` float32 [8] as in FACTORS.

    captions: a column `text` that says in English what there is to see, for `data.tokenizer`; hues have names then.
    sounds: a column `waveform` instead, a tone of the shape and the colour. compositions: of such a set, "seen" leaves
    out one colour of each shape, and "unseen" holds these alone.
    """
    if min(resolution) < 1 or count < 1 or seed < 0:
        raise InputError(
            f"sprites: resolution={resolution}, count={count} must be at least 1, and seed={seed} at least 0"
        )
    chosen = splits.select(split, count, shuffle=False)
    if captions and sounds:
        raise InputError("sprites: captions and sounds: give one of them")
    if captions or sounds:
        return Described(chosen, resolution, seed, compositions, "text" if captions else "waveform")
    if compositions != "all":
        raise InputError(f"sprites: compositions={compositions!r} is about sprites with captions=True or sounds=True")
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
