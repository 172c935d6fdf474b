"""The pixels themselves as features: no weights, sensitive to everything that moves."""

import jax.numpy as jnp
from jaxtyping import Array, UInt8

from gan_jax.bounds import Count
from gan_jax.features.base import QUANTISATION, Features
from gan_jax.features.resize import resize


def make(size: tuple[int, int] = (0, 0), batch_size: Count = 256) -> Features:
    """Pixels in [0, 1], flattened, in the images' own channels; resized to `size` (height, width) if one is given."""

    def apply(params: dict, images: UInt8[Array, "batch height width channels"]) -> dict:
        images = images.astype(jnp.float32)
        images = resize(images, size, "clean") if all(size) else images
        return {"features": images.reshape(len(images), -1) / 255}

    identity = dict(
        name="pixels",
        weights_sha256="",
        size=list(size) if all(size) else "native",
        resize="clean" if all(size) else "none",
        quantisation=QUANTISATION,
    )
    return Features("pixels", None, identity, {}, apply, batch_size)
