"""The discriminator of Real-ESRGAN (Wang et al. 2021): a U-Net that gives every pixel a logit."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Positive
from gan_jax.errors import InputError
from gan_jax.nets.layers import Conv
from gan_jax.nets.resample import filtered

LEVELS = 3


class Discriminator(nn.Module):
    """Three times strided convolutions and the way back, what was there before each beside it; spectrally normalised.

    It sees images alone: a source is not looked at.
    """

    dtype: Any = jnp.float32
    width: Positive = 64
    spectral: bool = True

    @nn.compact
    def __call__(
        self,
        image: Float[Array, "batch height width channels"],
        source: Float[Array, "batch low_height low_width inputs"] | None = None,
        *,
        train: bool,
    ) -> Float[Array, "batch height width"]:
        """Returns float32 logits; the sides are multiples of 8."""
        del source
        if any(side % 2**LEVELS for side in image.shape[1:3]):
            raise InputError(f"This network halves the sides {LEVELS} times, which {image.shape[1:3]} are not fit for.")

        def conv(x: Array, features: int, name: str, **settings: int) -> Array:
            layer = Conv(features, use_bias=False, spectral=self.spectral, dtype=self.dtype, name=name, **settings)
            return nn.leaky_relu(layer(x, train=train), 0.2)

        x = Conv(self.width, dtype=self.dtype, name="first")(image.astype(self.dtype), train=train)
        x = nn.leaky_relu(x, 0.2)
        seen = []
        for level in range(LEVELS):
            seen.append(x)
            x = conv(x, 2 * x.shape[-1], f"down_{level}", kernel_size=4, stride=2)
        for level in reversed(range(LEVELS)):
            x = conv(doubled(x), x.shape[-1] // 2, f"up_{level}") + seen[level]
        for number in range(2):
            x = conv(x, self.width, f"last_{number}")
        return Conv(1, dtype=self.dtype, name="logits")(x, train=train)[..., 0].astype(jnp.float32)


def doubled(x: Float[Array, "batch height width features"]) -> Float[Array, "batch rows columns features"]:
    """Bilinear enlargement to twice the sides; beyond the edges their own values go on."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return filtered(padded, (1.0, 3.0, 3.0, 1.0), up=2)[:, 2:-2, 2:-2]
