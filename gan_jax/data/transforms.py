"""What happens to real images inside the step."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key, UInt8


def flip(
    images: UInt8[Array, "batch height width channels"], keys: Key[Array, "batch"]
) -> UInt8[Array, "batch height width channels"]:
    """Mirrors each image left to right with probability one half, by its own key."""
    mirrored = jax.vmap(jax.random.bernoulli)(keys)
    return jnp.where(mirrored[:, None, None, None], images[:, :, ::-1], images)
