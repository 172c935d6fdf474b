"""What a game is about: images, or latents of a frozen autoencoder in their place."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from gan_jax import rng
from gan_jax.errors import InputError, nearest
from gan_jax.images import from_uint8
from gan_jax.types import Condition, Facts

Pictures = Float[Array, "batch *space channels"]


class Medium(NamedTuple):
    """What networks make and judge."""

    shape: tuple[int, ...]  # of one: sides and channels
    of: Callable  # (batch, {name: frozen network}) -> pictures of the data
    shown: Callable  # (variables by name, pictures, condition) -> images


def medium_of(facts: Facts, autoencoder: str, spread: float) -> Medium:
    """The medium of a game that is given the name of a frozen autoencoder, or "" for images themselves.

    Latents are what a posterior's mean is as noise of the prior (the draw `to_z`), divided by their `spread`: networks
    see numbers of about 1, as in latent diffusion (Rombach et al. 2022, section 4.3).
    """
    if not autoencoder:
        return Medium(facts.image_shape, lambda batch, frozen: from_uint8(batch["image"]), lambda _, made, __: made)
    if autoencoder not in facts.frozen:
        known = nearest(autoencoder, facts.frozen)
        raise InputError(f"objective.autoencoder = {autoencoder!r} is none of `frozen`. {known}")
    stage = facts.frozen[autoencoder]
    if "to_z" not in getattr(stage, "draws", {}):
        raise InputError(f"frozen.{autoencoder} has no draw 'to_z': it should be a run of vae or vae_gan.")
    image = next(iter(stage.draws))

    def encode(ask: Callable, batch: Mapping[str, Array]) -> Pictures:
        condition = {name: batch[name] for name in ("image", "label") if name in batch}
        keys = rng.per_example(rng.key(0), jnp.arange(len(batch["image"])))
        return ask("to_z", stage.draws["to_z"].latent(keys), condition) / spread

    def decode(
        variables: Mapping[str, PyTree], made: Pictures, condition: Condition
    ) -> Float[Array, "batch all_height all_width image_channels"]:
        return stage(variables[autoencoder], image, spread * made, condition)

    example = {"image": jnp.zeros((1, *facts.image_shape), jnp.uint8), "label": jnp.zeros(1, jnp.int32)}
    shape = jax.eval_shape(lambda variables: encode(partial(stage, variables), example), stage.shapes).shape[1:]
    if len(shape) != 3:
        raise InputError(
            f"frozen.{autoencoder} has latents of shape {list(shape)}: a game is played in maps of them, as "
            "residual.Encoder makes with latent_channels."
        )
    return Medium(shape, lambda batch, frozen: encode(frozen[autoencoder], batch), decode)
