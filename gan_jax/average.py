"""The moving average of a network: what is sampled, evaluated and kept."""

from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, PyTree

from gan_jax.bounds import Bounds
from gan_jax.network import STATISTICS
from gan_jax.schedules import Number, at
from gan_jax.types import Variables


class Ema(NamedTuple):
    """Moving average of the sampling player's parameters (Karras et al. 2018, 2020)."""

    half_life: Annotated[Number, Bounds(0)] = 0.0  # images; 0: no averaging
    ramp_up: Annotated[Number, Bounds(0)] = (
        0.0  # if positive, the half-life is at most this fraction of the images seen so far
    )

    def decay(self, step: Int[Array, ""], new: int) -> Float[Array, ""]:
        """The weight of the average so far when step number `step`, from 0 on, has seen `new` images."""
        half_life, ramp_up = jnp.float32(at(self.half_life, step)), jnp.float32(at(self.ramp_up, step))
        seen = (step + 1).astype(jnp.float32) * new
        half_life = jnp.where(ramp_up > 0, jnp.minimum(half_life, ramp_up * seen), half_life)
        return jnp.where(half_life > 0, 0.5 ** (new / jnp.maximum(half_life, 1e-8)), 0.0)


def average(so_far: Variables, current: Variables, decay: Float[Array, ""]) -> Variables:
    """The moving average, one step on: of the parameters, and of the batch statistics that belong to them.

    The last statistics alone fit the last parameters, not the average. Other network state is copied.
    """

    def mix(old: PyTree, new: PyTree) -> PyTree:
        return jax.tree.map(lambda a, b: b + decay * (a - b), old, new)

    statistics = {name: mix(so_far.state[name], new) for name, new in current.state.items() if name in STATISTICS}
    return Variables(mix(so_far.params, current.params), {**current.state, **statistics})
