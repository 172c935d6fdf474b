"""What networks that make or judge pictures are told by a text, a sound or an embedding."""

from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Bool, Float


class Read(NamedTuple):
    """What an encoder reads in a condition: one vector for all of it, and one for each of its parts."""

    sentence: Float[Array, "batch width"]
    words: Float[Array, "batch parts width"]
    there: Bool[Array, "batch parts"]  # where a part is one, and not what fills a text up


def masked_mean(
    values: Float[Array, "batch parts width"], there: Bool[Array, "batch parts"]
) -> Float[Array, "batch width"]:
    """The mean over the parts that there are, float32; 0 where there is none."""
    weight = there.astype(jnp.float32)[:, :, None]
    return (values.astype(jnp.float32) * weight).sum(axis=1) / jnp.maximum(weight.sum(axis=1), 1.0)
