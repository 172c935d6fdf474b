"""How far an image is from the one that it should be, per example, of any View with a `pair`."""

from typing import Annotated, Any

import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds
from gan_jax.errors import InputError, nearest
from gan_jax.losses.reductions import example_mean
from gan_jax.losses.views import pair_of


def l1(view: Any) -> Float[Array, "batch"]:
    """The mean absolute difference over values in [-1, 1]; pix2pix (Isola et al. 2017) weighs it 100."""
    right, given = pair_of(view, "l1")
    return example_mean(jnp.abs(given - right))


def charbonnier(view: Any, *, epsilon: Annotated[float, Bounds(1e-9)] = 1e-3) -> Float[Array, "batch"]:
    """The mean of sqrt(difference^2 + epsilon^2) over values in [-1, 1] (Charbonnier et al. 1994): L1, smooth at 0."""
    right, given = pair_of(view, "charbonnier")
    return example_mean(jnp.sqrt(jnp.square(given - right) + epsilon**2))


def perceptual(view: Any, *, network: str = "lpips") -> Float[Array, "batch"]:
    """The distance that a network of the section `frozen` finds: (images, images) -> [B] (Zhang et al. 2018)."""
    if network not in view.frozen:
        raise InputError(f"perceptual.network = {network!r} is none of `frozen`. {nearest(network, view.frozen)}")
    return view.frozen[network](*pair_of(view, "perceptual"))
