"""A transformer that guesses the codes of a map at the places where they are hidden (Chang et al. 2022, MaskGIT)."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gan_jax.bounds import Positive
from gan_jax.nets.layers import Dense, Embed
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.remat import apply_block
from gan_jax.nets.transformer import Block
from gan_jax.nets.vit import check_width


class Transformer(nn.Module):
    """Every place sees all others; the class modulates the blocks. The published one: width 768, depth 24, heads 16."""

    num_codes: int
    num_classes: int = 0
    dtype: Any = jnp.float32
    width: Positive = 256
    depth: Positive = 8
    heads: Positive = 4
    remat: bool = False

    @nn.compact
    def __call__(
        self, codes: Int[Array, "batch height width"], label: Int[Array, " batch"] | None = None, *, train: bool
    ) -> Float[Array, "batch height width codes"]:
        """Float32 logits. The code `num_codes` is a hidden one, the class `num_classes` any class."""
        check_width(self.width, self.heads)
        batch, height, width = codes.shape
        normal = nn.initializers.normal(0.02)
        shared = dict(initializer="dcgan", dtype=self.dtype)
        x = Embed(self.width, num_classes=self.num_codes + 1, name="codes", **shared)(codes.reshape(-1), train=train)
        x = x.reshape(batch, height * width, self.width)
        x = x + self.param("places", normal, (height * width, self.width)).astype(self.dtype)
        condition = None
        if self.num_classes:
            condition = Embed(self.width, num_classes=self.num_classes + 1, name="classes", **shared)(
                label, train=train
            )
        for block in range(self.depth):
            layer = Block(self.heads, self.dtype, modulation="small", name=f"block_{block}")
            x = apply_block(layer, x, condition, train=train, remat=self.remat)
        x = unit_mean_square(x.astype(jnp.float32))
        logits = Dense(self.num_codes, initializer="dcgan", name="logits")(x, train=train)
        return logits.reshape(batch, height, width, self.num_codes)
