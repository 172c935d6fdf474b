"""A frozen generator that is no run, as one's own file would have it: `name="sources:linear"`."""

import jax
import jax.numpy as jnp

from gan_jax.types import Draw, Frozen


class Linear:
    """Images of 8x8 that are a linear function of four numbers."""

    draws = {  # noqa: RUF012
        "image": Draw(None, lambda keys: jax.vmap(lambda key: jax.random.normal(key, (4,)))(keys))
    }
    shapes = {"generator": {"params": {"kernel": jax.ShapeDtypeStruct((4, 192), jnp.float32)}}}  # noqa: RUF012

    def __call__(self, variables, draw, latent, condition):
        return jnp.tanh(latent @ variables["generator"]["params"]["kernel"]).reshape(-1, 8, 8, 3)


def linear(*, kept=None) -> Frozen:
    kernel = jax.random.normal(jax.random.key(5), (4, 192)) / 4
    return Frozen(Linear(), {"generator": {"params": {"kernel": kernel}}}, {"name": "linear"})
