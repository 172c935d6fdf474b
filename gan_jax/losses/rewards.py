"""Rewards: functions of images [B, H, W, C] in [-1, 1], whole levels of 256, that give one number for each.

One's own is `my_lab:reward`, a function (images, *, settings); with a second argument `frozen` it is given the networks
of the config's section `frozen` by name. What only NumPy can tell is `on_host`, and has no gradient.
"""

import io
from collections.abc import Callable, Mapping
from typing import Annotated

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8
from PIL import Image

from gan_jax.bounds import Amount, Bounds
from gan_jax.errors import InputError, nearest
from gan_jax.losses.scoring import on_host

Images = Float[Array, "batch height width channels"]
Scores = Float[Array, "batch"]
FOREGROUND = 0.3  # of a pixel's chroma: above that of a sprite's ground


def jpeg_size(images: Images, *, quality: Annotated[int, Bounds(1, most=95)] = 95) -> Scores:
    """The size of a JPEG file in kB (Black et al. 2024, DDPO); a negative weight asks for small ones."""

    def kilobytes(pixels: UInt8[np.ndarray, "batch height width channels"]) -> list[float]:
        return [_jpeg(image, quality) / 1000 for image in pixels]

    return on_host(kilobytes, images)


def _jpeg(pixels: UInt8[np.ndarray, "height width channels"], quality: int) -> int:
    file = io.BytesIO()
    Image.fromarray(pixels[..., 0] if pixels.shape[-1] < 3 else pixels[..., :3]).save(file, "JPEG", quality=quality)
    return file.tell()


def sharpness(images: Images) -> Scores:
    """The mean absolute difference of neighbours, in levels of [-1, 1]."""
    down, right = jnp.abs(jnp.diff(images, axis=1)), jnp.abs(jnp.diff(images, axis=2))
    return (down.mean(axis=(1, 2, 3)) + right.mean(axis=(1, 2, 3))) / 2


def size(images: Images) -> Scores:
    """The share of an image that is strongly coloured: of sprites, how large the shape is."""
    return _chroma(images)[0].mean(axis=(1, 2))


def hue(images: Images, *, turn: Annotated[float, Bounds(0, most=1)] = 0.0) -> Scores:
    """The cosine of what is strongly coloured with a hue, a fraction of a turn from red; from -1 to 1."""
    foreground, alpha, beta = _chroma(images)
    length = jnp.sqrt(alpha**2 + beta**2 + 1e-6)
    alike = (alpha * np.cos(2 * np.pi * turn) + beta * np.sin(2 * np.pi * turn)) / length
    return (foreground * alike).sum(axis=(1, 2)) / (foreground.sum(axis=(1, 2)) + 1e-3)


def _chroma(images: Images) -> tuple[Float[Array, "batch height width"], ...]:
    """Whether a pixel is strongly coloured, from 0 to 1, and its hue as a vector."""
    if images.shape[-1] < 3:
        raise InputError(f"the rewards hue and size are of coloured images, not of {images.shape[-1]} channels.")
    red, green, blue = (images[..., channel] / 2 for channel in range(3))
    alpha, beta = red - (green + blue) / 2, np.sqrt(3) / 2 * (green - blue)
    return jax.nn.sigmoid(20 * (jnp.sqrt(alpha**2 + beta**2 + 1e-6) - FOREGROUND)), alpha, beta


def class_probability(
    images: Images,
    frozen: Mapping[str, Callable],
    *,
    label: Annotated[int, Bounds(0)],
    networks: tuple[str, ...] = ("logits",),
    caution: Amount = 0.0,
) -> Scores:
    """What classifiers give for a class: the mean of their probabilities, less `caution` times their deviation.

    `networks` are of the section `frozen`, each dict(name="logits", weights=...): an ensemble is harder to deceive.
    """
    for name in networks:
        if name not in frozen:
            raise InputError(f"class_probability: {name!r} is none of `frozen`. {nearest(name, frozen)}")
    every = jnp.stack([jax.nn.softmax(frozen[name](images))[:, label] for name in networks])
    spread = jnp.sqrt(every.var(axis=0) + 1e-12) if len(networks) > 1 else 0.0
    return every.mean(axis=0) - caution * spread
