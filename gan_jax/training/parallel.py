"""One step on many devices: jit over a mesh, pmap or shard_map around the same function."""

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, Mesh, NamedSharding, PartitionSpec
from jaxtyping import Array, Float, Int, PyTree, UInt32

from gan_jax import compiler, rng
from gan_jax.config.settings import Mode, Shard
from gan_jax.data.kinds import image
from gan_jax.training.sequence import sequence
from gan_jax.training.step import Metrics
from gan_jax.types import Batch, Player, TrainState

AXIS = "batch"
SMALLEST = 2**14  # values of an array that is split: below, a message for each costs more than the memory is worth


class Devices(NamedTuple):
    """Where a run's arrays are put, and how its step is compiled."""

    mode: Mode
    mesh: Mesh
    shard: Shard = "none"

    @property
    def axis_name(self) -> str | None:
        """The name by which a step averages over devices; None where it sees the global batch."""
        return None if self.mode == "jit" else AXIS

    @property
    def replicated(self) -> NamedSharding:
        """One copy on every device."""
        return NamedSharding(self.mesh, PartitionSpec())

    def shardings(self, state: TrainState) -> TrainState:
        """Where the arrays of a state, or of its shapes, lie: on every device, or split up as `shard` says."""

        def whole(tree: PyTree) -> PyTree:
            return jax.tree.map(lambda x: self.replicated, tree)

        def split(tree: PyTree) -> PyTree:
            return jax.tree.map(lambda x: NamedSharding(self.mesh, _split(x.shape, self.mesh.size)), tree)

        if self.shard == "none":
            return whole(state)
        variables = split if self.shard == "state" else whole
        players = {name: Player(variables(p.variables), split(p.opt_state)) for name, p in state.players.items()}
        return whole(state).replace(players=players, ema=split(state.ema))

    def whole(self, tree: PyTree) -> PyTree:
        """The same arrays, on every device.

        Said inside a step: else XLA splits activations and sums of gradients as it finds a layer's weights split.
        """
        return tree if self.shard == "none" else jax.lax.with_sharding_constraint(tree, self.replicated)

    def template(self, shapes: TrainState) -> TrainState:
        """Shapes to restore a checkpoint into, with today's devices in them."""
        return jax.tree.map(
            lambda x, sharding: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding),
            shapes,
            self.shardings(shapes),
        )

    def replicate(self, tree: PyTree) -> PyTree:
        """Puts the same values on every device; call it on every host."""
        return jax.tree.map(lambda x: jax.make_array_from_process_local_data(self.replicated, np.asarray(x)), tree)

    def put_batches(self, batches: list[dict[str, np.ndarray]]) -> Batch:
        """Puts this host's parts of n successive batches on its devices: arrays [n, B, ...].

        Under pmap [devices, n, B / devices, ...].
        """
        stacked = {name: np.stack([batch[name] for batch in batches]) for name in batches[0]}
        if self.mode == "pmap":
            local = len(self.mesh.local_devices)
            stacked = {
                k: np.ascontiguousarray(x.reshape(len(x), local, -1, *x.shape[2:]).swapaxes(0, 1))
                for k, x in stacked.items()
            }
        spec = PartitionSpec(AXIS) if self.mode == "pmap" else PartitionSpec(None, AXIS)
        sharding = NamedSharding(self.mesh, spec)
        return {name: jax.make_array_from_process_local_data(sharding, x) for name, x in stacked.items()}

    def once(self, init: Callable, *arguments: Any) -> TrainState:
        """A new state where it belongs, compiled in a hurry, as it will not be called again."""
        # XLA:CPU takes 5 to 10 s to optimise the random numbers of a small network, which take 10 ms to draw.
        hurry = {"xla_backend_optimization_level": 0} if jax.default_backend() == "cpu" else None
        init = jax.jit(init)  # which is traced once, for its shapes and for the program
        shardings = self.shardings(jax.eval_shape(init, *arguments))
        return jax.jit(init, out_shardings=shardings, compiler_options=hurry)(*arguments)

    def compile(self, run: Callable, shapes: TrainState) -> Callable:
        """`run(state, batches, resident) -> (state, metrics)` over all devices; a state of these shapes is donated."""
        if self.mode == "pmap":
            row = self.mesh.devices.tolist()
            return jax.pmap(run, AXIS, in_axes=(None, 0, None), out_axes=(None, None), donate_argnums=0, devices=row)
        if self.mode == "shard_map":
            replicated, split = PartitionSpec(), PartitionSpec(None, AXIS)
            # check_vma would sum the gradients of the replicated parameters before the step averages them.
            run = jax.shard_map(
                run,
                mesh=self.mesh,
                in_specs=(replicated, split, replicated),
                out_specs=(replicated, replicated),
                check_vma=False,
            )
        batches = NamedSharding(self.mesh, PartitionSpec(None, AXIS))
        state = self.shardings(shapes)
        return jax.jit(
            run,
            in_shardings=(state, batches, self.replicated),
            out_shardings=(state, self.replicated),
            donate_argnums=0,
            compiler_options=compiler.options(),
        )


