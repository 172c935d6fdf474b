"""The game of a generator and a discriminator (Goodfellow et al. 2014), unconditional or class-conditional."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key, PyTree

from gan_jax import rng
from gan_jax.bounds import Positive
from gan_jax.errors import InputError, told_always
from gan_jax.images import from_uint8
from gan_jax.losses import combine
from gan_jax.losses.views import GanView, bound
from gan_jax.objectives.classes import seen_classes
from gan_jax.objectives.latents import check_truncation
from gan_jax.objectives.two_players import both_sides, judge, variables_of
from gan_jax.types import Batch, Condition, Draw, Facts, Objective, Out, Role, TrainState, Variables


def make(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    latent_size: Positive = 128,
    conditional: bool = False,
    augment: Callable | None = None,
) -> Objective:
    """A generative adversarial network.

    Args:
        generator: its network maps (latent [B, Z], label [B] or None) to images in [-1, 1].
        discriminator: its network maps (images, label [B] or None) to logits [B].
        facts: of the data and the devices.
        latent_size: of the standard normal latent.
        conditional: whether both networks see the class; generated classes follow those of the batch.
        augment: (images, keys [B]) -> images, applied to what the discriminator sees, real and generated alike.
    """
    num_classes = seen_classes(conditional, facts)
    generator_network = generator.network(num_classes=num_classes)
    discriminator_network = discriminator.network(num_classes=num_classes)

    def label(batch: Batch) -> Array | None:
        return batch["label"] if conditional else None

    def latent(keys: Key[Array, "batch"], *, truncation: float | None = None) -> Float[Array, "batch latent"]:
        """Standard normal, or truncated to [-truncation, truncation] (Brock et al. 2019)."""
        if truncation is None:
            return jax.vmap(lambda key: jax.random.normal(key, (latent_size,)))(keys)
        check_truncation(truncation)
        bounds = (-truncation, truncation)
        return jax.vmap(lambda key: jax.random.truncated_normal(key, *bounds, (latent_size,)))(keys)

    def augmented(images: Array, key: Array, name: str, batch: Batch) -> Array:
        if augment is None:
            return images
        keys = rng.per_example(rng.stream(key, 0, name), batch["position"])
        with told_always("objective.augment", f"fails on images {images.shape}"):
            changed = augment(images, keys)
        if jnp.shape(changed) != images.shape:
            raise InputError(f"objective.augment makes images {jnp.shape(changed)} of images {images.shape}.")
        return changed

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        images = from_uint8(batch["image"])
        noise = jnp.zeros((images.shape[0], latent_size))
        players = {
            "discriminator": discriminator_network.init(rng.stream(key, 0, "discriminator"), images, label(batch)),
            "generator": generator_network.init(rng.stream(key, 0, "generator"), noise, label(batch)),
        }
        roles = {"discriminator": discriminator, "generator": generator}
        return players, {name: combine.initial_carry(role.terms) for name, role in roles.items()}

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        critic = variables["discriminator"]

        noise = latent(rng.per_example(rng.stream(key, 0, "latent"), batch["position"]))
        fake, generator_state = generator_network.apply(variables["generator"], noise, label(batch), train=True)
        fake = augmented(fake, key, "augment_fake", batch)
        real = augmented(from_uint8(batch["image"]), key, "augment_real", batch)
        real_logits, fake_logits, critic_state = judge(discriminator_network, critic, real, fake, label(batch))
        view = GanView(
            real=real,
            fake=fake,
            real_logits=real_logits,
            fake_logits=fake_logits,
            latent=noise,
            generator=lambda z: generator_network.apply(variables["generator"], z, label(batch), train=True)[0],
            discriminator=lambda x: discriminator_network.apply(critic, x, label(batch), train=True)[0],
            batch=batch,
            key=key,
            carry=None,
            axis_name=facts.axis_name,
            step=state.step,
            frozen=bound(facts.frozen, state),
        )
        terms = {"discriminator": discriminator, "generator": generator}[side].terms
        loss, carry, metrics = combine.total(side, terms, view, state.step, state.carry[side])
        new_state = {"discriminator": critic_state, "generator": generator_state}[side]
        return loss, Out(new_state, carry, metrics)

    def condition(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        return {"label": batch["label"]} if conditional else {}

    def sample(variables: Mapping[str, PyTree], latent: Float[Array, "batch latent"], condition: Condition) -> Array:
        return generator_network.apply(variables["generator"], latent, condition.get("label"), train=False)[0]

    return Objective(
        init=init,
        losses=both_sides(play),
        averaged=("generator",),
        draws={"image": Draw(sample, latent, condition)},
    )
