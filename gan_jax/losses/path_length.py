"""Path-length regularisation (Karras et al. 2020, section 3.2): equal steps in w change images equally much."""

import dataclasses
import math
from typing import Annotated

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.losses.reductions import batch_mean, example_sum, root
from gan_jax.losses.views import GanView
from gan_jax.schedules import Scalar


@dataclasses.dataclass(frozen=True)
class path_length:  # noqa: N801 (named as configs call it, like the terms beside it)
    """(|J^T y| - a)^2, where J is the slope of an image in its code, y noise and a the running mean of the lengths.

    The noise has variance 1 / pixels, and squares are averaged over the layers of a code, as in the authors' code. It
    weighs the term by 2 at every 4th step on half of the batch, which costs as much as `every=8` here.
    """

    decay: Annotated[Scalar, Bounds(0, 1)] = 0.99

    def init(self) -> Float[Array, ""]:
        """The running mean before the first step."""
        return jnp.zeros(())

    def __call__(self, view: GanView) -> tuple[Float[Array, "batch"], Float[Array, ""]]:
        """Values, and the running mean to remember, which has this batch in it."""
        images, gradient = jax.vjp(view.synthesis, view.codes)
        keys = rng.per_example(view.key, view.batch["position"])
        noise = jax.vmap(lambda key: jax.random.normal(key, images.shape[1:]))(keys)
        [slopes] = gradient(noise / math.sqrt(math.prod(images.shape[1:-1])))
        lengths = root(example_sum(slopes.astype(jnp.float32) ** 2) / math.prod(slopes.shape[1:-1]))
        mean = self.decay * view.carry + (1 - self.decay) * batch_mean(stop_gradient(lengths), view.axis_name)
        return (lengths - mean) ** 2, mean
