"""Random convolutions as something to train against: a perceptual distance that needs no file."""

import jax
from jaxtyping import Array, Float, PyTree

from gan_jax.bounds import Seed
from gan_jax.features.lpips import apart, colours
from gan_jax.features.pooling import mean_pool
from gan_jax.features.random import draw
from gan_jax.nets.convolution import conv
from gan_jax.runs.kept import Kept
from gan_jax.types import Frozen

Images = Float[Array, "batch height width _"]
Maps = list[Float[Array, "batch _ _ _"]]


def make(*, seed: Seed = 0, kept: Kept | None = None) -> Frozen:
    """(images, images), [B, H, W, C] in [-1, 1] -> distances [B], of the kernels of the features `random`.

    As LPIPS it is the mean squared difference of unit vectors, of three maps whose sides are halved one by one; no
    channel counts more than another. Sides are multiples of 4.
    """
    kernels = draw(seed) if kept is None else kept.variables
    return Frozen(distance, kernels, {"name": "random", "seed": seed} if kept is None else kept.identity)


def distance(kernels: PyTree, a: Images, b: Images) -> Float[Array, "batch"]:
    """Differentiable in the images."""
    return apart(_maps(kernels, colours(a)), _maps(kernels, colours(b)))


def _maps(kernels: PyTree, x: Images) -> Maps:
    maps = []
    for number in range(len(kernels)):
        x = mean_pool(x, 2) if number else x
        x = jax.nn.leaky_relu(conv(x, kernels[f"kernel{number}"]), 0.2)
        maps.append(x)
    return maps
