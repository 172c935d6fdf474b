"""The game of an autoencoder and a discriminator of what it decodes, whatever its latents are."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Key, PyTree

from gan_jax import rng
from gan_jax.losses import combine
from gan_jax.objectives.adversarial import Game
from gan_jax.objectives.two_players import judge, logits_of, variables_of
from gan_jax.types import Batch, Facts, Mean, Out, Role, TrainState, Variables


def make(
    autoencoder: Role,
    discriminator: Role,
    facts: Facts,
    *,
    num_classes: int,
    begin: Callable[[Key[Array, ""], Batch], Variables],
    view: Callable[[Variables, TrainState, Batch, Key[Array, ""]], tuple[Any, PyTree]],
    fakes: Callable[[Any, Variables, Key[Array, ""]], Array] = lambda view, variables, key: view.reconstruction,
    told: Callable[[Any], dict[str, Mean]] = lambda view: {},
) -> Game:
    """The discriminator updates first.

    Args:
        autoencoder: whose network `begin` and `view` know.
        discriminator: its network maps images, and their label [B] where there are classes, to logits, or to
            {"logits": ..., more}.
        facts: of the data and the devices.
        num_classes: that both see; 0: none.
        begin: (key, batch) -> the autoencoder's variables.
        view: (its variables, state, batch, key) -> a View with an `image` and a `pair`, and the new network state.
        fakes: (view, variables, key) -> what is to be told from the images.
        told: view -> what the autoencoder logs beside its terms.
    """
    network = discriminator.network(num_classes=num_classes)
    terms = {"discriminator": discriminator.terms, "autoencoder": autoencoder.terms}

    def told_of(batch: Batch) -> tuple[Array, ...]:
        return (batch["label"],) if num_classes else ()

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        images = jnp.zeros((len(batch["position"]), *facts.image_shape))
        players = {
            "discriminator": network.init(rng.stream(key, 0, "discriminator"), images, *told_of(batch)),
            "autoencoder": begin(key, batch),
        }
        return players, {name: combine.initial_carry(terms[name]) for name in players}

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        seen, network_state = view(variables["autoencoder"], state, batch, key)
        fake = fakes(seen, variables["autoencoder"], key)
        real_judged, fake_judged, critic_state = judge(
            network, variables["discriminator"], seen.image, fake, *told_of(batch)
        )
        seen = seen._replace(
            real=seen.image,
            fake=fake,
            real_logits=real_judged["logits"],
            fake_logits=fake_judged["logits"],
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=logits_of(network, variables["discriminator"], *told_of(batch)),
            params=params,
        )
        loss, carry, metrics = combine.total(side, terms[side], seen, state.step, state.carry[side])
        if side == "autoencoder":
            return loss, Out(network_state, carry, metrics | told(seen))
        return loss, Out(critic_state, carry, metrics)

    return Game(init, {side: lambda *arguments, side=side: play(side, *arguments) for side in terms})
