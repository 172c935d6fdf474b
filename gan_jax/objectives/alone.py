"""The game of one player, whatever it does."""

from collections.abc import Callable
from typing import Any

from jaxtyping import Array, Key, PyTree

from gan_jax.losses import combine
from gan_jax.objectives.adversarial import Game
from gan_jax.types import Batch, Mean, Out, Role, TrainState, Variables


def game(
    name: str,
    player: Role,
    *,
    begin: Callable[[Key[Array, ""], Batch], Variables],
    view: Callable[[Variables, TrainState, Batch, Key[Array, ""]], tuple[Any, PyTree]],
    told: Callable[[Any], dict[str, Mean]] = lambda view: {},
) -> Game:
    """A game in which there is nobody but the player.

    Args:
        name: of the player.
        player: whose network `begin` and `view` know.
        begin: (key, batch) -> its variables.
        view: (its variables, state, batch, key) -> a View, and the new network state.
        told: view -> what is logged beside its terms.
    """

    def init(key: Key[Array, ""], batch: Batch) -> tuple[dict[str, Variables], dict[str, PyTree]]:
        return {name: begin(key, batch)}, {name: combine.initial_carry(player.terms)}

    def loss(params: PyTree, state: TrainState, batch: Batch, key: Key[Array, ""]) -> tuple[Array, Out]:
        seen, network_state = view(state.players[name].variables._replace(params=params), state, batch, key)
        total, carry, metrics = combine.total(name, player.terms, seen, state.step, state.carry[name])
        return total, Out(network_state, carry, metrics | told(seen))

    return Game(init, {name: loss})
