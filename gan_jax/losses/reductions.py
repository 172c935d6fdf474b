"""Means and sums over an example, and over the batch of all devices."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Shaped


def example_mean(values: Float[Array, "batch *rest"]) -> Float[Array, "batch"]:
    """One value per example: the mean over all axes but the first."""
    return values.reshape(len(values), -1).mean(axis=1)


def example_sum(values: Float[Array, "batch *rest"]) -> Float[Array, "batch"]:
    """One value per example: the sum over all axes but the first."""
    return values.reshape(len(values), -1).sum(axis=1)


def root(squares: Float[Array, "..."]) -> Float[Array, "..."]:
    """The square root, whose gradient at 0 is 0, not NaN."""
    flat = squares == 0
    return jnp.where(flat, 0.0, jnp.sqrt(jnp.where(flat, 1.0, squares)))


def batch_mean(values: Float[Array, "batch *rest"], axis_name: str | None) -> Float[Array, "*rest"]:
    """The mean over the global batch, also where each device sees its part alone."""
    mean = values.mean(axis=0)
    return mean if axis_name is None else jax.lax.pmean(mean, axis_name)


def gather(values: Shaped[Array, "batch *rest"], axis_name: str | None) -> Shaped[Array, "global_batch *rest"]:
    """All examples of the global batch in their order, alike on all devices: what a memory may be made of."""
    return values if axis_name is None else jax.lax.all_gather(values, axis_name, tiled=True)
