"""The last layer of a discriminator."""

from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from gan_jax.nets.layers import Dense, Embed


class Projection(nn.Module):
    """A linear logit, plus the product with the label's embedding when there are classes (Miyato & Koyama 2018)."""

    num_classes: int
    spectral: bool = False
    initializer: str = "xavier"
    dtype: Any = jnp.float32

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch features"], label: Int[Array, " batch"] | None, *, train: bool
    ) -> Float[Array, " batch"]:
        """Returns float32 logits."""
        shared = dict(spectral=self.spectral, initializer=self.initializer, dtype=self.dtype)
        logits = Dense(1, name="linear", **shared)(x, train=train)[:, 0].astype(jnp.float32)
        if self.num_classes == 0:
            return logits
        embedding = Embed(x.shape[-1], False, num_classes=self.num_classes, name="embedding", **shared)(
            label, train=train
        )
        return logits + jnp.sum(embedding.astype(jnp.float32) * x.astype(jnp.float32), axis=-1)
