"""What steers a trained generator: (latents [B, ...], its params) -> (shift, log_scale, params)."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, PyTree

from gan_jax import paths
from gan_jax.bounds import Amount, Positive
from gan_jax.nets.layers import Dense

Latents = Float[Array, "batch *size"]
Steered = tuple[Float[Array, "*shift"], Float[Array, "*scale"], PyTree]


class Gaussian(nn.Module):
    """Latents of a normal distribution of their own, alike for all: a policy that reinforce can learn."""

    @nn.compact
    def __call__(self, latent: Latents, params: PyTree) -> Steered:
        """Begins with the standard normal distribution."""
        shape = latent.shape[1:]
        mean = self.param("mean", nn.initializers.zeros, shape)
        return mean, self.param("log_scale", nn.initializers.zeros, shape), params


class Shift(nn.Module):
    """Latents z + f(z), f a network that begins with 0 (Eyring et al. 2025, Noise Hypernetworks)."""

    width: Positive = 128
    depth: Positive = 2

    @nn.compact
    def __call__(self, latent: Latents, params: PyTree) -> Steered:
        """The scale stays 1."""
        x = latent.reshape(len(latent), -1)
        for layer in range(self.depth):
            x = nn.leaky_relu(Dense(self.width, initializer="he", name=f"dense_{layer}")(x, train=False), 0.2)
        size = latent[0].size
        shift = nn.Dense(size, kernel_init=nn.initializers.zeros, name="shift")(x).reshape(latent.shape)
        return shift, jnp.zeros_like(shift), params


class LowRank(nn.Module):
    """A change of every kernel by a product of two matrices (Hu et al. 2022, LoRA), which begins with 0."""

    rank: Positive = 4
    scale: Amount = 1.0

    @nn.compact
    def __call__(self, latent: Latents, params: PyTree) -> Steered:
        """A kernel is a matrix [all inputs, outputs]; latents stay as they are."""

        def changed(path: tuple, x: Array) -> Array:
            name = paths.name(path)
            if x.ndim < 2 or not name.endswith("kernel"):
                return x
            inputs, outputs = x.size // x.shape[-1], x.shape[-1]
            own = name.replace("/", ".")
            down = self.param(f"{own}.down", nn.initializers.normal(inputs**-0.5), (inputs, self.rank))
            up = self.param(f"{own}.up", nn.initializers.zeros, (self.rank, outputs))
            return x + self.scale * (down @ up).reshape(x.shape).astype(x.dtype)

        nothing = jnp.zeros(latent.shape[1:])
        return nothing, nothing, jax.tree_util.tree_map_with_path(changed, params)
