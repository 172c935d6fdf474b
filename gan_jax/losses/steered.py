"""Terms of what steers a generator that stays as it is: a distribution of its latents, or a small change of it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

import jax
import jax.numpy as jnp
import optax
from jax.lax import stop_gradient
from jaxtyping import Array, Float, PyTree

from gan_jax.bounds import Bounds, Positive
from gan_jax.errors import InputError
from gan_jax.losses.reductions import batch_mean, example_sum
from gan_jax.losses.scoring import score
from gan_jax.losses.views import View

Values = Float[Array, "batch"]


@dataclass(frozen=True, kw_only=True)
class SteeredView(View):
    """What is made of latents that a policy has moved, by a generator that it may have changed."""

    generated: Float[Array, "batch height width channels"]
    latent: PyTree  # as the source draws it
    moved: Float[Array, "batch *size"]  # its numbers as the generator is given them: shift + exp(log_scale) * latent
    shift: Float[Array, "*shape"]  # [*size] where it is the same for all, [B, *size] where it depends on the latent
    log_scale: Float[Array, "*shape"]
    generator: Callable  # latent -> images, at the current parameters
    remade: Callable  # parameters -> images of the same latents


def latent_divergence(view: SteeredView) -> Values:
    """KL(q(z) || N(0, 1)) of the policy's latents: (mu^2 + s^2 - 1) / 2 - ln s, added up.

    Of a shift that depends on the latent, with a scale of 1, it is the bound of Noise Hypernetworks (Eyring et al.
    2025). Images stay among those that the source can make.
    """
    shift, log_scale = (jnp.broadcast_to(x, view.moved.shape) for x in (view.shift, view.log_scale))
    return example_sum((shift**2 + jnp.exp(2 * log_scale) - 1) / 2 - log_scale)


def reinforce(view: SteeredView, *, reward: Callable) -> Values:
    """-r, with the gradient of (r - the mean of the others) log q(z) (Williams 1992): no gradient of r is needed.

    Rewards are not divided by their deviation: their weight beside the other terms would change from step to step.
    """
    if view.shift.ndim == view.moved.ndim:
        raise InputError("reinforce is about latents drawn of one distribution: policy.network = steering.Gaussian.")
    rewards = score(reward, stop_gradient(view.generated), view.frozen)
    count = len(rewards) * (1 if view.axis_name is None else jax.lax.psum(1, view.axis_name))
    advantage = (rewards - batch_mean(rewards, view.axis_name)) * count / max(count - 1, 1)
    z = stop_gradient(view.moved)
    log_density = example_sum(-(((z - view.shift) * jnp.exp(-view.log_scale)) ** 2) / 2 - view.log_scale)
    return _with_gradient_of(-rewards, -advantage * log_density)


def evolution(
    view: SteeredView,
    *,
    reward: Callable,
    pairs: Positive = 16,
    deviation: Annotated[float, Bounds(1e-6)] = 0.05,
) -> Values:
    """-r, with a gradient by `pairs` of antithetic steps of all parameters (Salimans et al. 2017).

    (r(p + s e) - r(p - s e)) e / 2 s, of the mean reward of the batch, e standard normal, s = `deviation`.
    """
    params = stop_gradient(view.params)

    def reward_of(params: PyTree) -> Float[Array, ""]:
        return batch_mean(score(reward, view.remade(params), view.frozen), view.axis_name)

    def add(total: PyTree, number: Array) -> tuple[PyTree, None]:
        step = optax.tree.random_like(jax.random.fold_in(view.key, number), params)
        ahead, back = (reward_of(optax.tree.add_scale(params, s, step)) for s in (deviation, -deviation))
        return optax.tree.add_scale(total, (ahead - back) / (2 * deviation * pairs), step), None

    found, _ = jax.lax.scan(add, optax.tree.zeros_like(params), jnp.arange(pairs))
    along = optax.tree.vdot(stop_gradient(found), view.params)
    rewards = score(reward, stop_gradient(view.generated), view.frozen)
    return _with_gradient_of(-rewards, jnp.broadcast_to(-along, rewards.shape))


def _with_gradient_of(values: Values, other: Values) -> Values:
    """Values with another function's gradient."""
    return stop_gradient(values) + other - stop_gradient(other)
