"""The game of a discriminator with whatever makes images (Goodfellow et al. 2014)."""

from collections.abc import Callable
from typing import Any, NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key, PyTree

from gan_jax import rng
from gan_jax.losses import combine
from gan_jax.losses.matching import ConditionalView
from gan_jax.losses.views import GanView, bound, common_fields
from gan_jax.objectives import augmentation, latent_pictures
from gan_jax.objectives.latent_pictures import Medium
from gan_jax.objectives.told import Told
from gan_jax.objectives.two_players import both_sides, judge, logits_of, said_of, variables_of
from gan_jax.types import Batch, Facts, Out, Role, TrainState, Variables

Images = Float[Array, "batch *space channels"]


class Made(NamedTuple):
    """Images of a generator in training, and what they are functions of."""

    images: Images
    state: PyTree  # the generator's new network state
    latent: PyTree
    generator: Callable  # latent -> images
    codes: Float[Array, "batch *code"]
    synthesis: Callable  # codes -> images
    moments: Callable | None = None  # () -> mean and log-variance of the code that a condition becomes


class Game(NamedTuple):
    """What an objective of a generator and a discriminator is made of."""

    init: Callable
    losses: dict[str, Callable]


def game(
    generator: Role,
    discriminator: Role,
    facts: Facts,
    *,
    told: Told,
    augment: augmentation.Augment,
    begin: Callable[[Key[Array, ""], Batch], Variables],
    generate: Callable[[Variables, Batch, Any, Key[Array, ""], Int[Array, ""]], Made],
    medium: Medium | None = None,
    see: Callable[[Images, Int[Array, ""]], Images] = lambda images, step: images,
    tell: Callable[[Int[Array, ""]], tuple] = lambda step: (),
) -> Game:
    """A game in which each side has its terms, whatever the generator is.

    Args:
        generator: whose network `begin` and `generate` know.
        discriminator: its network maps (images, what it is told) to logits, or to {"logits": ..., more}.
        facts: of the data and the devices.
        told: what both see beside it. Generated images are told what those of the batch are.
        augment: what the discriminator is shown (`augmentation.of_setting`).
        begin: (key, batch) -> the generator's variables.
        generate: (variables, batch, what it is told, key, step) -> images.
        medium: what is made and judged; None: images.
        see: (real images, step) -> what is made of them before anything else.
        tell: step -> what the discriminator is given beside images and label.
    """
    medium = medium or latent_pictures.medium_of(facts, "", 1.0)
    network = discriminator.network(**told.facts, image_shape=medium.shape)
    terms = {"discriminator": discriminator.terms, "generator": generator.terms}
    shown = augmentation.of_setting(augment)

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        nothing = jnp.zeros((len(batch["position"]), *medium.shape))
        given = (nothing, told.example(batch), *tell(jnp.int32(0)))
        players = {
            "discriminator": network.init(rng.stream(key, 0, "discriminator"), *given),
            "generator": begin(rng.stream(key, 0, "generator"), batch),
        }
        carry = {name: combine.initial_carry(terms[name]) for name in players}
        return players, {**carry, "discriminator": carry["discriminator"] | shown.init()}

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        memory, frozen = state.carry["discriminator"], bound(facts.frozen, state)
        critic, given = variables["discriminator"], (told.of(batch, frozen), *tell(state.step))
        made = generate(variables["generator"], batch, given[0], key, state.step)
        original = see(medium.of(batch, frozen), state.step)

        def augmented(real: Images, fake: Images) -> tuple[Images, Images]:
            return shown.show(memory, real, fake, batch, key, state.step)

        real, fake = augmented(original, made.images)

        def show(images: Images) -> Images:
            own = rng.stream(key, 0, "shown")
            return shown.show(memory, images, images, batch, own, state.step)[1]

        real_judged, fake_judged, critic_state = judge(network, critic, real, fake, *given)
        view = dict(
            real=real,
            fake=fake,
            original=original,
            generated=made.images,
            augmented=augmented,
            real_judged=real_judged,
            fake_judged=fake_judged,
            latent=made.latent,
            generator=made.generator,
            codes=made.codes,
            synthesis=made.synthesis,
            shown=show,
            discriminator=logits_of(network, critic, *given),
            **common_fields(facts, state, batch, key, params),
        )
        if told.is_read:
            view = ConditionalView(**view, judge=said_of(network, critic, *given), moments=made.moments)
        else:
            view = GanView(**view)
        loss, carry, metrics = combine.total(side, terms[side], view, state.step, state.carry[side])
        if side == "discriminator":
            carry, learned = shown.learn(carry, view)
            metrics |= learned
        new_state = {"discriminator": critic_state, "generator": made.state}[side]
        return loss, Out(new_state, carry, metrics)

    return Game(init, both_sides(play))
