"""Terms of a generator that is to please: a reward r of its images, and what holds it to where it began.

The maximum of E[r] - beta KL(now || start) is start * exp(r / beta) / Z: without something that holds it, a reward is
hacked. What `pathwise` logs is -r.
"""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax import rng
from gan_jax.bounds import Positive
from gan_jax.losses.adaptation import source_image
from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.scoring import score
from gan_jax.losses.views import GanView

Values = Float[Array, "batch"]


def pathwise(view: Any, *, reward: Callable, augment: Callable | None = None) -> Values:
    """-r, by the reward's own gradient (Clark et al. 2024, DRaFT, of one step).

    `augment` changes images a little before they are judged, so that no single pixel is worth much.
    """
    images = view.generated
    if augment is not None:
        images = augment(images, rng.per_example(view.key, view.batch["position"]))
    return -score(reward, images, view.frozen)


def start_ratio(*, network: str = "source") -> AdversarialLoss:
    """KL(now || start) by a discriminator of the source's images and the generator's, with a weight of beta.

    Its logit becomes log start / now, whose negative mean over generated images is the divergence.
    """

    def discriminator(view: GanView) -> Values:
        before, now = view.discriminator(source_image(view, network)), view.discriminator(view.generated)
        return jax.nn.softplus(-before) + jax.nn.softplus(now)

    def generator(view: GanView) -> Values:
        return -view.discriminator(view.generated)

    return AdversarialLoss(discriminator, generator)


def best_of(*, reward: Callable, network: str = "source", number: Positive = 4) -> AdversarialLoss:
    """A game whose real images are the best of `number` of the source's, by a reward that needs no gradient.

    The generator learns the distribution of the best of n, whose divergence from the start is ln n - (n - 1) / n.
    """

    def discriminator(view: GanView) -> Values:
        drawn = [source_image(view, network, another) for another in range(number)]
        images = stop_gradient(jnp.stack(drawn))
        scores = jnp.stack([score(reward, x, view.frozen) for x in images])
        chosen = scores.argmax(axis=0) == jnp.arange(number)[:, None]
        best = jnp.where(jnp.expand_dims(chosen, range(2, images.ndim)), images, 0).sum(axis=0)
        return jax.nn.softplus(-view.discriminator(best)) + jax.nn.softplus(view.discriminator(view.generated))

    def generator(view: GanView) -> Values:
        return jax.nn.softplus(-view.discriminator(view.generated))

    return AdversarialLoss(discriminator, generator)
