"""The layers that read a code before any other does, as matrices: what SeFa looks at.

They are found by trying. Every layer's output is recorded for one code; then the network runs on other codes while
each layer hands on what was recorded, so that no change passes through a layer. Outputs that change all the same read
the code directly, and those that change in proportion to it do so as a matrix does. This asks nothing of a network but
that its layers are Flax modules with a kernel.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float, PyTree, Shaped

from gan_jax import compiler, pinned
from gan_jax.control.spaces import Space, columns_of, painter
from gan_jax.errors import InputError
from gan_jax.network import layers_seen
from gan_jax.sampling.sampler import Sampler

CHUNK = 64  # codes at a time
TOLERANCE = 1e-4  # of an output's size, where the layer's own rounding is not larger


class FirstLayer(NamedTuple):
    """A layer whose output is a matrix times the code, and something that does not depend on it."""

    name: str  # the path of its module
    rows: tuple[int, ...]  # of the code that it reads; () where a code has none
    matrix: Float[np.ndarray, "outputs size"]


@pinned.held()
def first_layers(sampler: Sampler, space: Space) -> list[FirstLayer]:
    """The layers that read codes of a space directly and linearly, in the order in which the network calls them.

    Raises:
        InputError: there is none, as where a code is normalised before the first layer.
    """
    code = sampler([0], draw=space.name)[0]
    seeds = np.zeros(1, np.uint32)
    columns = columns_of(sampler, space, seeds, {})
    paint, variables = painter(sampler, space, {}), sampler.prepared(space.draw)

    order: list[str] = []  # which dicts lose on their way through JAX

    def outputs(variables: PyTree, codes: Array, held: Mapping[str, Array]) -> dict[str, Array]:
        found: dict[str, Array] = {}

        def see(path: str, output: Array) -> Array:
            name = path if path not in found else f"{path} ({len(found)})"  # a module may be called again
            found[name] = output
            if not held:
                order.append(name)
            return jnp.broadcast_to(held[name], output.shape) if held else output

        def alike(values: Any) -> Array:
            return jnp.repeat(jnp.asarray(values), len(codes), axis=0)

        with layers_seen(see):
            paint(variables, codes, alike(seeds), jax.tree.map(alike, columns))
        return found

    def compiled(function: Callable) -> Callable:
        return jax.jit(function, compiler_options=compiler.options())

    @compiled
    def recorded(variables: PyTree, codes: Array) -> dict[str, Array]:
        return outputs(variables, codes, {})

    @compiled
    def changes(variables: PyTree, codes: Array, held: Mapping[str, Array]) -> dict[str, tuple[Array, Array]]:
        found = outputs(variables, codes, held)
        return {name: _change(values) for name, values in found.items() if values.ndim > 1 and len(values) == 3}

    with jax.default_matmul_precision("highest"):
        held = recorded(variables, code[None])
        readers = _readers(lambda codes: jax.device_get(changes(variables, codes, held)), code, space)
        if not readers:
            raise InputError(
                f"{sampler.name}: no layer reads {space.name} directly, as one that is normalised first is not: find "
                "directions by --method=pca, or in another space."
            )

        @compiled
        def differences(variables: PyTree, codes: Array, held: Mapping[str, Array]) -> dict[str, Array]:
            found = outputs(variables, codes, held)
            return {name: (found[name] - held[name]).astype(jnp.float32).reshape(len(codes), -1) for name in readers}

        size = int(np.prod(space.shape_of_part))
        steps = np.eye(size + -size % CHUNK, size, dtype=code.dtype).reshape(-1, *space.shape_of_part)
        parts = []
        for start in range(0, size, CHUNK):
            step = steps[start : start + CHUNK]
            codes = code + (step[:, None] if space.rows else step)
            parts.append(jax.device_get(differences(variables, codes, held)))
    return [
        FirstLayer(name, readers[name], np.concatenate([part[name] for part in parts])[:size].T)
        for name in order
        if name in readers
    ]


def _change(values: Shaped[Array, "3 ..."]) -> tuple[Bool[Array, ""], Bool[Array, ""]]:
    """Of a layer's outputs for codes c, c + d, c + 2d: whether they change, and whether out of proportion."""
    bound = max(TOLERANCE, 8 * float(jnp.finfo(values.dtype).eps)) * jnp.abs(values.astype(jnp.float32)).max()
    a, b, c = values.astype(jnp.float32)
    return jnp.abs(b - a).max() > bound, jnp.abs(c - 2 * b + a).max() > bound


def _readers(
    changes: Callable[[Array], dict[str, tuple[Array, Array]]], code: Float[np.ndarray, "..."], space: Space
) -> dict[str, tuple[int, ...]]:
    """The names of the layers that read a code in proportion, and which rows of it they read."""
    random = np.random.default_rng(0)
    found: dict[str, list[int]] = {}
    bent = set()
    for row in range(max(space.rows, 1)):
        step = np.zeros_like(code)
        step[(row,) if space.rows else ()] = random.normal(size=space.shape_of_part)
        for name, (changed, out_of_proportion) in changes(code + np.stack([0 * step, step, 2 * step])).items():
            if changed:
                found.setdefault(name, []).extend([row] if space.rows else [])
            if out_of_proportion:
                bent.add(name)
    return {name: tuple(rows) for name, rows in found.items() if name not in bent}
