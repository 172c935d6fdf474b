"""The three resizings in use before feature networks, as linear maps of rows and columns, and no other."""

import functools
from typing import Literal

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

Method = Literal["tf1", "torch", "clean"]


def resize(
    images: Float[Array, "batch height width channels"], size: tuple[int, int], method: Method
) -> Float[Array, "batch new_height new_width channels"]:
    """Resizes pixels in [0, 255] to `size` (height, width).

    `tf1`: bilinear as TensorFlow 1 does it (source = target * in / out, no antialias), what the published FID rests on.
    `torch`: bilinear with pixel centres at halves and no antialias, `torch.nn.functional.interpolate`'s default.
    `clean`: Pillow's antialiased bicubic on float channels, clipped to [0, 255] (Parmar et al. 2022,
    https://arxiv.org/abs/2104.11222); nothing is rounded.
    """
    if images.shape[1:3] == tuple(size):
        return images
    rows, columns = (jnp.asarray(matrix(old, new, method)) for old, new in zip(images.shape[1:3], size, strict=True))
    with jax.default_matmul_precision("highest"):
        # Columns first, as Pillow does.
        images = jnp.einsum("wv,bhvc->bhwc", columns, images)
        images = jnp.einsum("hg,bgwc->bhwc", rows, images)
    return jnp.clip(images, 0, 255) if method == "clean" else images


@functools.lru_cache(maxsize=64)
def matrix(old: int, new: int, method: Method) -> Float[np.ndarray, "new old"]:
    """The linear map of one axis, float32."""
    target = np.arange(new, dtype=np.float64)
    if method == "tf1":
        weights = _interpolate(target * old / new, old)
    elif method == "torch":
        weights = _interpolate(np.maximum((target + 0.5) * old / new - 0.5, 0), old)
    elif method == "clean":
        weights = _antialiased_cubic((target + 0.5) * old / new, old, max(old / new, 1.0))
    else:
        raise ValueError(f"resize {method!r} is none of 'tf1', 'torch', 'clean'")
    return weights.astype(np.float32)


def _interpolate(source: np.ndarray, old: int) -> np.ndarray:
    lower = np.minimum(np.floor(source).astype(int), old - 1)
    upper = np.minimum(lower + 1, old - 1)
    fraction = (source - lower)[:, None]
    eye = np.eye(old)
    return eye[lower] * (1 - fraction) + eye[upper] * fraction


def _antialiased_cubic(centre: np.ndarray, old: int, scale: float) -> np.ndarray:
    """Keys' kernel (a = -1/2), stretched by `scale` over a window that Pillow cuts at whole pixels."""
    support = 2.0 * scale
    pixel = np.arange(old)
    first = np.maximum((centre - support + 0.5).astype(int), 0)[:, None]
    last = np.minimum((centre + support + 0.5).astype(int), old)[:, None]
    weights = cubic((pixel + 0.5 - centre[:, None]) / scale, -0.5) * ((pixel >= first) & (pixel < last))
    return weights / weights.sum(1, keepdims=True)


def cubic(distance: np.ndarray, a: float) -> np.ndarray:
    """Keys' cubic convolution kernel (1981)."""
    x = np.abs(distance)
    near = ((a + 2) * x - (a + 3)) * x * x + 1
    far = (((x - 5) * x + 8) * x - 4) * a
    return np.where(x < 1, near, np.where(x < 2, far, 0.0))
