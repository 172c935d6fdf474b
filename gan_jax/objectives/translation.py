"""Pictures into pictures, learned from pairs: pix2pix (Isola et al. 2017)."""

from collections.abc import Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Count
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.views import TranslationView, common_fields
from gan_jax.nets.dropout import Noise
from gan_jax.objectives.pictures import check_target, scale_of
from gan_jax.objectives.two_players import both_sides, judge, logits_of, variables_of
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Out, Role, TrainState, Variables


def make(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    source: str = "source",
    target: str = "image",
    latent_size: Count = 0,
) -> Objective:
    """A conditional GAN whose condition is a picture, and whose right answer is known.

    Args:
        generator: its network maps (source [B, h, w, S] in [-1, 1], noise) to images in [-1, 1], whose sides are
            `scale` times as long, which it is told; noise is keys, uint32 [B, 2], or None, or a latent.
        discriminator: its network maps (images, source) to logits, one for each image or a map of them.
        facts: of the data and the devices.
        source: the column of pictures that `image` is to be made of.
        target: the column of the right answers, where they are not the images that the discriminator is shown.
        latent_size: of a standard normal latent, in whose place there are keys of dropout where it is 0. A generator
            learns to leave it aside unless a term asks for answers that differ (`diversity`).
    """
    check_target(target, facts)
    networks = {
        "generator": generator.network(num_classes=0, scale=scale_of(source, facts)),
        "discriminator": discriminator.network(num_classes=0),
    }
    terms = {"generator": generator.terms, "discriminator": discriminator.terms}

    def latent(keys: Key[Array, "batch"]) -> Noise:
        """A key for each example, of which the generator draws its dropout, or a latent."""
        if not latent_size:
            return jax.random.key_data(keys)
        return jax.vmap(lambda key: jax.random.normal(key, (latent_size,)))(keys)

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        image, given = from_uint8(batch["image"]), from_uint8(batch[source])
        noise = latent(rng.per_example(key, batch["position"]))
        inputs = {"generator": (given, noise), "discriminator": (image, given)}
        players = {name: networks[name].init(rng.stream(key, 0, name), *inputs[name]) for name in networks}
        return players, {name: combine.initial_carry(terms[name]) for name in networks}

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        critic = variables["discriminator"]
        real, given = from_uint8(batch["image"]), from_uint8(batch[source])

        def answer(noise: Noise) -> tuple[Array, PyTree]:
            return networks["generator"].apply(variables["generator"], given, noise, train=True)

        noise = latent(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        fake, generator_state = answer(noise)
        real_judged, fake_judged, critic_state = judge(networks["discriminator"], critic, real, fake, given)
        view = TranslationView(
            real=real,
            fake=fake,
            target=from_uint8(batch[target]),
            source=given,
            latent=noise,
            generator=lambda noise: answer(noise)[0],
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=logits_of(networks["discriminator"], critic, given),
            **common_fields(facts, state, batch, key, params),
        )
        loss, carry, metrics = combine.total(side, terms[side], view, state.step, state.carry[side])
        new_state = {"discriminator": critic_state, "generator": generator_state}[side]
        return loss, Out(new_state, carry, metrics)

    def sample(
        variables: Mapping[str, PyTree],
        latent: Noise,
        condition: Condition,
        *,
        noise: bool = True,
    ) -> Float[Array, "batch height width channels"]:
        """Dropout is on, as published; without `noise` it is off, and the frames of a film do not flicker.

        Of a latent there is the mean without noise.
        """
        if not noise:
            latent = jnp.zeros_like(latent) if latent_size else None
        given = from_uint8(condition[source])
        return networks["generator"].apply(variables["generator"], given, latent, train=False)[0]

    return Objective(
        init=init,
        losses=both_sides(play),
        averaged=("generator",),
        draws={
            "image": Draw(
                sample, latent, lambda batch, keys: {source: batch[source]}, local=networks["generator"].local
            )
        },
    )
