"""The generator of Johnson et al. (2016) as in CycleGAN (Zhu et al. 2017): residual blocks at a quarter of the size."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Positive, Share
from gan_jax.nets.checks import Label
from gan_jax.nets.dropout import Noise, dropout, told_apart
from gan_jax.nets.layers import Conv, ConvTranspose, Dense, shares
from gan_jax.nets.normalization import normalized
from gan_jax.nets.resample import filtered

Pictures = Float[Array, "batch height width inputs"]
Answers = Float[Array, "batch height width channels"]
Maps = dict[str, Float[Array, "batch _ _ _"]]


class Generator(nn.Module):
    """A 7x7 convolution, two strided ones down, `blocks` residual blocks, and the same way up; sides of multiples of 4.

    `width` is the number of channels at full size, four times as many in the blocks. Edges are mirrored, not filled
    with zeros. Nine blocks are published for 256 pixels, six for 128. `dropout` in the blocks is the only noise.
    `antialiased` ways down and up smooth what they leave out and put in (Zhang 2019), as in CUT (Park et al. 2020).
    A latent and, with classes, a label move the scales and biases of the second half of the blocks and of the way up,
    where normalisation does not take them away again; a share of no class leaves these at 1 and 0.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 64
    blocks: Positive = 9
    normalization: str = "instance"
    antialiased: bool = False
    dropout: Share = 0.0
    initializer: str = "dcgan"

    @nn.compact
    def __call__(
        self,
        source: Pictures,
        noise: Noise = None,
        label: Label = None,
        *,
        train: bool,
        with_maps: bool = False,
    ) -> Answers | tuple[Answers, Maps]:
        """Returns float32 images in [-1, 1], as large as the source.

        `noise` is keys that draw the dropout or a latent, without which there is no dropout; `label` may be shares of
        classes that add up to less or more than one.
        """
        shared = dict(initializer=self.initializer, dtype=self.dtype, spectral=self.normalization == "spectral")
        biased = dict(use_bias=self.normalization != "batch")

        def norm(x: Array, name: str) -> Array:
            return normalized(x, self.normalization, self.axis_name, f"{name}_norm", train=train)

        def styled(x: Array, name: str) -> Array:
            x = norm(x, name)
            if not codes:
                return x
            code = jnp.concatenate(codes, axis=1)
            settings = dict(use_bias=False, initializer=self.initializer, dtype=self.dtype)
            scale, bias = (
                Dense(x.shape[-1], name=f"{name}_{part}", **settings)(code, train=train)[:, None, None]
                for part in ("scale", "bias")
            )
            return x * (1 + scale) + bias

        def mirrored(x: Array, features: int, size: int, name: str, **settings: Any) -> Array:
            layer = Conv(features, kernel_size=size, padding="VALID", name=name, **{**biased, **shared, **settings})
            edge = (size // 2, size // 2)
            return layer(jnp.pad(x, ((0, 0), edge, edge, (0, 0)), mode="reflect"), train=train)

        def plain(x: Array, features: int, name: str, stride: int = 1) -> Array:
            return Conv(features, kernel_size=3, stride=stride, name=name, **biased, **shared)(x, train=train)

        def up(x: Array, features: int, name: str) -> Array:
            if self.antialiased:
                return plain(_doubled(x), features, name)
            return ConvTranspose(features, kernel_size=3, name=name, **biased, **shared)(x, train=train)

        seen = {"source": source}
        keys, latent = told_apart(noise)
        codes = [] if latent is None else [latent]
        codes += [] if label is None or not self.num_classes else [shares(label, self.num_classes)]
        x = nn.relu(norm(mirrored(source.astype(self.dtype), self.width, 7, "first"), "first"))
        for level in (1, 2):
            x = plain(x, self.width * 2**level, f"down_{level}", stride=1 if self.antialiased else 2)
            seen[f"down_{level}"] = x
            x = nn.relu(norm(x, f"down_{level}"))
            x = _halved(x) if self.antialiased else x
        for block in range(self.blocks):
            own = styled if block >= self.blocks // 2 else norm
            y = nn.relu(own(mirrored(x, x.shape[-1], 3, f"block_{block}_0"), f"block_{block}_0"))
            y = dropout(y, keys, self.dropout, block) if self.dropout else y
            x = x + own(mirrored(y, x.shape[-1], 3, f"block_{block}_1"), f"block_{block}_1")
            seen[f"block_{block}"] = x
        for level in (1, 0):
            x = nn.relu(styled(up(x, self.width * 2**level, f"up_{level}"), f"up_{level}"))
        x = mirrored(x, self.image_shape[-1], 7, "image", use_bias=True)
        answers = jnp.tanh(x.astype(jnp.float32))
        return (answers, seen) if with_maps else answers

    def maps(self, source: Pictures, *, train: bool) -> Maps:
        """The network's own view of pictures, by the layer that gives it; of no style."""
        return self(source, train=train, with_maps=True)[1]


def _halved(x: Array) -> Array:
    """Every other pixel of what is smoothed by [1, 2, 1], with mirrored edges."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="reflect")
    return filtered(padded, (1.0, 2.0, 1.0), down=2, padding=0)


def _doubled(x: Array) -> Array:
    """Pixels with others in between, smoothed by [1, 3, 3, 1], with repeated edges: linear interpolation."""
    padded = jnp.pad(x, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
    return filtered(padded, (1.0, 3.0, 3.0, 1.0), up=2)[:, 2:-2, 2:-2]
