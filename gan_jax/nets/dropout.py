"""What a network from pictures to pictures draws by: keys, for dropout in training and in sampling, or a latent."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt32

from gan_jax import rng

KeyData = UInt32[Array, "batch words"]  # `jax.random.key_data` of one key per example
Noise = KeyData | Float[Array, "batch latent"] | None


def told_apart(noise: Noise) -> tuple[KeyData | None, Float[Array, "batch latent"] | None]:
    """Keys and a latent, of which noise is one or neither."""
    if noise is None or not jnp.issubdtype(noise.dtype, jnp.floating):
        return noise, None
    return None, noise


def laid_on(
    source: Float[Array, "batch *space inputs"], latent: Float[Array, "batch latent"] | None
) -> Float[Array, "batch *space more_inputs"]:
    """The source with a latent as more channels, the same at every place (Zhu et al. 2017, BicycleGAN).

    Normalisation of each channel of an image takes away what a convolution alone has made of them.
    """
    if latent is None:
        return source
    space = (1,) * (source.ndim - 2)
    channels = jnp.broadcast_to(latent.reshape(len(latent), *space, -1), (*source.shape[:-1], latent.shape[-1]))
    return jnp.concatenate([source, channels.astype(source.dtype)], axis=-1)


def dropout(x: Float[Array, "batch *space channels"], keys: KeyData | None, rate: float, place: int) -> Array:
    """Sets a share `rate` of each example's values to 0 and scales the others up (Srivastava et al. 2014).

    `place` tells layers with the same keys apart. Without keys nothing is dropped.
    """
    if keys is None:
        return x

    def mask(key: Array) -> Array:
        return jax.random.bernoulli(jax.random.fold_in(rng.wrapped(key), place), 1 - rate, x.shape[1:])

    return jnp.where(jax.vmap(mask)(keys), x / (1 - rate), 0)
