"""Pictures that a generator made earlier, of which a discriminator is shown some (Shrivastava et al. 2017)."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int, Key

from gan_jax.losses.reductions import gather

Pictures = Float[Array, "batch height width channels"]
NAME = "pool"  # of its memory, among those of the discriminator's terms


class Pool(NamedTuple):
    """What is remembered, alike on all devices."""

    pictures: Float[Array, "size height width channels"]
    count: Int[Array, ""]  # of those that are there already


def empty(size: int, shape: tuple[int, ...]) -> Pool:
    """The pool before the first step."""
    return Pool(jnp.zeros((size, *shape)), jnp.int32(0))


def exchange(pool: Pool, new: Pictures, keys: Key[Array, "batch"], axis_name: str | None) -> tuple[Pictures, Pool]:
    """What is shown in place of the new pictures, and the pool after them.

    Until the pool is full each new picture is put into it and shown. From then on every other one, by its key, takes
    the place of one in the pool, which is shown instead; the rest are shown themselves and not kept.
    """
    size = len(pool.pictures)

    def drawn(key: Key[Array, ""]) -> tuple[Array, Array]:
        swapped, place = jax.random.split(key)
        return jax.random.bernoulli(swapped), jax.random.randint(place, (), 0, size)

    def visit(pool: Pool, one: tuple[Array, Array, Array]) -> tuple[Pool, Array]:
        picture, swapped, place = one
        full = pool.count == size
        at = jnp.where(full, place, pool.count)
        old = pool.pictures[at]
        kept = jnp.where(full & ~swapped, old, picture)
        shown = jnp.where(full & swapped, old, picture)
        return Pool(pool.pictures.at[at].set(kept), jnp.minimum(pool.count + 1, size)), shown

    every = [gather(values, axis_name) for values in (new, *jax.vmap(drawn)(keys))]
    pool, shown = jax.lax.scan(visit, pool, tuple(every))
    return _own(shown, axis_name), pool


def _own(values: Float[Array, "global_batch *picture"], axis_name: str | None) -> Float[Array, "batch *picture"]:
    """This device's part of what has a row for every example of the global batch: the inverse of `gather`."""
    if axis_name is None:
        return values
    count = len(values) // jax.lax.axis_size(axis_name)
    return jax.lax.dynamic_slice_in_dim(values, jax.lax.axis_index(axis_name) * count, count)
