"""The augmentations of ADA that the paper found best: pixel blits, geometry and colour ("bgc")."""

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, Int, Key

from gan_jax.bounds import Fraction, Probability
from gan_jax.data.augment import warp

Images = Float[Array, "batch height width channels"]
Image = Float[Array, "height width channels"]
Keys = Key[Array, "batch"]
Number = Float[Array, ""] | Int[Array, ""] | float

SHIFT = 0.125  # of the sides: the most of whole pixels, and the deviation of others
SCALE = 0.2  # deviation of the logarithm to base 2
BRIGHTNESS, CONTRAST, SATURATION = 0.2, 0.5, 1.0  # deviations; of the last two of their logarithms to base 2
CUTOUT = 0.5  # of the sides
LUMA = np.full(3, 3**-0.5, np.float32)  # the axis of greys


def bgc(images: Images, keys: Keys, *, p: Probability = 1.0, colours: Fraction = 1.0, cutout: Fraction = 0.0) -> Images:
    """ADA's augmentations: each by itself with probability p (Karras et al. 2020, "Training ... limited data").

    As in appendix B, in its order and with its constants: flips, quarter turns (half turns of images that are not
    square), whole and other shifts, scaling, rotation and stretching; then brightness, contrast, inversion of luma, hue
    and saturation. Transparency is moved, not coloured.

    `colours` and `cutout` are shares of p for the changes of colour, and for a rectangle of half of the sides that is
    cut out, of which ADA has none: R3GAN (Huang et al. 2024) has 0.5 and 1.
    """
    with jax.default_matmul_precision("highest"):
        return _each(lambda image, key: _changed(image, key, p, p * colours, p * cutout), images, keys)


def _each(change: Callable, images: Images, keys: Keys) -> Images:
    """All images changed, by CPUs one after another.

    So they stay in the cache, and `lax.cond` leaves out what is not asked for. What a gradient needs is computed again:
    places and weights take more memory than the images.
    """
    change = jax.checkpoint(change)
    if jax.default_backend() == "cpu":
        return jax.lax.map(lambda pair: change(*pair), (images, keys))
    return jax.vmap(change)(images, keys)


def _changed(image: Image, key: Key[Array, ""], p: Probability, coloured: Probability, cut: Probability) -> Image:
    blits, geometry, colours, cutout = jax.random.split(key, 4)
    moved = _blit(image.astype(jnp.float32), blits, p)
    source = _geometry(geometry, p, image.shape[:2])
    moved = jax.lax.cond((source != jnp.eye(3)).any(), lambda: warp.warp(moved[None], source[None])[0], lambda: moved)
    return _cut(_colour(moved, colours, coloured), cutout, cut).astype(image.dtype)


class _Dice:
    """Random numbers one after another, each with a coin that says whether it counts; drawn together, from one key."""

    def __init__(self, key: Key[Array, ""], p: Probability, count: int) -> None:
        coins, gaussian, even = jax.random.split(key, 3)
        self.p, self.at = p, -1
        self.coins = jax.random.uniform(coins, (count,))
        self.gaussian = jax.random.normal(gaussian, (count,))
        self.even = jax.random.uniform(even, (count,))

    def _counts(self, p: Probability) -> Bool[Array, ""]:
        self.at += 1
        return self.coins[self.at] < p

    def normal(self, deviation: float) -> Array:
        """A Gaussian number, or 0."""
        return jnp.where(self._counts(self.p), deviation * self.gaussian[self.at], 0.0)

    def uniform(self, most: float, p: Probability | None = None) -> Array:
        """A number from -most to most, or 0."""
        return jnp.where(self._counts(self.p if p is None else p), most * (2 * self.even[self.at] - 1), 0.0)

    def whole(self, count: int) -> Array:
        """A whole number below `count`, or 0."""
        return jnp.where(self._counts(self.p), (count * self.even[self.at]).astype(jnp.int32), 0)


def _blit(image: Image, key: Key[Array, ""], p: Probability) -> Image:
    dice = _Dice(key, p, 2)
    image = jnp.where(dice.whole(2) == 1, image[:, ::-1], image)
    if image.shape[0] != image.shape[1]:
        return jnp.where(dice.whole(2) == 1, image[::-1, ::-1], image)
    turns = dice.whole(4)
    image = jnp.where(turns % 2 == 1, jnp.rot90(image), image)
    return jnp.where(turns >= 2, image[::-1, ::-1], image)


def _geometry(key: Key[Array, ""], p: Probability, sides: tuple[int, int]) -> Float[Array, "3 3"]:
    """Where the pixels of the result come from: the inverse of all transformations, one after another."""
    dice = _Dice(key, p, 8)
    height, width = sides
    turning = 1 - jnp.sqrt(1 - jnp.float32(p))  # so that it turns at least once with probability p
    whole = jnp.round(jnp.stack([dice.uniform(SHIFT * width), dice.uniform(SHIFT * height)]))
    size = jnp.exp2(dice.normal(SCALE))
    first = dice.uniform(math.pi, turning)
    stretch = jnp.exp2(dice.normal(SCALE))
    second = dice.uniform(math.pi, turning)
    shift = jnp.stack([dice.normal(SHIFT * width), dice.normal(SHIFT * height)])
    steps = (
        warp.translation(-whole[0], -whole[1]),
        warp.scaling(1 / size, 1 / size),
        warp.rotation(-first),
        warp.scaling(1 / stretch, stretch),
        warp.rotation(-second),
        warp.translation(-shift[0], -shift[1]),
    )
    source = jnp.eye(3)
    for step in steps:
        source = source @ step
    return source


def _colour(image: Image, key: Key[Array, ""], p: Probability) -> Image:
    """One matrix for all of it; a grey image is coloured as if it had three channels, and averaged."""
    dice = _Dice(key, p, 5)
    brightness = dice.normal(BRIGHTNESS)
    contrast = jnp.exp2(dice.normal(CONTRAST))
    inverted = dice.whole(2)
    angle = dice.uniform(math.pi)
    saturation = jnp.exp2(dice.normal(SATURATION))
    matrix = colour_matrix(contrast, inverted, angle, saturation)
    offset = matrix @ jnp.full(3, brightness)
    paint, alpha = (image[..., :-1], image[..., -1:]) if image.shape[-1] in (2, 4) else (image, image[..., :0])
    if paint.shape[-1] == 1:
        matrix, offset = matrix.sum(axis=1).mean().reshape(1, 1), offset.mean()
    return jnp.concatenate([paint @ matrix.T + offset, alpha], axis=-1)


def _cut(image: Image, key: Key[Array, ""], p: Probability) -> Image:
    """With a rectangle of middle grey, whose centre is anywhere in the image."""
    coin, height, width = jax.random.uniform(key, (3,))
    inside = [
        jnp.abs((jnp.arange(side) + 0.5) / side - centre) < CUTOUT / 2
        for side, centre in zip(image.shape, (height, width), strict=False)
    ]
    return jnp.where((coin < p) & (inside[0][:, None] & inside[1])[:, :, None], 0.0, image)


def colour_matrix(contrast: Number, inverted: Number, angle: Number, saturation: Number) -> Float[Array, "3 3"]:
    """What is done to red, green and blue: neutral are 1, 0, 0 and 1."""
    luma = jnp.outer(LUMA, LUMA)
    colours = jnp.eye(3) - luma
    hue = luma + jnp.cos(angle) * colours + jnp.sin(angle) * jnp.cross(jnp.eye(3), LUMA)
    return (luma + saturation * colours) @ hue @ (jnp.eye(3) - 2 * luma * inverted) * contrast
