"""The game of an autoencoder and somebody who judges what it makes: images, or latents."""

from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
from jaxtyping import Array, Key, PyTree

from gan_jax import rng
from gan_jax.losses import combine
from gan_jax.objectives.adversarial import Game
from gan_jax.objectives.two_players import judge, logits_of, said_of, variables_of
from gan_jax.types import Batch, Mean, Out, Role, TrainState, Variables


def game(
    autoencoder: Role,
    judging: Role,
    *,
    name: str = "discriminator",
    shape: tuple[int, ...],
    num_classes: int,
    begin: Callable[[Key[Array, ""], Batch], Variables],
    view: Callable[[Variables, TrainState, Batch, Key[Array, ""]], tuple[Any, PyTree]],
    shown: Callable[[Any, Variables, Key[Array, ""]], tuple[Array, Array]],
    told: Callable[[Any], dict[str, Mean]] = lambda view: {},
) -> Game:
    """The judge updates first.

    Args:
        autoencoder: whose network `begin` and `view` know.
        judging: its network maps what is shown, and the label [B] where there are classes, to logits, or to
            {"logits": ..., more}.
        name: of the player that judges.
        shape: of one example of what is shown.
        num_classes: that both see; 0: none.
        begin: (key, batch) -> the autoencoder's variables.
        view: (its variables, state, batch, key) -> a View, and the new network state.
        shown: (view, variables, key) -> what is real, and what is to be told from it.
        told: view -> what the autoencoder logs beside its terms.
    """
    network = judging.network(num_classes=num_classes)
    terms = {name: judging.terms, "autoencoder": autoencoder.terms}

    def label(batch: Batch) -> tuple[Array, ...]:
        return (batch["label"],) if num_classes else ()

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        example = jnp.zeros((len(batch["position"]), *shape))
        players = {
            name: network.init(rng.stream(key, 0, name), example, *label(batch)),
            "autoencoder": begin(key, batch),
        }
        return players, {player: combine.initial_carry(terms[player]) for player in players}

    def play(side: str, params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        """The loss of one side, the other held fixed, and that side's new network state."""
        variables = variables_of(state, side, params)
        seen, network_state = view(variables["autoencoder"], state, batch, key)
        real, fake = shown(seen, variables["autoencoder"], key)
        real_judged, fake_judged, judge_state = judge(network, variables[name], real, fake, *label(batch))
        seen = seen.replace(
            real=real,
            fake=fake,
            real_judged=real_judged,
            fake_judged=fake_judged,
            discriminator=logits_of(network, variables[name], *label(batch)),
            judge=said_of(network, variables[name], *label(batch)),
            params=params,
        )
        loss, carry, metrics = combine.total(side, terms[side], seen, state.step, state.carry[side])
        if side == "autoencoder":
            return loss, Out(network_state, carry, metrics | told(seen))
        return loss, Out(judge_state, carry, metrics)

    return Game(init, {side: lambda *arguments, side=side: play(side, *arguments) for side in terms})
