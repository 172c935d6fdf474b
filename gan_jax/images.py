"""The one way from network outputs to pixels and back, shared by training grids, samples and metrics."""

import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8


def to_uint8(images: Float[Array, "*shape"]) -> UInt8[Array, "*shape"]:
    """Quantises images in [-1, 1] to the nearest of 256 levels; values outside are clipped."""
    return jnp.clip(jnp.round((images.astype(jnp.float32) + 1) * 127.5), 0, 255).astype(jnp.uint8)


def from_uint8(images: UInt8[Array, "*shape"]) -> Float[Array, "*shape"]:
    """Scales pixels to [-1, 1], float32."""
    return images.astype(jnp.float32) / 127.5 - 1
