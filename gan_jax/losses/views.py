"""What a loss term can look at: one View per family of objectives."""

from collections.abc import Callable
from typing import NamedTuple

import jax
from jaxtyping import Array, Float, Key, PyTree

from gan_jax.types import Batch


class GanView(NamedTuple):
    """The state of play between a generator and a discriminator."""

    real: Float[Array, "batch height width channels"]  # in [-1, 1], augmented as the discriminator saw it
    fake: Float[Array, "batch height width channels"]
    real_logits: Float[Array, "batch"]
    fake_logits: Float[Array, "batch"]
    latent: Float[Array, "batch latent"]
    batch: Batch
    generator: Callable  # latent -> images, at the current parameters
    discriminator: Callable  # images -> logits, at the current parameters
    key: Key[Array, ""]
    carry: PyTree  # the term's own memory, for terms that declare one
    axis_name: str | None  # of the devices, where each sees its own part of the batch


class VaeView(NamedTuple):
    """One pass through an encoder and a decoder."""

    image: Float[Array, "batch height width channels"]  # in [-1, 1]
    outputs: Float[Array, "batch height width parameters"]  # the decoder's: parameters of the likelihood
    negative_log_likelihood: Float[Array, "batch"]  # nats
    mean: Float[Array, "batch latent"]  # of the approximate posterior
    log_variance: Float[Array, "batch latent"]
    latent: Float[Array, "batch latent"]
    batch: Batch
    key: Key[Array, ""]
    carry: PyTree
    axis_name: str | None


def batch_mean(values: Float[Array, "batch *rest"], axis_name: str | None) -> Float[Array, "*rest"]:
    """The mean over the global batch, also where each device sees its part alone."""
    mean = values.mean(axis=0)
    return mean if axis_name is None else jax.lax.pmean(mean, axis_name)
