"""Latents near others."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Key, PyTree

from gan_jax.schedules import Scalar


def near(latent: PyTree, keys: Key[Array, "batch"], deviation: Scalar) -> PyTree:
    """A latent's numbers with some normal noise added, of each example's own key; what else it holds is the same."""

    def noisy(place: int, leaf: Array) -> Array:
        if not jnp.issubdtype(leaf.dtype, jnp.floating):
            return leaf
        own = jax.vmap(jax.random.fold_in, in_axes=(0, None))(keys, place)
        return leaf + deviation * jax.vmap(lambda key: jax.random.normal(key, leaf.shape[1:]))(own)

    leaves, tree = jax.tree.flatten(latent)
    return tree.unflatten([noisy(place, leaf) for place, leaf in enumerate(leaves)])
