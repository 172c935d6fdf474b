"""Plain transformers as generator and discriminator, after GAT (Hyun et al. 2025) and Adversarial Flow Models.

They run on pictures or on the latents of an autoencoder, of any number of channels. Here are rows and columns as sines
and cosines, where GAT also turns queries and keys by them; GELU, where GAT has SwiGLU of the same size; and one image,
where GAT's generator makes four, one after each quarter of its depth.
"""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Amount, Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.checks import Label, check_label, check_option
from gan_jax.nets.heads import Said, judged
from gan_jax.nets.layers import Dense, Embed
from gan_jax.nets.minibatch import minibatch_stddev
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.remat import apply_block
from gan_jax.nets.transformer import Block, from_tokens, grid_of, positions, to_tokens

Images = Float[Array, "batch height width channels"]


class Generator(nn.Module):
    """Transformer blocks on one token per patch, modulated by a mapped latent and class; the defaults are GAT-S's.

    A latent is a vector [B, Z], which modulates learned tokens (GAT); or noise of the image's shape (Adversarial Flow
    Models, Lin et al. 2025), whose patches are the tokens, while the class alone modulates. `modulation` is how scales
    and gates begin: "zeros" makes every block the identity (Peebles & Xie 2023), "small" is GAT's. `remat` saves
    memory for time.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    patch: Positive = 2
    width: Positive = 384
    depth: Positive = 12
    heads: Positive = 6
    modulation: str = "zeros"
    remat: bool = False

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"] | Images, label: Label = None, *, train: bool
    ) -> Float[Array, "batch height width channels"]:
        """Returns float32 images, which [-1, 1] does not bind.

        Both papers make latents, which have no bounds, and R3GAN (Huang et al. 2024) leaves tanh out for pixels too:
        where it saturates, a generator gets no gradient. Pixels are clipped when they are quantised.
        """
        check_label(label, self.num_classes)
        check_width(self.width, self.heads)
        grid = grid_of(self.image_shape, self.patch)
        shared = dict(initializer="xavier", dtype=self.dtype)

        x = jnp.asarray(positions(grid, self.width), self.dtype)
        codes = []
        if latent.ndim == 2:
            x = x + self.param("tokens", nn.initializers.normal(0.02), x.shape).astype(self.dtype)
            x = jnp.broadcast_to(x, (len(latent), *x.shape))
            codes.append(unit_mean_square(latent).astype(self.dtype))
        elif latent.shape[1:] == tuple(self.image_shape):
            x = x + Dense(self.width, name="patches", **shared)(to_tokens(latent, self.patch), train=train)
        else:
            raise InputError(f"A latent is a vector or has the shape {self.image_shape}, not {latent.shape[1:]}.")
        if self.num_classes:
            layer = Embed(self.width, initializer="dcgan", num_classes=self.num_classes, name="embedding")
            codes.append(unit_mean_square(layer(label, train=train)).astype(self.dtype))
        condition = jnp.zeros((len(latent), self.width), self.dtype)
        if codes:
            condition = Dense(self.width, name="mapping_0", **shared)(jnp.concatenate(codes, axis=-1), train=train)
            condition = Dense(self.width, name="mapping_1", **shared)(nn.silu(condition), train=train)

        for block in range(self.depth):
            layer = Block(self.heads, self.dtype, self.modulation, name=f"block_{block}")
            x = apply_block(layer, x, condition, train=train, remat=self.remat)
        layer = Dense(self.width, initializer=self.modulation, dtype=self.dtype, name="modulation")
        x = unit_mean_square(x) * (1 + layer(nn.silu(condition), train=train)[:, None])
        x = Dense(self.patch**2 * self.image_shape[-1], name="image", **shared)(x, train=train)
        return from_tokens(x.astype(jnp.float32), grid, self.patch)


class Discriminator(nn.Module):
    """Transformer blocks on a token of its own and one per patch, then a projection; the defaults are GAT-S's.

    `pooling` is "token" (the token of its own, GAT) or "mean" (over the patches, without that token). `gate` is what
    the gates of the blocks begin at, 0 for the identity. `minibatch_stddev` is a group size, 0 for none: without it
    examples do not see one another. `remat` saves memory for time.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    patch: Positive = 2
    width: Positive = 384
    depth: Positive = 12
    heads: Positive = 6
    pooling: str = "token"
    gate: Amount = 0.1
    minibatch_stddev: Count = 0
    head: str = "projection"
    remat: bool = False

    @nn.compact
    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Said:
        """Returns float32 logits, and what else the head says."""
        check_label(label, self.num_classes)
        check_option("pooling", self.pooling, ("token", "mean"))
        check_width(self.width, self.heads)
        place = jnp.asarray(positions(grid_of(self.image_shape, self.patch), self.width), self.dtype)

        layer = Dense(self.width, initializer="xavier", dtype=self.dtype, name="patches")
        x = layer(to_tokens(image, self.patch), train=train) + place
        if self.pooling == "token":
            token = self.param("token", nn.initializers.normal(0.02), (1, 1, self.width)).astype(self.dtype)
            x = jnp.concatenate([jnp.broadcast_to(token, (len(x), 1, self.width)), x], axis=1)
        for block in range(self.depth):
            layer = Block(self.heads, self.dtype, gate=self.gate, name=f"block_{block}")
            x = apply_block(layer, x, None, train=train, remat=self.remat)
        scale = self.param("scale", nn.initializers.ones, (self.width,))
        x = unit_mean_square(x.astype(jnp.float32)) * scale
        x = x[:, 0] if self.pooling == "token" else x.mean(axis=1)
        if self.minibatch_stddev:
            x = minibatch_stddev(x[:, None, None], self.minibatch_stddev)[:, 0, 0]
        return judged(x, label, self.head, self.num_classes, train=train, dtype=self.dtype)


def check_width(width: int, heads: int) -> None:
    """Refuses a width that cannot be shared out among heads, or among the sines and cosines of rows and columns."""
    if width % heads or width % 4:
        raise InputError(f"width={width} must be a multiple of heads={heads} and of 4.")
