"""Binary images of grey ones: (image + 1) / 2 is the probability of a 1 (Salakhutdinov and Murray 2008).

Each takes images in [-1, 1] and a key for each, gives images of -1 and 1, and leaves such as they are.
"""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, UInt32

from gan_jax import rng
from gan_jax.images import to_uint8

Images = Float[Array, "batch *space channels"]
Keys = Key[Array, "batch"]


def dynamic(images: Images, keys: Keys) -> Images:
    """Drawn anew for every key."""
    ones = jax.vmap(jax.random.bernoulli)(keys, (images + 1) / 2)
    return jnp.where(ones, 1.0, -1.0)


def fixed(images: Images, keys: Keys) -> Images:
    """Drawn once: a function of the pixels alone, so that an image is the same one in each epoch and in each set."""
    del keys
    return dynamic(images, rng.per_example(rng.key(0), _checksum(images)))


def _checksum(images: Images) -> UInt32[Array, "batch"]:
    """Of the 256 levels, exact on every device; the places' weights are odd numbers spread over all there are."""
    levels = to_uint8(images).reshape(len(images), -1).astype(jnp.uint32)
    weights = jnp.arange(levels.shape[1], dtype=jnp.uint32) * jnp.uint32(2_654_435_762) + jnp.uint32(1)
    return (levels * weights).sum(axis=1, dtype=jnp.uint32)
