"""Numbers that may change while a run trains: where a config takes one, it takes a section `step -> number` too."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float, Num

Schedule = Callable  # step -> number, as those of optax
Number = float | Schedule


def at(value: Number, step: Num[Array, ""] | int) -> float | Float[Array, ""]:
    """The number itself, or what the schedule makes of the step."""
    return jnp.asarray(value(step), jnp.float32) if callable(value) else value
