"""Random convolutions as something to train against: a perceptual distance that needs no file."""

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from gan_jax.features.lpips import colours, unit
from gan_jax.features.pooling import mean_pool
from gan_jax.features.random import draw
from gan_jax.nets.convolution import conv
from gan_jax.runs.kept import Kept
from gan_jax.types import Frozen

Images = Float[Array, "batch height width _"]


def make(*, seed: int = 0, kept: Kept | None = None) -> Frozen:
    """(images, images), [B, H, W, C] in [-1, 1] -> distances [B], of the kernels of the features `random`.

    As LPIPS it is the mean squared difference of unit vectors, of three maps whose sides are halved one by one; no
    channel counts more than another. Sides are multiples of 4.
    """
    kernels = draw(seed) if kept is None else kept.variables
    return Frozen(distance, kernels, {"name": "random", "seed": seed} if kept is None else kept.identity)


def distance(kernels: PyTree, a: Images, b: Images) -> Float[Array, "batch"]:
    """Differentiable in the images."""
    x, y = colours(a), colours(b)
    total = jnp.zeros(len(x))
    for number in range(len(kernels)):
        x, y = (_convolved(kernels[f"kernel{number}"], images) for images in (x, y))
        total += jnp.square(unit(x) - unit(y)).sum(axis=-1).mean(axis=(1, 2))
        if number < len(kernels) - 1:
            x, y = mean_pool(x, 2), mean_pool(y, 2)
    return total / len(kernels)


def _convolved(kernel: Array, x: Images) -> Images:
    return jax.nn.leaky_relu(conv(x, kernel), 0.2)
