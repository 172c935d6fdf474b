"""The game of a generator and a discriminator (Goodfellow et al. 2014), unconditional or class-conditional."""

from collections.abc import Mapping
from typing import Annotated, Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Bounds, Count
from gan_jax.objectives import adversarial, latent_pictures
from gan_jax.objectives import told as tell
from gan_jax.objectives.augmentation import Augment
from gan_jax.objectives.latents import check_truncation
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Role, Variables

STATISTICS_BATCHES, STATISTICS_BATCH = 100, 64  # with a momentum of 0.9, nothing is left of what was before them


def make(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    latent_size: Count = 128,
    conditional: bool = False,
    condition: str = "",
    encoder: str = "",
    augment: Augment = None,
    autoencoder: str = "",
    spread: Annotated[float, Bounds(1e-6)] = 1.0,
) -> Objective:
    """A generative adversarial network, of images or of an autoencoder's latents.

    Args:
        generator: its network maps (latent [B, Z] or [B, H, W, C], label [B] or None) to images in [-1, 1].
        discriminator: its network maps (images, label [B] or None) to logits [B].
        facts: of the data and the devices.
        latent_size: of the standard normal latent; 0: it has the shape of an image.
        conditional: whether both networks see the class; generated classes follow those of the batch.
        condition: the column that both networks see in its place, such as a text, a sound or an embedding: the second
            input of both. "": none.
        encoder: the network of the section `frozen` that reads the column for both. "": they read it themselves.
        augment: (images, keys [B]) -> images, applied to what the discriminator sees, real and generated alike; or what
            remembers, such as `ada`.
        autoencoder: the network of the section `frozen`, a run of `vae` or `vae_gan`, whose latents take the place of
            images in all of this; images of the draw are decoded. "": none.
        spread: of its latents, their standard deviation, by which they are divided.
    """
    medium = latent_pictures.medium_of(facts, autoencoder, spread)
    shape = (latent_size,) if latent_size else tuple(medium.shape)
    told = tell.of_settings(facts, conditional=conditional, condition=condition, encoder=encoder)
    num_classes = told.facts["num_classes"]
    network = generator.network(**told.facts, image_shape=medium.shape, out_channels=medium.shape[-1])

    def latent(keys: Key[Array, "batch"], *, truncation: float | None = None) -> Float[Array, "batch *latent"]:
        """Standard normal, or truncated to [-truncation, truncation] (Brock et al. 2019)."""
        if truncation is None:
            return jax.vmap(lambda key: jax.random.normal(key, shape))(keys)
        check_truncation(truncation)
        bounds = (-truncation, truncation)
        return jax.vmap(lambda key: jax.random.truncated_normal(key, *bounds, shape))(keys)

    def begin(key: Key[Array, ""], batch: Batch) -> Variables:
        noise = jnp.zeros((len(batch["position"]), *shape))
        return network.init(key, noise, told.example(batch))

    def generate(variables: Variables, batch: Batch, asked: Any, key: Key[Array, ""], step: Array) -> adversarial.Made:
        def images_of(noise: Float[Array, "batch *latent"]) -> Array:
            return network.apply(variables, noise, asked, train=True)[0]

        def moments() -> tuple[Array, Array]:
            return network.apply(variables, asked, train=True, method="moments")[0]

        noise = latent(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        images, state = network.apply(variables, noise, asked, train=True)
        return adversarial.Made(images, state, noise, images_of, noise, images_of, moments)

    def sample(variables: Mapping[str, PyTree], latent: Float[Array, "batch *latent"], condition: Condition) -> Array:
        asked = told.drawn(condition, variables)
        made = network.apply(variables["generator"], latent, asked, train=False)[0]
        return medium.shown(variables, made, condition)

    def prepare(variables: Mapping[str, PyTree], *, truncation: float | None = None) -> Mapping[str, PyTree]:
        """Network state, such as the statistics of batch normalisation, of that truncation (Brock et al. 2019)."""
        params, state = variables["generator"]
        if truncation is None or told.is_read or not jax.tree.leaves(state):
            return variables
        examples = jnp.arange(STATISTICS_BATCH)
        label = examples % num_classes if num_classes else None

        def follow(state: PyTree, key: Key[Array, ""]) -> tuple[PyTree, None]:
            noise = latent(rng.per_example(key, examples), truncation=truncation)
            return network.apply(Variables(params, state), noise, label, train=True)[1], None

        state, _ = jax.lax.scan(follow, state, jax.random.split(rng.key(0), STATISTICS_BATCHES))
        return {**variables, "generator": Variables(params, state)}

    game = adversarial.game(
        generator,
        discriminator,
        facts,
        told=told,
        augment=augment,
        medium=medium,
        begin=begin,
        generate=generate,
    )
    return Objective(
        init=game.init,
        losses=game.losses,
        averaged=("generator",),
        draws={"image": Draw(sample, latent, told.condition, prepare=prepare)},
    )
