"""Images as vectors whose squared distance is LPIPS (Zhang et al. 2018): for metrics of features in rows."""

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree, UInt8

from gan_jax.bounds import Positive
from gan_jax.errors import InputError
from gan_jax.features import lpips
from gan_jax.features.base import Features, to_colours


def make(weights: str = "", batch_size: Positive = 64) -> Features:
    """SqueezeNet's seven maps as unit vectors, by the roots of LPIPS's heads, over the root of their places.

    weights: a file with SqueezeNet 1.1 and LPIPS's heads; without one, `squeezenet` in the weights folder. A vector has
    some 20,000 numbers of an image of 32x32, and four times as many at twice the sides.
    """
    network = lpips.load(weights)

    def apply(
        params: PyTree, images: UInt8[Array, "batch height width channels"]
    ) -> dict[str, Float[Array, "batch size"]]:
        if min(images.shape[1:3]) < lpips.SMALLEST:
            raise InputError(f"perceptual: images need {lpips.SMALLEST} pixels along a side, not {images.shape[1:3]}.")
        parts = lpips.embedded(params, to_colours(images, 3) / 127.5 - 1)
        return {"features": jnp.concatenate([part.reshape(len(images), -1) for part in parts], axis=1)}

    return Features("lpips_squeeze", None, network.identity, network.params, apply, batch_size)
