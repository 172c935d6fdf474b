"""The training step: one pure function of a state and a batch, for every game and any number of devices."""

import math
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax
from jaxtyping import Array, Bool, Float, Key, PyTree

from gan_jax import paths, rng
from gan_jax.average import Ema, average
from gan_jax.training.sequence import sequence
from gan_jax.types import Batch, Mean, Objective, Out, Player, TrainState, Variables

Metrics = dict[str, Mean]


class Turn(NamedTuple):
    """How a player updates."""

    optimizer: optax.GradientTransformation
    repeats: int  # updates in a step, each on examples of its own
    skip_norm: float = math.inf  # an update whose gradient's global norm, before it is clipped, is above is not made


def init(
    objective: Objective,
    turns: Mapping[str, Turn],
    key: Key[Array, ""],
    batch: Batch,
    frozen: Mapping[str, PyTree] = MappingProxyType({}),
    given: Mapping[str, Mapping[str, Array]] = MappingProxyType({}),
) -> TrainState:
    """The state before the first step; the values in `batch` do not matter, its shapes do.

    Arrays in `given`, {player: {path: array}}, stand in for random ones.
    """
    variables, carry = objective.init(rng.stream(key, 0, "init"), batch)
    variables = {name: _with(values, given.get(name, {})) for name, values in variables.items()}
    players = {name: Player(v, turns[name].optimizer.init(v.params)) for name, v in variables.items()}
    return TrainState(
        step=jnp.int32(0),
        key=key,
        players=players,
        ema={name: jax.tree.map(jnp.copy, variables[name]) for name in objective.averaged},
        frozen=dict(frozen),
        carry=carry,
        skipped={name: jnp.int32(0) for name in players},
    )


def _with(variables: Variables, given: Mapping[str, Array]) -> Variables:
    def choose(path: tuple, drawn: Array) -> Array:
        return given.get(paths.name(path), drawn)

    return jax.tree_util.tree_map_with_path(choose, variables)


def make(
    objective: Objective,
    turns: Mapping[str, Turn],
    ema: Ema,
    batch_size: int,
    micro_batches: int = 1,
    axis_name: str | None = None,
    whole: Callable[[PyTree], PyTree] = lambda tree: tree,
) -> Callable[[TrainState, Batch], tuple[TrainState, Metrics]]:
    """The step `(state, batch) -> (state, metrics)`.

    A batch holds `batch_size` times the largest number of repeats examples; each repeat of a player has its own.

    Args:
        objective: the game.
        turns: the players' optimizers and repeats.
        ema: of the players that are averaged.
        batch_size: examples in one update, over all devices.
        micro_batches: parts into which an update's examples are cut, their gradients averaged, to save memory.
        axis_name: of the devices under pmap and shard_map.
        whole: puts arrays that are split over devices together on each, for the networks; optimizers work on parts.
    """
    shares = max(turn.repeats for turn in turns.values())

    def gradients(name: str, state: TrainState, batch: Batch, key: Array) -> tuple[PyTree, Float[Array, ""], Out]:
        players = {other: p.replace(variables=whole(p.variables)) for other, p in state.players.items()}
        state, player = state.replace(players=players), players[name]

        def accumulate(so_far: tuple[PyTree, Array, Out], part: Batch) -> tuple[tuple[PyTree, Array, Out], Metrics]:
            grads, loss, out = so_far
            current = player.replace(variables=player.variables._replace(state=out.state))
            current_state = state.replace(
                players={**state.players, name: current}, carry={**state.carry, name: out.carry}
            )
            (value, out), new = jax.value_and_grad(objective.losses[name], has_aux=True)(
                player.variables.params, current_state, part, key
            )
            grads = jax.tree.map(lambda total, grad: total + grad / micro_batches, grads, new)
            return (grads, loss + value / micro_batches, out._replace(metrics={})), out.metrics

        start = (
            jax.tree.map(jnp.zeros_like, player.variables.params),
            jnp.float32(0),
            Out(player.variables.state, state.carry[name], {}),
        )
        (grads, loss, out), metrics = sequence(accumulate, start, split(batch, micro_batches))
        return whole(grads), loss, out._replace(metrics=add_up(metrics))

    def update(name: str, state: TrainState, batch: Batch, key: Array) -> tuple[TrainState, Metrics]:
        """One update of one player: the only place where a gradient is taken."""
        player = state.players[name]
        grads, loss, out = gradients(name, state, batch, key)
        grads, loss, told = average_over_devices((grads, loss, out.metrics), axis_name)
        norm = optax.tree.norm(grads)
        updates, opt_state = turns[name].optimizer.update(grads, player.opt_state, player.variables.params)
        params = optax.apply_updates(player.variables.params, updates)
        finite = jnp.isfinite(loss) & jnp.isfinite(norm) & all_finite((params, out.state))
        too_large = finite & (norm > turns[name].skip_norm)
        made = finite & ~too_large
        new = (Player(Variables(params, out.state), opt_state), out.carry)
        new_player, carry = select(made, new, (player, state.carry[name]))
        skipped = jnp.where(made, 0, state.skipped[name] + 1)
        metrics = {
            **{f"{name}/{term}": value for term, value in told.items()},
            f"{name}/loss": once(loss),
            f"{name}/gradient_norm": once(norm),
            f"{name}/skipped": once(1 - finite),
        }
        if turns[name].skip_norm < math.inf:
            metrics[f"{name}/skipped_large"] = once(too_large)
        state = state.replace(
            players={**state.players, name: new_player},
            carry={**state.carry, name: carry},
            skipped={**state.skipped, name: skipped},
        )
        return state, metrics

    def turn(name: str, state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
        """All updates of a player in one step."""
        key = rng.stream(state.key, state.step, name)
        parts = split(batch, shares)
        mine = jax.tree.map(lambda x: x[: turns[name].repeats], parts)
        state, metrics = sequence(lambda state, part: update(name, state, part, key), state, mine)
        return state, add_up(metrics)

    def step(state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
        metrics: Metrics = {}
        for name in objective.losses:
            state, player_metrics = turn(name, state, batch)
            metrics |= player_metrics
        decay = ema.decay(state.step, batch_size)
        averages = {name: average(state.ema[name], state.players[name].variables, decay) for name in state.ema}
        return state.replace(step=state.step + 1, ema=averages), metrics

    return step


def once(value: Array) -> Mean:
    """A mean of one value."""
    return Mean(value.astype(jnp.float32), jnp.float32(1))


def add_up(metrics: Metrics) -> Metrics:
    """Sums means over their leading axis."""
    return jax.tree.map(lambda x: x.sum(0), metrics)


def split(batch: Batch, parts: int) -> Batch:
    """Cuts every array [B * parts, ...] into [parts, B, ...], interleaved, so that a sharded axis stays where it is."""
    return {name: x.reshape(-1, parts, *x.shape[1:]).swapaxes(0, 1) for name, x in batch.items()}


def all_finite(tree: PyTree) -> Bool[Array, ""]:
    """Whether all floats of a tree are finite."""
    floats = [x for x in jax.tree.leaves(tree) if jnp.issubdtype(x.dtype, jnp.inexact)]
    return jnp.all(jnp.array([jnp.isfinite(x).all() for x in floats]))


def select(condition: Bool[Array, ""], new: PyTree, old: PyTree) -> PyTree:
    """`new` where the condition holds, else `old`."""
    return jax.tree.map(lambda a, b: jnp.where(condition, a, b), new, old)


def average_over_devices(values: Any, axis_name: str | None) -> Any:
    """The mean over the devices; the identity under jit."""
    return values if axis_name is None else jax.lax.pmean(values, axis_name)
