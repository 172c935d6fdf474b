"""The U-Net of pix2pix (Isola et al. 2017): an encoder and a decoder with the encoder's maps beside its own."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Count, Positive, Share
from gan_jax.errors import InputError
from gan_jax.nets.checks import check_option
from gan_jax.nets.dropout import Noise, dropout, laid_on, told_apart
from gan_jax.nets.layers import Conv, ConvTranspose, UpsampleConv
from gan_jax.nets.normalization import normalized


class Generator(nn.Module):
    """Strided convolutions down to the bottleneck, and as many up to the image.

    `levels` is how often the sides are halved, 0 for as often as the shorter allows: at 256 pixels the published 8.
    `width` is the number of channels of the first level, doubled per level up to `max_width`. The first level, the
    bottleneck and the image have no normalisation: it would set a bottleneck of one pixel to zero. As published, an
    image is normalised by statistics of its own in training and in sampling: "instance" does that for any batch;
    "batch" follows running statistics. Dropout, the only noise, is in the blocks behind the bottleneck. `upsample` is
    "transpose" as published or "nearest", which leaves no checkerboard.
    """

    image_shape: tuple[int, ...]
    axis_name: str | None = None
    dtype: Any = jnp.float32
    levels: Count = 0
    width: Positive = 64
    max_width: Positive = 512
    normalization: str = "instance"
    dropout: Share = 0.5
    upsample: str = "transpose"
    initializer: str = "dcgan"

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch *space inputs"], noise: Noise = None, *, train: bool
    ) -> Float[Array, "batch *space channels"]:
        """Returns float32 images in [-1, 1], as large as the source.

        `noise` is keys that draw the dropout or a latent, without which there is no dropout.
        """
        check_option("upsample", self.upsample, ("transpose", "nearest"))
        sides = source.shape[1:-1]
        levels = self.levels or min(sides).bit_length() - 1
        if levels < 2 or any(side % 2**levels for side in sides):
            raise InputError(f"A U-Net of {levels} levels does not halve {sides} so often: set levels.")
        widths = [min(self.width * 2**level, self.max_width) for level in range(levels)]
        shared = dict(initializer=self.initializer, dtype=self.dtype, spectral=self.normalization == "spectral")
        biased = dict(use_bias=self.normalization != "batch")
        up_layer = ConvTranspose if self.upsample == "transpose" else UpsampleConv

        def norm(x: Array, name: str) -> Array:
            return normalized(x, self.normalization, self.axis_name, name, train=train)

        keys, latent = told_apart(noise)
        x, skips = laid_on(source.astype(self.dtype), latent), []
        for level, features in enumerate(widths):
            x = x if level == 0 else nn.leaky_relu(x, 0.2)
            x = Conv(features, kernel_size=4, stride=2, name=f"down_{level}", **biased, **shared)(x, train=train)
            x = norm(x, f"down_norm_{level}") if 0 < level < levels - 1 else x
            skips.append(x)
        first = max(levels - 2, 1)  # behind the bottleneck's own block, where there is another
        noisy = range(first, first - max(1, levels - 5), -1)  # three of eight levels
        x = skips.pop()
        for level in range(levels - 1, 0, -1):
            x = up_layer(widths[level - 1], name=f"up_{level}", **biased, **shared)(nn.relu(x), train=train)
            x = norm(x, f"up_norm_{level}")
            x = dropout(x, keys, self.dropout, level) if level in noisy else x
            x = jnp.concatenate([x, skips.pop()], axis=-1)
        x = up_layer(self.image_shape[-1], name="image", **shared)(nn.relu(x), train=train)
        return jnp.tanh(x.astype(jnp.float32))
