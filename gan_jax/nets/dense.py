"""Networks of dense layers, for what is no image."""

import flax.linen as nn
from jaxtyping import Array, Float

from gan_jax.bounds import Positive
from gan_jax.nets.layers import Dense


class Discriminator(nn.Module):
    """Tells vectors, such as latents, apart; the defaults are the critic of FactorVAE (Kim & Mnih 2018, appendix)."""

    width: Positive = 1000
    depth: Positive = 5

    @nn.compact
    def __call__(self, vector: Float[Array, "batch *vector"], *, train: bool) -> Float[Array, " batch"]:
        """Returns logits."""
        x = vector.reshape(len(vector), -1)
        for layer in range(self.depth):
            x = nn.leaky_relu(Dense(self.width, name=f"dense_{layer}")(x, train=train), 0.2)
        return Dense(1, initializer="lecun", name="logits")(x, train=train)[:, 0]
