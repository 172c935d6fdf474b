"""Functions of rows on all devices of this host, in calls of one fixed size."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import AxisType, NamedSharding, PartitionSpec
from jaxtyping import PyTree

from gan_jax import compiler, pinned

CALLS_AHEAD = 2  # so that the devices work while the host reads and writes


class Rows:
    """Maps columns [rows, ...] through functions `f(variables, columns) -> tree of [rows, ...]`.

    Every device always runs one program on `chunk` rows, so that neither the number of rows nor that of the devices
    can change the arithmetic of a row.
    """

    def __init__(self) -> None:
        devices = jax.local_devices()
        self._mesh = jax.make_mesh((len(devices),), ("x",), axis_types=(AxisType.Auto,), devices=devices)
        self._programs: dict[Any, Callable] = {}

    @property
    def devices(self) -> int:
        """How many there are."""
        return self._mesh.size

    @pinned.held()
    def put(self, variables: PyTree) -> PyTree:
        """A copy of the variables on every device, wherever they are now and however they are split up."""
        return jax.device_put(jax.tree.map(_on_host, variables), NamedSharding(self._mesh, PartitionSpec()))

    def compiled(self, key: Any, function: Callable[[PyTree, PyTree], PyTree]) -> Callable[[PyTree, PyTree], PyTree]:
        """The function as a program of its own, compiled once for each `key` and shape."""
        if key not in self._programs:
            split, whole = PartitionSpec("x"), PartitionSpec()
            mapped = jax.shard_map(function, mesh=self._mesh, in_specs=(whole, split), out_specs=split, check_vma=False)
            program = jax.jit(mapped, compiler_options=compiler.options())
            self._programs[key] = pinned.held()(program)
        return self._programs[key]

    def whole(self, key: Any, function: Callable[[PyTree], PyTree]) -> Callable[[PyTree], PyTree]:
        """A function of variables alone as a program that every device runs for itself."""
        if key not in self._programs:
            self._programs[key] = pinned.held()(jax.jit(function, compiler_options=compiler.options()))
        return self._programs[key]

    def run(
        self, program: Callable[[PyTree, PyTree], PyTree], variables: PyTree, columns: PyTree, rows: int, chunk: int
    ) -> Iterator[PyTree]:
        """The program's results for all rows, call by call; the last row fills up the last call."""
        size = chunk * self.devices
        calls: deque[tuple[PyTree, int]] = deque()

        def fetched(result: PyTree, count: int) -> PyTree:
            return jax.tree.map(lambda values: np.asarray(values)[:count], result)

        for start in range(0, rows, size):
            chosen = np.minimum(np.arange(start, start + size), rows - 1)
            batch = jax.tree.map(lambda values, chosen=chosen: values[chosen], columns)
            calls.append((program(variables, batch), min(size, rows - start)))
            if len(calls) > CALLS_AHEAD:
                yield fetched(*calls.popleft())
        for call in calls:
            yield fetched(*call)


def chunk_of(shape: tuple[int, ...]) -> int:
    """Rows that a device works on at a time: a function of the size of an output [*space, channels] alone."""
    return max(1, min(32, 2**19 // max(1, int(np.prod(shape[:-1], dtype=np.int64)))))


def regroup(parts: Iterable[np.ndarray], size: int) -> Iterator[np.ndarray]:
    """The same rows in parts of `size`; the last may be smaller."""
    waiting: list[np.ndarray] = []
    count = 0
    for part in parts:
        waiting.append(part)
        count += len(part)
        if count >= size:
            rows = np.concatenate(waiting)
            rest = count % size
            yield from np.split(rows[: count - rest], count // size)
            waiting, count = [rows[count - rest :]], rest
    if count:
        yield np.concatenate(waiting)


def whole(parts: Iterable[PyTree]) -> PyTree:
    """The rows of all parts, leaf by leaf."""
    return jax.tree.map(lambda *rows: np.concatenate(rows), *parts)


def _on_host(values: Any) -> np.ndarray:
    if not isinstance(values, jax.Array):
        return np.asarray(values)
    if values.is_fully_addressable or values.is_fully_replicated:
        return np.array(values)  # a copy: on CPUs the array of a donated buffer would be taken away
    return np.asarray(multihost_utils.process_allgather(values, tiled=True))
