"""The generator of Johnson et al. (2016) as in CycleGAN (Zhu et al. 2017): residual blocks at a quarter of the size."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Positive, Share
from gan_jax.nets.dropout import KeyData, dropout
from gan_jax.nets.layers import Conv, ConvTranspose
from gan_jax.nets.normalization import normalized


class Generator(nn.Module):
    """A 7x7 convolution, two strided ones down, `blocks` residual blocks, and the same way up; sides of multiples of 4.

    `width` is the number of channels at full size, four times as many in the blocks. Edges are mirrored, not filled
    with zeros. Nine blocks are published for 256 pixels, six for 128. `dropout` in the blocks is the only noise.
    """

    image_shape: tuple[int, ...]
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 64
    blocks: Positive = 9
    normalization: str = "instance"
    dropout: Share = 0.0
    initializer: str = "dcgan"

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch height width inputs"], keys: KeyData | None = None, *, train: bool
    ) -> Float[Array, "batch height width channels"]:
        """Returns float32 images in [-1, 1], as large as the source; `keys` draw the dropout, None leaves it out."""
        shared = dict(initializer=self.initializer, dtype=self.dtype, spectral=self.normalization == "spectral")
        biased = dict(use_bias=self.normalization != "batch")

        def norm(x: Array, name: str) -> Array:
            return normalized(x, self.normalization, self.axis_name, f"{name}_norm", train=train)

        def mirrored(x: Array, features: int, size: int, name: str, **settings: Any) -> Array:
            layer = Conv(features, kernel_size=size, name=name, **{**biased, **shared, **settings})
            return _with_mirrored_edges(layer, x, size // 2, train)

        x = nn.relu(norm(mirrored(source.astype(self.dtype), self.width, 7, "first"), "first"))
        for level in (1, 2):
            down = Conv(self.width * 2**level, kernel_size=3, stride=2, name=f"down_{level}", **biased, **shared)
            x = nn.relu(norm(down(x, train=train), f"down_{level}"))
        for block in range(self.blocks):
            y = nn.relu(norm(mirrored(x, x.shape[-1], 3, f"block_{block}_0"), f"block_{block}_0"))
            y = dropout(y, keys, self.dropout, block) if self.dropout else y
            x = x + norm(mirrored(y, x.shape[-1], 3, f"block_{block}_1"), f"block_{block}_1")
        for level in (1, 0):
            up = ConvTranspose(self.width * 2**level, kernel_size=3, name=f"up_{level}", **biased, **shared)
            x = nn.relu(norm(up(x, train=train), f"up_{level}"))
        x = mirrored(x, self.image_shape[-1], 7, "image", use_bias=True)
        return jnp.tanh(x.astype(jnp.float32))


def _with_mirrored_edges(layer: Conv, x: Array, edge: int, train: bool) -> Array:
    padded = jnp.pad(x, ((0, 0), (edge, edge), (edge, edge), (0, 0)), mode="reflect")
    return layer(padded, train=train)[:, edge:-edge, edge:-edge]
