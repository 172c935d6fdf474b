"""Descents from codes towards images, many at a time and each by itself (Karras et al. 2020, appendix D).

Adam's learning rate rises, stays and falls; noise that fades away is added to codes, so that a descent does not end in
the first hollow.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree, UInt8, UInt32

from gan_jax import compiler, pinned, rng
from gan_jax.control.distances import Distance
from gan_jax.control.spaces import Painter
from gan_jax.images import from_uint8
from gan_jax.types import Condition

NOISE, NOISE_ENDS = 0.05, 0.75  # of the codes' spread; of the steps
RAMP_UP, RAMP_DOWN = 0.05, 0.25  # of the steps


Images = Float[Array, "batch height width channels"]


class Goal(NamedTuple):
    """What each descent is for, a row for each: the image, and what it is made of beside the code."""

    image: UInt8[Array, "batch height width channels"]
    seeds: UInt32[Array, "batch"]
    columns: Condition

    def rows(self, chosen: Int[np.ndarray, "n"]) -> "Goal":
        """Those of some rows."""
        return jax.tree.map(lambda values: values[chosen], self)


class State(NamedTuple):
    """Where descents are."""

    step: Array
    parts: Float[Array, "batch *part"]
    memory: optax.OptState


class Descent:
    """The compiled programs of descents to the images of one model.

    `parts` is what moves: codes, or anything that `code_shape` broadcasts to, as one row for all rows of a code.
    """

    def __init__(
        self,
        paint: Painter,
        distance: Distance,
        code_shape: tuple[int, ...],
        *,
        steps: int,
        learning_rate: float,
        noise: float,
    ) -> None:
        optimizer = optax.scale_by_adam()

        def far(variables: PyTree, network: PyTree, parts: Array, goal: Goal) -> Float[Array, "batch"]:
            codes = jnp.broadcast_to(parts, (len(parts), *code_shape))
            wanted = from_uint8(goal.image)
            made = shown(paint(variables, codes, goal.seeds, goal.columns), wanted)
            return distance.apply(network, made, wanted)

        def advance(variables: PyTree, network: PyTree, state: State, goal: Goal, count: int) -> State:
            def step(state: State, _: None) -> tuple[State, None]:
                share = state.step / steps
                size = noise * jnp.square(jnp.maximum(0.0, 1.0 - share / NOISE_ENDS))
                keys = rng.per_example(rng.stream(rng.key(0), state.step, "descent"), jnp.arange(len(state.parts)))
                shift = size * jax.vmap(lambda key: jax.random.normal(key, state.parts.shape[1:]))(keys)
                # Of the sum, of which each descent has a term of its own; Adam goes number by number.
                slope = jax.grad(lambda parts: far(variables, network, parts + shift, goal).sum())(state.parts)
                direction, memory = optimizer.update(slope, state.memory)
                return State(state.step + 1, state.parts - learning_rate * ramp(share) * direction, memory), None

            return jax.lax.scan(step, state, None, length=count)[0]

        compiled = dict(compiler_options=compiler.options())
        self._far = pinned.held()(jax.jit(far, **compiled))
        self._advance = pinned.held()(jax.jit(advance, donate_argnums=2, static_argnums=4, **compiled))
        self._begin = optimizer.init
        self._network, self._steps = distance.variables, steps
        # On a GPU calls take time; on a CPU a loop in a program runs 1.4 times slower than one around it.
        self._per_call = 1 if jax.default_backend() == "cpu" else 10

    def far(self, variables: PyTree, parts: Float[np.ndarray, "batch *part"], goal: Goal) -> Float[np.ndarray, "batch"]:
        """The distance of each image from its goal."""
        return np.asarray(self._far(variables, self._network, parts, goal))

    def run(
        self,
        variables: PyTree,
        parts: Float[np.ndarray, "batch *part"],
        goal: Goal,
        tell: Callable[[int], object],
    ) -> Float[np.ndarray, "batch *part"]:
        """Where descents from `parts` end; `tell` is told how many steps have been made since the last time."""
        begin = jnp.array(parts)  # a copy, which is given away
        state = State(jnp.zeros((), jnp.int32), begin, self._begin(begin))
        for done in range(0, self._steps, self._per_call):
            count = min(self._per_call, self._steps - done)
            state = self._advance(variables, self._network, state, goal, count)
            jax.block_until_ready(state.step)  # so that what is told has been done
            tell(count)
        return np.asarray(state.parts)


def shown(made: Images, wanted: Images) -> Images:
    """An image with what is whiter than white as white where white is wanted, and black likewise.

    Pixels are cut off at both, and networks without tanh count on it. Elsewhere a value beyond is wrong, and cut off it
    would have no slope to come back by.
    """
    return jnp.clip(made, jnp.where(wanted <= -1, -1.0, -jnp.inf), jnp.where(wanted >= 1, 1.0, jnp.inf))


def ramp(share: Float[Array, "*shape"]) -> Float[Array, "*shape"]:
    """What the learning rate is multiplied by after a share of the steps: up in a line, at the end down by a cosine."""
    down = jnp.minimum(1.0, (1.0 - share) / RAMP_DOWN)
    return (0.5 - 0.5 * jnp.cos(math.pi * down)) * jnp.minimum(1.0, share / RAMP_UP)
