"""Transformer blocks over tokens, and the way from pictures to tokens and back."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from gan_jax.nets.checks import patched
from gan_jax.nets.layers import Dense
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.patches import from_patches, to_patches

Images = Float[Array, "batch height width channels"]
Tokens = Float[Array, "batch tokens width"]
Condition = Float[Array, "batch width"] | None
There = Bool[Array, "batch keys"] | None  # where a token is one, and not what fills a text up; None: everywhere


def grid_of(image_shape: tuple[int, ...], patch: int) -> tuple[int, int]:
    """How many patches a picture has in height and width."""
    return patched(image_shape, patch)[:2]


def to_tokens(x: Images, patch: int) -> Float[Array, "batch tokens values"]:
    """The values of each patch, row by row."""
    patches = to_patches(x, patch)
    return patches.reshape(len(x), -1, patches.shape[-1])


def from_tokens(x: Float[Array, "batch tokens values"], grid: tuple[int, int], patch: int) -> Images:
    """The inverse of `to_tokens`."""
    return from_patches(x.reshape(len(x), *grid, -1), patch)


def positions(grid: tuple[int, int], width: int) -> Float[np.ndarray, "tokens width"]:
    """Sines and cosines of row and column, half of the width each (Vaswani et al. 2017, in two dimensions)."""
    frequencies = 1e4 ** -(np.arange(width // 4) / (width // 4))
    rows, columns = (place.ravel()[:, None] * frequencies for place in np.indices(grid))
    return np.concatenate(
        [wave(place) for place in (rows, columns) for wave in (np.sin, np.cos)], axis=1, dtype=np.float32
    )


def attention_weights(
    query: Float[Array, "batch queries heads size"],
    key: Float[Array, "batch keys heads size"],
    there: There = None,
) -> Array:
    """The softmax over all keys, or those that are `there`, float32 [batch, heads, queries, keys]."""
    logits = jnp.einsum("bqhc,bkhc->bhqk", query, key, preferred_element_type=jnp.float32)
    if there is not None:
        logits = jnp.where(there[:, None, None], logits, -1e9)  # finite, so that of no keys all weigh alike
    return jax.nn.softmax(logits * query.shape[-1] ** -0.5)


class Attention(nn.Module):
    """Multi-head self-attention with normalised queries and keys, whose logits cannot grow (Dehghani et al. 2023)."""

    heads: int
    dtype: Any

    @nn.compact
    def __call__(self, x: Tokens, *, train: bool, there: There = None) -> Tokens:
        """Memory grows with the square of the number of tokens."""
        batch, tokens, width = x.shape

        def heads_of(name: str) -> Array:
            values = Dense(width, initializer="xavier", dtype=self.dtype, name=name)(x, train=train)
            return values.reshape(batch, tokens, self.heads, -1)

        def normalised(values: Array, name: str) -> Array:
            scale = self.param(f"{name}_scale", nn.initializers.ones, (values.shape[-1],))
            return unit_mean_square(values) * scale.astype(self.dtype)

        query, key = (normalised(heads_of(name), name) for name in ("query", "key"))
        weights = attention_weights(query, key, there).astype(self.dtype)
        gathered = jnp.einsum("bhqk,bkhc->bqhc", weights, heads_of("value")).reshape(x.shape)
        return Dense(width, initializer="xavier", dtype=self.dtype, name="output")(gathered, train=train)


class Block(nn.Module):
    """Attention, then two dense layers of four times the width, each normalised before and gated behind.

    With a condition, scales and gates are linear in it (AdaLN, Peebles & Xie 2023) and `modulation` says how they
    begin: "zeros" makes the block the identity. Without one they are parameters, and the gates begin at `gate`.
    """

    heads: int
    dtype: Any
    modulation: str = "zeros"
    gate: float = 0.1

    @nn.compact
    def __call__(self, x: Tokens, condition: Condition, *, train: bool, there: There = None) -> Tokens:
        """Root mean squares and no shifts, as in GAT (Hyun et al. 2025)."""
        width = x.shape[-1]
        if condition is None:
            begin = nn.initializers.constant
            scales = [self.param(f"scale_{number}", begin(1.0), (width,)) for number in range(2)]
            gates = [self.param(f"gate_{number}", begin(self.gate), (width,)) for number in range(2)]
        else:
            layer = Dense(4 * width, initializer=self.modulation, dtype=self.dtype, name="modulation")
            *scales, first, second = jnp.split(layer(nn.silu(condition), train=train)[:, None], 4, axis=-1)
            scales, gates = [1 + scale for scale in scales], [first, second]
        scales, gates = ([value.astype(self.dtype) for value in values] for values in (scales, gates))

        y = unit_mean_square(x) * scales[0]
        x = x + gates[0] * Attention(self.heads, self.dtype, name="attention")(y, train=train, there=there)
        y = unit_mean_square(x) * scales[1]
        y = Dense(4 * width, initializer="xavier", dtype=self.dtype, name="dense_0")(y, train=train)
        y = Dense(width, initializer="xavier", dtype=self.dtype, name="dense_1")(nn.gelu(y), train=train)
        return x + gates[1] * y
