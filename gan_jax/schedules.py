"""Numbers that may change while a run trains: where a config takes one, it takes a section `step -> number` too."""

from collections.abc import Callable

import jax.numpy as jnp
from jaxtyping import Array, Float, Num

from gan_jax.errors import InputError

Schedule = Callable  # step -> number, as those of optax
Number = float | Schedule
Scalar = (
    float | Float[Array, ""]
)  # a term's or an augmentation's setting: the number, or what a schedule made of this step


def at(value: Number, step: Num[Array, ""] | int) -> Scalar:
    """The number itself, or what the schedule makes of the step."""
    return jnp.asarray(value(step), jnp.float32) if callable(value) else value


def cosine(*, start: float, end: float, steps: int) -> Schedule:
    """From `start` to `end` in so many steps along half a cosine, and `end` from there on.

    That of optax gives the end as a share of the start, which of 0 there is none.
    """

    if steps < 1:
        raise InputError(f"cosine: steps = {steps} should be at least 1.")

    def schedule(step: Num[Array, ""] | int) -> Float[Array, ""]:
        done = jnp.clip(step / steps, 0.0, 1.0)
        return jnp.float32(end + (start - end) * (1 + jnp.cos(jnp.pi * done)) / 2)

    return schedule


def piecewise_constant(*, boundaries: tuple[int, ...], values: tuple[float, ...]) -> Schedule:
    """The value values[i] from step boundaries[i - 1] on until before step boundaries[i].

    That of optax takes a dict with whole numbers as keys, which a config cannot hold.
    """
    if list(boundaries) != sorted({*boundaries}) or len(values) != len(boundaries) + 1:
        raise InputError(
            f"piecewise_constant: boundaries = {boundaries} should rise, and values = {values} be one more than these."
        )

    def schedule(step: Num[Array, ""] | int) -> Float[Array, ""]:
        return jnp.float32(values)[(step >= jnp.int32(boundaries)).sum()]

    return schedule
