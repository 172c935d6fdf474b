"""What games of a generator and a discriminator share, whatever either is shown."""

from collections.abc import Callable, Mapping
from typing import Any

from jaxtyping import Array, PyTree

from gan_jax.types import Network, TrainState, Variables


def variables_of(state: TrainState, side: str, params: PyTree) -> dict[str, Variables]:
    """Every player's variables, of one side with the parameters that a gradient is taken of."""
    variables = {name: player.variables for name, player in state.players.items()}
    return {**variables, side: variables[side]._replace(params=params)}


def as_judged(said: Any) -> dict[str, PyTree]:
    """What a discriminator says, by name: it may be its logits alone."""
    return dict(said) if isinstance(said, Mapping) else {"logits": said}


def judge(
    discriminator: Network, variables: Variables, real: Array, fake: Array, *given: Any
) -> tuple[dict[str, PyTree], dict[str, PyTree], PyTree]:
    """What is said of real and of generated images, each given the same; and the network's state after both."""
    of_real, state = discriminator.apply(variables, real, *given, train=True)
    of_fake, state = discriminator.apply(variables._replace(state=state), fake, *given, train=True)
    return as_judged(of_real), as_judged(of_fake), state


def said_of(discriminator: Network, variables: Variables, *given: Any) -> Callable:
    """All that is said, by name, as a function of images alone."""
    return lambda images: as_judged(discriminator.apply(variables, images, *given, train=True)[0])


def logits_of(discriminator: Network, variables: Variables, *given: Any) -> Callable:
    """The logits as a function of images alone."""
    said = said_of(discriminator, variables, *given)
    return lambda images: said(images)["logits"]


def both_sides(play: Callable) -> dict[str, Callable]:
    """The losses of `play(side, params, state, batch, key)`, in the order of update."""
    return {
        "discriminator": lambda *arguments: play("discriminator", *arguments),
        "generator": lambda *arguments: play("generator", *arguments),
    }
