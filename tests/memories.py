"""A loss term that remembers images, as one's own file would have it: `name="memories:Recent"`."""

import dataclasses

import jax
import jax.numpy as jnp

from gan_jax.losses.reductions import example_mean, gather


@dataclasses.dataclass(frozen=True)
class Recent:
    """The distance of generated images to the mean of those before; remembered alike on all devices."""

    shape: tuple[int, ...]
    size: int = 12

    def init(self):
        return {"images": jnp.zeros((self.size, *self.shape)), "positions": jnp.zeros(self.size, jnp.int32)}

    def __call__(self, view):
        every = gather(jax.lax.stop_gradient(view.fake), view.axis_name)
        positions = gather(view.batch["position"], view.axis_name)
        values = example_mean((view.fake - view.carry["images"].mean(axis=0)) ** 2)
        return values, {"images": every[-self.size :], "positions": positions[-self.size :]}


class Own:
    """A mistake: a memory of what one device alone has seen."""

    def init(self):
        return jnp.zeros(())

    def __call__(self, view):
        values = example_mean(view.fake**2)
        return values, view.carry + values.mean()