def _split(shape: tuple[int, ...], count: int) -> PartitionSpec:
    """Along the longest axis that the devices divide; small arrays, and those without such an axis, stay whole."""
    fitting = [axis for axis, size in enumerate(shape) if size % count == 0]
    if count == 1 or math.prod(shape) < SMALLEST or not fitting:
        return PartitionSpec()
    longest = max(fitting, key=shape.__getitem__)
    return PartitionSpec(*(AXIS if axis == longest else None for axis in range(len(shape))))


def make_devices(mode: Mode = "jit", devices: Sequence[jax.Device] | None = None, shard: Shard = "none") -> Devices:
    """The given devices, or all of all hosts, in one row."""
    devices = jax.devices() if devices is None else devices
    mesh = jax.make_mesh((len(devices),), (AXIS,), axis_types=(AxisType.Auto,), devices=devices)
    return Devices(mode, mesh, shard)


class Report(NamedTuple):
    """What a call tells the host, in two arrays so that it takes two transfers."""

    means: Float[Array, "metrics 2"]  # totals and counts of the metrics, sorted by name, summed over the call's steps
    skipped: Int[Array, "players"]  # skipped updates in a row after the last step, sorted by player
    unlike: Int[Array, "players"]  # 1 where a player's arrays or memory differ between devices, sorted by player


def make_run(
    step: Callable, flipped: Sequence[str] = (), axis_name: str | None = None
) -> Callable[[TrainState, Batch, dict[str, Array]], tuple[TrainState, Report]]:
    """`run(state, batches, resident)`: one step for each of the batches [n, B, ...].

    A batch that holds an `index` instead of images is gathered from `resident`, the data set on the device. The columns
    `flipped` of an example are mirrored together, or none of them, by one coin.
    """

    def one(resident: dict[str, Array], state: TrainState, batch: Batch) -> tuple[TrainState, Metrics]:
        if "index" in batch:
            batch = {"position": batch["position"], **{name: x[batch["index"]] for name, x in resident.items()}}
        if flipped:
            keys = rng.per_example(rng.stream(state.key, state.step, "flip"), batch["position"])
            mirrored = jax.vmap(jax.random.bernoulli)(keys)
            batch = {**batch, **{name: image.flip(batch[name], mirrored) for name in flipped}}
        return step(state, batch)

    def run(state: TrainState, batches: Batch, resident: dict[str, Array]) -> tuple[TrainState, Report]:
        state, metrics = sequence(partial(one, resident), state, batches)
        means = jnp.stack([jnp.stack(metrics[name], axis=-1).sum(0) for name in sorted(metrics)])
        names = sorted(state.skipped)
        skipped = jnp.stack([state.skipped[name] for name in names])
        own = [(state.players[name], state.carry[name]) for name in names]
        return state, Report(means, skipped, jnp.stack([_unlike(tree, axis_name) for tree in own]))

    return run


def _unlike(tree: PyTree, axis_name: str | None) -> Int[Array, ""]:
    """Whether arrays of which each device has its own are not the same on all of them."""
    if axis_name is None:
        return jnp.int32(0)
    sums = jnp.stack([_sum_of_words(leaf) for leaf in jax.tree.leaves(tree)])
    return jnp.any(jax.lax.pmax(sums, axis_name) != jax.lax.pmin(sums, axis_name)).astype(jnp.int32)


def _sum_of_words(leaf: Array) -> UInt32[Array, ""]:
    whole = leaf.astype(jnp.uint8) if leaf.dtype == jnp.bool_ else leaf
    words = jax.lax.bitcast_convert_type(whole, {1: jnp.uint8, 2: jnp.uint16}.get(whole.dtype.itemsize, jnp.uint32))
    return words.sum(dtype=jnp.uint32)
