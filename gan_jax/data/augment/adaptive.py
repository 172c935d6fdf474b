"""Augmentations whose strength follows how sure a discriminator has become of its training images."""

import dataclasses
import inspect
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Key

from gan_jax.bounds import Fraction, Positive
from gan_jax.data.augment.pipeline import bgc
from gan_jax.errors import InputError
from gan_jax.types import Facts

Images = Float[Array, "batch *space channels"]
Keys = Key[Array, "batch"]
Memory = dict[str, Float[Array, ""]]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Adaptive:
    """A probability p that rises where the mean sign of real images' logits is above `target`, and falls below it.

    Every `interval` batches p moves by so much that it would take `images` real images to go from 0 to 1 (Karras et al.
    2020, "Training generative adversarial networks with limited data", section 3.1). The sign means something where
    logits do by themselves: with a relativistic loss give p a schedule of its own.
    """

    facts: Facts
    target: float = 0.6
    images: Positive = 500_000
    interval: Positive = 4
    start: Fraction = 0.0

    def init(self) -> Memory:
        """The probability, and what has been seen since it last moved."""
        return {"p": jnp.float32(self.start), "signs": jnp.zeros(()), "seen": jnp.zeros(())}

    def learn(self, view: Any) -> tuple[Memory, dict[str, Array]]:
        """The memory after an update of the discriminator, and p to be logged."""
        memory = view.carry
        signs = jnp.sign(view.real_logits.reshape(len(view.real_logits), -1)).mean(axis=1)
        news = jnp.stack([signs.sum(), jnp.float32(len(signs))])
        news = news if view.axis_name is None else jax.lax.psum(news, view.axis_name)
        signs, seen = jnp.stack([memory["signs"], memory["seen"]]) + news
        due = seen >= self.interval * self.facts.batch_size
        step = jnp.sign(signs / seen - self.target) * seen / self.images
        p = jnp.where(due, jnp.clip(memory["p"] + step, 0.0, 1.0), memory["p"])
        return {"p": p, "signs": jnp.where(due, 0.0, signs), "seen": jnp.where(due, 0.0, seen)}, {"p": p}


@dataclasses.dataclass(frozen=True, kw_only=True)
class ada(Adaptive):  # noqa: N801 (named as configs call it)
    """ADA (Karras et al. 2020): each transformation of a pipeline, by default the paper's, with probability p."""

    pipeline: Callable = bgc

    def __post_init__(self) -> None:
        """Refuses a pipeline without a probability."""
        if "p" not in inspect.signature(self.pipeline).parameters:
            name = getattr(self.pipeline, "__name__", self.pipeline)
            raise InputError(f"objective.augment.pipeline: {name} takes no p, the probability that ada is about.")

    def show(self, memory: Memory, real: Images, fake: Images, real_keys: Keys, fake_keys: Keys) -> tuple:
        """Both as the discriminator sees them."""
        return self.pipeline(real, real_keys, p=memory["p"]), self.pipeline(fake, fake_keys, p=memory["p"])


@dataclasses.dataclass(frozen=True, kw_only=True)
class apa(Adaptive):  # noqa: N801 (named as configs call it)
    """APA (Jiang et al. 2021): with probability p a generated image, of the same class, takes a real one's place."""

    def show(self, memory: Memory, real: Images, fake: Images, real_keys: Keys, fake_keys: Keys) -> tuple:
        """Some of the real images deceive; generated ones stay as they are."""
        deceive = jax.vmap(lambda key: jax.random.bernoulli(key, memory["p"]))(real_keys)
        # A penalty's slope is that at what is shown.
        deceiving = jax.lax.stop_gradient(fake) + (real - jax.lax.stop_gradient(real))
        return jnp.where(deceive.reshape(-1, *(1,) * (real.ndim - 1)), deceiving, real), fake
