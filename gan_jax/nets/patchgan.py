"""The discriminator of pix2pix (Isola et al. 2017): a logit for each patch of an image, alone or with its source."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gan_jax.bounds import Positive
from gan_jax.nets.checks import Label, check_label
from gan_jax.nets.layers import Conv, shares
from gan_jax.nets.normalization import normalized
from gan_jax.nets.resample import filtered

Logits = Float[Array, "batch rows columns"]
Maps = Float[Array, "batch *places"]


class Discriminator(nn.Module):
    """Strided 4x4 convolutions, then two at stride 1. With classes it has logits of each, for a picture of its own.

    `layers` is the number of strided ones: patches of 16, 34, 70, 142, 286 pixels for 1 to 5. `width` is the number of
    channels of the first, doubled per layer up to `max_width`. `normalization` is "batch" as published, "instance",
    "spectral" or "none"; the first and the last layer have none but "spectral".
    """

    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    layers: Positive = 3
    width: Positive = 64
    max_width: Positive = 512
    normalization: str = "instance"
    initializer: str = "dcgan"
    maps: bool = False

    @nn.compact
    def __call__(
        self,
        image: Float[Array, "batch *space channels"],
        condition: Float[Array, "batch *space inputs"] | Label = None,
        *,
        train: bool,
    ) -> Maps | dict[str, Any]:
        """Returns a map of float32 logits: 30x30 for three layers at 256 pixels, of voxels one of three axes.

        The condition is pictures that the images are made of, or with classes their labels. With `maps` the logits
        stand beside what all layers before them give.
        """
        is_picture = condition is not None and condition.ndim == image.ndim
        label = None if is_picture else condition
        check_label(label, self.num_classes)
        shared = dict(initializer=self.initializer, dtype=self.dtype, spectral=self.normalization == "spectral")
        x = jnp.concatenate([condition, image], axis=-1) if is_picture else image
        x, maps = x.astype(self.dtype), {}
        for layer in range(self.layers + 1):
            features, normalised = min(self.width * 2**layer, self.max_width), layer > 0
            bias = not (normalised and self.normalization == "batch")
            stride = 2 if layer < self.layers else 1
            conv = Conv(features, bias, kernel_size=4, stride=stride, name=f"layer_{layer}", **shared)
            x = _without_last(conv(x, train=train), stride)
            if normalised:
                x = normalized(x, self.normalization, self.axis_name, f"norm_{layer}", train=train)
            x = maps[f"layer_{layer}"] = nn.leaky_relu(x, 0.2)
        last = Conv(max(self.num_classes, 1), kernel_size=4, name="logits", **shared)
        logits = _without_last(last(x, train=train), 1).astype(jnp.float32)
        if self.num_classes:
            own = shares(label, self.num_classes)
            logits = logits * own.reshape(len(own), *(1,) * (logits.ndim - 2), -1)
        logits = logits.sum(axis=-1)
        return {"logits": logits, "maps": maps} if self.maps else logits


class MultiScale(nn.Module):
    """Several such discriminators, each of images at half the size of those before (Wang et al. 2018, pix2pixHD).

    The maps of logits are brought to the size of the first by repeating places, so that all scales count alike; a
    weight of their number makes of this mean the published sum. The settings are those of `Discriminator`.
    """

    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    scales: Positive = 2
    layers: Positive = 3
    width: Positive = 64
    max_width: Positive = 512
    normalization: str = "instance"
    initializer: str = "dcgan"

    @nn.compact
    def __call__(
        self,
        image: Float[Array, "batch height width channels"],
        condition: Float[Array, "batch height width inputs"] | Label = None,
        *,
        train: bool,
    ) -> dict[str, Any]:
        """Returns `logits` [B, scales, rows, columns] and `maps`, what all layers give."""
        settings = {name: getattr(self, name) for name in SHARED}
        logits, maps = [], {}
        for scale in range(self.scales):
            said = Discriminator(**settings, maps=True, name=f"scale_{scale}")(image, condition, train=train)
            maps[f"scale_{scale}"] = said["maps"]
            logits.append(said["logits"])
            image = _halved(image)
            condition = _halved(condition) if condition is not None and condition.ndim == 4 else condition
        return {"logits": jnp.stack([_enlarged(x, logits[0].shape) for x in logits], axis=1), "maps": maps}


SHARED = ("num_classes", "axis_name", "dtype", "layers", "width", "max_width", "normalization", "initializer")


def _halved(x: Float[Array, "batch height width channels"]) -> Float[Array, "batch rows columns channels"]:
    """Means over 3x3 windows at every other pixel, at the edges of the pixels that there are."""
    window = (1.0, 1.0, 1.0)
    return filtered(x, window, down=2) / filtered(jnp.ones_like(x[:1, ..., :1]), window, down=2)


def _enlarged(x: Logits, shape: tuple[int, ...]) -> Float[Array, "batch more_rows more_columns"]:
    """By repeating places."""
    rows, columns = (np.arange(size) * own // size for size, own in zip(shape[1:], x.shape[1:], strict=True))
    return x[:, rows][:, :, columns]


def _without_last(x: Array, stride: int) -> Array:
    """As published, a 4x4 window at stride 1 has one pixel of padding on each side, and so makes one place less."""
    return x[(slice(None), *(slice(-1),) * (x.ndim - 2))] if stride == 1 else x
