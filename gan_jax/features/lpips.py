"""LPIPS, the learned perceptual distance, version 0.1 on SqueezeNet.

Zhang et al. 2018, https://arxiv.org/abs/1801.03924. The reference implementation's two example pairs have the distances
0.711 and 0.148.
"""

import dataclasses
import functools
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree

from gan_jax.bounds import Count
from gan_jax.errors import InputError
from gan_jax.features import weights as weight_files
from gan_jax.features.base import QUANTISATION, check, to_colours
from gan_jax.features.batches import Batched
from gan_jax.features.squeezenet import SqueezeNet

Image = Float[Array, "batch height width 3"]

SHIFT = (-0.030, -0.088, -0.188)
SCALE = (0.458, 0.448, 0.450)
CHANNELS = (64, 128, 256, 384, 384, 512, 512)  # of the maps that are compared
SMALLEST = 17  # pixels along a side, of which the network's strides leave something


@dataclasses.dataclass(frozen=True)
class Lpips:
    """`lpips(a, b)` is the distance of each pair of uint8 images [N, H, W, C], at their own size."""

    identity: dict[str, Any]
    params: PyTree
    batch_size: int = 0

    def __call__(self, a: np.ndarray, b: np.ndarray, *, progress: bool = False) -> np.ndarray:
        """Distances, float32 [N]; 0 for equal images."""
        check(a)
        check(b)
        if a.shape != b.shape:
            raise InputError(f"lpips: the two sets have shapes {a.shape} and {b.shape}")
        if min(a.shape[1:3]) < SMALLEST:
            raise InputError(
                f"lpips: images of {a.shape[1:3]} pixels are too small for the network; it needs {SMALLEST}"
            )
        return self._batched(a, b, description="lpips", progress=progress)

    @functools.cached_property
    def _batched(self) -> Batched:
        def apply(params, a, b):
            return distance(params, to_colours(a, 3) / 127.5 - 1, to_colours(b, 3) / 127.5 - 1)

        return Batched(apply, self.params, self.batch_size)


def load(weights: str = "", batch_size: Count = 0) -> Lpips:
    """Reads a file with SqueezeNet 1.1 and LPIPS's heads; without one, `squeezenet` in the weights folder."""
    file = weight_files.load("squeezenet", weights)
    shapes = jax.eval_shape(SqueezeNet().init, jax.random.key(0), jnp.zeros((1, 64, 64, 3)))
    heads = {
        f"lin{k}.model.1": {"kernel": jax.ShapeDtypeStruct((1, 1, c, 1), jnp.float32)} for k, c in enumerate(CHANNELS)
    }
    shapes["params"]["lpips_v0.1.squeeze"] = heads
    variables, sha256 = weight_files.to_flax(file, shapes)
    heads = variables["params"].pop("lpips_v0.1.squeeze")
    params = {
        "network": variables,
        "heads": {f"lin{k}": heads[f"lin{k}.model.1"]["kernel"][0, 0, :, 0] for k in range(len(CHANNELS))},
    }
    return Lpips(dict(name="lpips_squeeze", weights_sha256=sha256, quantisation=QUANTISATION), params, batch_size)


@functools.lru_cache(maxsize=2)  # compiled once
def _loaded(weights: str, batch_size: int) -> Lpips:
    return load(weights, batch_size)


def if_there(weights: str, sides: Sequence[int], batch_size: int = 0) -> Lpips | None:
    """LPIPS of a file, or of the weights folder where that holds SqueezeNet; None where images are too small."""
    large = min(sides) >= SMALLEST
    if not weights and not (large and (weight_files.folder() / "squeezenet.npz").is_file()):
        return None
    found = _loaded(weights, batch_size)
    return found if large else None


def distance(params: PyTree, a: Image, b: Image) -> Float[Array, "batch"]:
    """The distance of images in [-1, 1], differentiable: weighted squared differences of unit vectors."""
    parts = zip(embedded(params, a), embedded(params, b), strict=True)
    return sum(jnp.square(x - y).sum((1, 2, 3)) for x, y in parts)


def embedded(params: PyTree, x: Image) -> list[Float[Array, "batch _ _ _"]]:
    """Maps of which the squared differences add up to the distance: no head has a weight below 0."""
    maps = SqueezeNet().apply(params["network"], (x - jnp.array(SHIFT)) / jnp.array(SCALE))
    heads = [params["heads"][f"lin{k}"] for k in range(len(CHANNELS))]
    return [unit(y) * jnp.sqrt(head / (y.shape[1] * y.shape[2])) for y, head in zip(maps, heads, strict=True)]


def of_images(
    params: PyTree, a: Float[Array, "batch height width _"], b: Float[Array, "batch height width _"]
) -> Float[Array, "batch"]:
    """`distance` of images in [-1, 1] with any number of channels: grey is repeated, alpha left out."""
    return distance(params, colours(a), colours(b))


def colours(x: Float[Array, "batch height width _"]) -> Image:
    """Three channels of any number."""
    return jnp.broadcast_to(x[..., :1], (*x.shape[:-1], 3)) if x.shape[-1] < 3 else x[..., :3]


def unit(x: Float[Array, "batch height width channels"]) -> Float[Array, "batch height width channels"]:
    """Vectors of channels at length 1."""
    squared = jnp.square(x).sum(-1, keepdims=True)
    # A vector of zeros (all its features off) stays one, and has a gradient of zero rather than of 1e10 or NaN.
    return jnp.where(squared > 0, x / (jnp.sqrt(jnp.where(squared > 0, squared, 1)) + 1e-10), 0)


def apart(a: Sequence[Float[Array, "batch _ _ _"]], b: Sequence[Float[Array, "batch _ _ _"]]) -> Float[Array, "batch"]:
    """The mean squared distance of unit vectors, averaged over maps: LPIPS of a network whose channels count alike."""
    parts = [jnp.square(unit(x) - unit(y)).sum(axis=-1).mean(axis=(1, 2)) for x, y in zip(a, b, strict=True)]
    return sum(parts) / len(parts)
