"""What a feature extractor is: pixels to vectors, with an identity that every result carries."""

import dataclasses
import functools
from collections.abc import Callable
from typing import Any

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, PyTree, UInt8

from gan_jax.errors import InputError
from gan_jax.features.batches import Batched


@dataclasses.dataclass(frozen=True, eq=False)  # by identity: arrays are neither equal nor hashed
class Features:
    """A frozen network: `features(images)` maps uint8 [N, H, W, C] to float32 [N, dimension].

    Every call runs batches of one fixed size, the last one padded, in full float32 precision (no TF32), spread over the
    host's devices: the vector of an image depends neither on the batch that it came in nor on the devices.
    """

    name: str
    dimension: int | None  # None: as many as an image has values
    identity: dict[str, Any]  # what makes two results comparable: weights' hash, resize, quantisation, ...
    params: PyTree
    apply: Callable  # (params, uint8 images [B, H, W, C]) -> {"features": [B, dimension], ...}
    batch_size: int = 0  # 0: chosen for the device
    published: bool = False  # the weights, resize and quantisation with which FID and IS are published

    @property
    def frechet_name(self) -> str:
        """What a Fréchet distance in these features may be called: `fid` for the published network alone."""
        return "fid" if self.published else f"fd_{self.name}"

    def __call__(self, images: np.ndarray, *, progress: bool = False) -> np.ndarray:
        """The feature vectors, float32 [N, dimension]."""
        return self.outputs(images, progress=progress)["features"]

    def outputs(self, images: np.ndarray, *, progress: bool = False) -> dict[str, np.ndarray]:
        """Everything the network says of each image: `features`, and `logits` where it is a classifier."""
        check(images)
        return self._batched(images, description=f"{self.name} features", progress=progress)

    @functools.cached_property
    def _batched(self) -> Batched:
        return Batched(self.apply, self.params, self.batch_size)


def check(images: np.ndarray) -> None:
    """Refuses what is not a set of quantised images."""
    if images.dtype != np.uint8 or images.ndim != 4 or not 1 <= images.shape[-1] <= 4:
        raise InputError(
            f"images: uint8 [N, H, W, C] with 1 to 4 channels is needed, not {images.dtype} {list(images.shape)}; "
            "quantise with gan_jax.images.to_uint8"
        )
    if len(images) == 0:
        raise InputError("images: the set is empty")


def to_colours(images: UInt8[Array, "batch height width _"], channels: int) -> Float[Array, "batch height width _"]:
    """Brings pixels to 1 or 3 channels by the data package's rule, to the same whole numbers; float32 in [0, 255].

    Transparency (2 or 4 channels) is laid over white, grey is repeated, colour becomes grey by ITU-R 601's luma.
    """
    images = images.astype(jnp.int32)
    if images.shape[-1] in (2, 4):
        alpha = images[..., -1:]
        images = (images[..., :-1] * alpha + 255 * (255 - alpha) + 127) // 255
    if images.shape[-1] == 3 and channels == 1:
        luma = (images * jnp.array([19595, 38470, 7471])).sum(-1, keepdims=True)
        images = (luma + (1 << 15)) >> 16
    elif images.shape[-1] != channels:
        images = jnp.repeat(images, channels, axis=-1)
    return images.astype(jnp.float32)


QUANTISATION = "uint8 round"  # gan_jax.images.to_uint8
