"""What games of a generator and a discriminator share, whatever either is shown."""

from collections.abc import Callable
from typing import Any

from jaxtyping import Array, PyTree

from gan_jax.types import Network, TrainState, Variables


def variables_of(state: TrainState, side: str, params: PyTree) -> dict[str, Variables]:
    """Every player's variables, of one side with the parameters that a gradient is taken of."""
    variables = {name: player.variables for name, player in state.players.items()}
    return {**variables, side: variables[side]._replace(params=params)}


def judge(
    discriminator: Network, variables: Variables, real: Array, fake: Array, given: Any
) -> tuple[Array, Array, PyTree]:
    """Logits of real and of generated images, each given the same; and the network's state after both."""
    real_logits, state = discriminator.apply(variables, real, given, train=True)
    fake_logits, state = discriminator.apply(variables._replace(state=state), fake, given, train=True)
    return real_logits, fake_logits, state


def both_sides(play: Callable) -> dict[str, Callable]:
    """The losses of `play(side, params, state, batch, key)`, in the order of update."""
    return {
        "discriminator": lambda *arguments: play("discriminator", *arguments),
        "generator": lambda *arguments: play("generator", *arguments),
    }
