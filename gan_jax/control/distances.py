"""How far an image is from the one that a code is wanted for: differentiable, smooth, one number per image."""

from collections.abc import Callable
from typing import NamedTuple

import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from gan_jax.errors import InputError
from gan_jax.features.lpips import SMALLEST
from gan_jax.nets.resample import average_pool
from gan_jax.types import Frozen

Images = Float[Array, "batch height width channels"]


class Distance(NamedTuple):
    """A distance, and the variables that it takes."""

    apply: Callable  # (variables, images, images) -> [B]
    variables: PyTree


def pyramid(a: Images, b: Images) -> Float[Array, "batch"]:
    """The mean squared difference in [-1, 1], averaged over the images and all halvings of them.

    Of the pixels alone, a part that lies a little beside its place is no nearer than one far away; of halved images it
    is.
    """
    difference, parts = a - b, []
    while True:
        parts.append(jnp.square(difference).mean(axis=(1, 2, 3)))
        if min(difference.shape[1:3]) < 2:
            return sum(parts) / len(parts)
        even = difference[:, : difference.shape[1] // 2 * 2, : difference.shape[2] // 2 * 2]
        difference = average_pool(even)


def make(lpips: Frozen | None, image_shape: tuple[int, ...]) -> Distance:
    """`pyramid`, and with the network of LPIPS (Zhang et al. 2018) its distance added to it.

    Raises:
        InputError: images are too small for that network.
    """
    if lpips is None:
        return Distance(_pyramid, {})
    if min(image_shape[:2]) < SMALLEST:
        raise InputError(f"lpips: images of {image_shape[:2]} pixels are too small for its network, leave it out.")

    def both(variables: PyTree, a: Images, b: Images) -> Float[Array, "batch"]:
        return pyramid(a, b) + lpips.apply(variables, a, b)

    return Distance(both, lpips.variables)


def _pyramid(variables: PyTree, a: Images, b: Images) -> Float[Array, "batch"]:
    del variables
    return pyramid(a, b)
