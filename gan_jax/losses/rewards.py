"""Rewards: functions of images [B, H, W, C] in [-1, 1], whole levels of 256, that give one number for each.

One's own is `my_lab:reward`, a function (images, *, settings); with a second argument `frozen` it is given the networks
of the config's section `frozen` by name. What only NumPy can tell is `on_host`, and has no gradient.
"""

import functools
import inspect
import io
from collections.abc import Callable, Mapping
from typing import Annotated, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import stop_gradient
from jaxtyping import Array, Float, UInt8
from PIL import Image

from gan_jax.bounds import Amount, Bounds
from gan_jax.errors import InputError, nearest, told_always
from gan_jax.images import from_uint8, to_uint8

Images = Float[Array, "batch height width channels"]
Scores = Float[Array, "batch"]
FOREGROUND = 0.3  # of a pixel's chroma: above that of a sprite's ground


def score(reward: Callable, images: Images, frozen: Mapping[str, Callable]) -> Scores:
    """The rewards of images as they would be written to a file, with the gradient of the images themselves.

    Raises:
        InputError: the function gives something else than one finite float32 number for each image.
    """
    asks = "frozen" in inspect.signature(reward).parameters
    if not asks:
        _tried(reward, images.shape[1:])
    with told_always(name_of(reward), "the reward fails"):
        values = reward(_quantised(images), frozen) if asks else reward(_quantised(images))
    return _checked(values, reward, len(images))


def _quantised(images: Images) -> Images:
    """Whole levels, with a straight-through gradient: what lies between or beyond them is for nobody to see."""
    return images + stop_gradient(from_uint8(to_uint8(images)) - images)


def _checked(values: Any, reward: Callable, size: int) -> Scores:
    if jnp.shape(values) != (size,) or jnp.result_type(values) != jnp.float32:
        raise InputError(
            f"{name_of(reward)}: a reward is one float32 number for each image, of shape ({size},); "
            f"it returned {jnp.result_type(values)} of shape {jnp.shape(values)}."
        )
    return values


@functools.lru_cache(maxsize=64)
def _tried(reward: Callable, shape: tuple[int, ...]) -> None:
    """Asks once for the rewards of a black, a grey and a noisy image: NaN is found before anything compiles."""
    noise = np.random.default_rng(0).integers(0, 256, shape)
    images = np.stack([np.zeros(shape), np.full(shape, 128), noise]).astype(np.uint8)
    with jax.ensure_compile_time_eval(), told_always(name_of(reward), "the reward fails"):
        values = np.asarray(_checked(reward(from_uint8(jnp.asarray(images))), reward, 3))
    if not np.isfinite(values).all():
        told = f"{name_of(reward)}: the rewards of a black, a grey and a noisy image are {values.tolist()}"
        raise InputError(f"{told}: a reward is a finite number for any image.")


def name_of(reward: Callable) -> str:
    """What a message calls the function, which may be bound to its settings."""
    inner = getattr(reward, "func", reward)
    return f"reward {getattr(inner, '__module__', '')}:{getattr(inner, '__name__', inner)}"


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def on_host(function: Callable, images: Images) -> Scores:
    """`function(pixels uint8 [B, H, W, C]) -> numbers [B]` in NumPy, inside a step; it must depend on nothing else."""

    def call(pixels: Any) -> Float[np.ndarray, "batch"]:  # arrays of JAX's, whatever it says of itself
        return np.asarray(function(np.asarray(pixels)), np.float32).reshape(len(pixels))

    result = jax.ShapeDtypeStruct((len(images),), jnp.float32)
    return jax.pure_callback(call, result, to_uint8(images), vmap_method="sequential")


@on_host.defjvp
def _no_gradient(function: Callable, primals: tuple, tangents: tuple) -> tuple:
    del primals, tangents
    raise InputError(
        f"{getattr(function, '__name__', function)} has no gradient: reward it by reinforce, evolution or best_of."
    )


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
