"""A small transformer that reads captions, trained with the network that it is a part of."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Int

from gan_jax.bounds import Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.layers import Embed
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.reading import Read, masked_mean
from gan_jax.nets.transformer import Block, positions
from gan_jax.nets.vit import check_width
from gan_jax.types import NOTHING


class Encoder(nn.Module):
    """Transformer blocks over the tokens of a text; the sentence is the mean of its words.

    What fills a text up is not looked at: a caption is read alike at any length of a column.
    """

    vocabulary: Count = 0
    dtype: Any = jnp.float32
    width: Positive = 64
    depth: Count = 2
    heads: Positive = 4

    @nn.compact
    def __call__(self, tokens: Int[Array, "batch length"], *, train: bool) -> Read:
        """Numbers as the data's tokenizer gives them."""
        if not self.vocabulary:
            raise InputError("text.Encoder reads tokens: objective.condition should name a column of text.")
        check_width(self.width, self.heads)
        there = tokens != NOTHING
        table = Embed(self.width, num_classes=self.vocabulary, initializer="unit", dtype=self.dtype, name="words")
        x = table(tokens.reshape(-1), train=train).reshape(*tokens.shape, self.width)
        x = x + jnp.asarray(positions((1, tokens.shape[1]), self.width), self.dtype)
        for block in range(self.depth):
            x = Block(self.heads, self.dtype, name=f"block_{block}")(x, None, train=train, there=there)
        scale = self.param("scale", nn.initializers.ones, (self.width,))
        x = unit_mean_square(x.astype(jnp.float32)) * scale
        return Read(masked_mean(x, there), x, there)
