"""Models of one network in memory, for tests of what is done with codes."""

import flax.linen as nn
import jax
import numpy as np

from gan_jax.network import from_flax
from gan_jax.sampling.codes import with_codes
from gan_jax.sampling.sampler import Sampler
from gan_jax.types import Column, Draw, Objective


class Linear(nn.Module):
    """An image that is a matrix times the latent."""

    image_shape: tuple[int, ...]

    @nn.compact
    def __call__(self, latent, *, train):
        return nn.Dense(int(np.prod(self.image_shape)), name="matrix")(latent).reshape(-1, *self.image_shape) / 4


def sampler_of(module: nn.Module, image_shape=(8, 8, 3), size=6) -> Sampler:
    """Of a network that maps latents to images."""
    network = from_flax(module)

    def latent(keys):
        return jax.vmap(lambda key: jax.random.normal(key, (size,)))(keys)

    def sample(variables, latent, condition):
        return network.apply(variables["generator"], latent)[0]

    variables = {"generator": network.init(jax.random.key(1), latent(jax.random.split(jax.random.key(0), 2)))}
    facts = dict(columns={"image": Column(image_shape, "uint8", "image")})
    objective = Objective(None, {}, ("generator",), {"image": Draw(sample, latent)})
    return Sampler(with_codes(objective, facts, variables), variables, facts)
