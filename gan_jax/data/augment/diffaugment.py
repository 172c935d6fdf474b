"""DiffAugment (Zhao et al. 2020): what it does to images, part by part and as a whole."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from gan_jax.errors import InputError

Images = Float[Array, "batch height width channels"]
Image = Float[Array, "height width channels"]
Keys = Key[Array, "batch"]


def translate(images: Images, keys: Keys, *, fraction: float = 0.125, fill: float = 0.0) -> Images:
    """Moves each image by up to `fraction` of its sides, in whole pixels; what comes in has the value `fill`.

    The translation of DiffAugment (Zhao et al., 2020), which fills with 0, the middle grey of images in [-1, 1].
    """

    def move(image: Image, key: Key[Array, ""]) -> Image:
        reach = _pixels(image, fraction)
        start = [jax.random.randint(k, (), 0, 2 * r + 1) for k, r in zip(jax.random.split(key), reach, strict=True)]
        padded = jnp.pad(image, ((reach[0],) * 2, (reach[1],) * 2, (0, 0)), constant_values=fill)
        return jax.lax.dynamic_slice(padded, (*start, 0), image.shape)

    return jax.vmap(move)(images, keys)


def cutout(images: Images, keys: Keys, *, fraction: float = 0.5) -> Images:
    """Sets a rectangle of `fraction` of the sides, centred anywhere, to 0 (DiffAugment; Zhao et al., 2020)."""

    def cut(image: Image, key: Key[Array, ""]) -> Image:
        inside = []
        for k, side, size in zip(jax.random.split(key), image.shape, _pixels(image, fraction), strict=False):
            start = jax.random.randint(k, (), 0, side + 1 - size % 2) - size // 2
            inside.append((jnp.arange(side) >= start) & (jnp.arange(side) < start + size))
        return jnp.where((inside[0][:, None] & inside[1])[:, :, None], 0, image)

    return jax.vmap(cut)(images, keys)


def colour(images: Images, keys: Keys) -> Images:
    """Random brightness, saturation and contrast, in this order (DiffAugment; Zhao et al., 2020).

    Adds up to 0.5 either way, scales the distance to the pixel's mean over channels by 0 to 2, and that to the image's
    mean by 0.5 to 1.5. The last of two or four channels is transparency, which stays as it is; values may leave
    [-1, 1].
    """

    def change(image: Image, key: Key[Array, ""]) -> Image:
        brightness, saturation, contrast = jax.random.uniform(key, (3,), image.dtype)
        paint, alpha = (image[..., :-1], image[..., -1:]) if image.shape[-1] in (2, 4) else (image, image[..., :0])
        paint = paint + brightness - 0.5
        paint = _around(paint.mean(axis=2, keepdims=True), paint, 2 * saturation)
        paint = _around(paint.mean(), paint, contrast + 0.5)
        return jnp.concatenate([paint, alpha], axis=2)

    return jax.vmap(change)(images, keys)


_POLICIES: dict[str, Callable] = {"color": colour, "translation": translate, "cutout": cutout}


def diffaugment(images: Images, keys: Keys, *, policy: tuple[str, ...] = ("color", "translation", "cutout")) -> Images:
    """DiffAugment (Zhao et al., 2020): the parts of the policy one after another, with the paper's constants."""
    for place, name in enumerate(policy):
        if name not in _POLICIES:
            raise InputError(f"diffaugment: policy {name!r} is unknown; use {', '.join(_POLICIES)}")
        images = _POLICIES[name](images, jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys, place))
    return images


def _pixels(image: Image, fraction: float) -> tuple[int, int]:
    """A fraction of the height and of the width, rounded half up."""
    return int(image.shape[0] * fraction + 0.5), int(image.shape[1] * fraction + 0.5)


def _around(center: Array, values: Array, scale: Array) -> Array:
    return center + (values - center) * scale
