"""What a discriminator sees of a whole group of examples."""

import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.errors import InputError


def minibatch_stddev(
    x: Float[Array, "batch *space channels"], group: int
) -> Float[Array, "batch *space channels_and_one"]:
    """Appends the standard deviation over each group, averaged to one number (Karras et al. 2018), as a channel.

    A group is `group` consecutive examples, so that no group spans two devices when each holds whole groups.
    """
    batch, *sides, channels = x.shape
    if batch % group:
        raise InputError(
            f"minibatch_stddev={group} needs a batch (of one device and micro-batch) that is a multiple, not {batch}."
        )
    groups = x.astype(jnp.float32).reshape(batch // group, group, *sides, channels)
    deviation = jnp.sqrt(groups.var(axis=1) + 1e-8).reshape(batch // group, -1).mean(axis=1)
    channel = deviation.reshape(-1, 1, *(1,) * len(sides), 1)
    channel = jnp.broadcast_to(channel, (batch // group, group, *sides, 1))
    return jnp.concatenate([x, channel.reshape(batch, *sides, 1).astype(x.dtype)], axis=-1)
