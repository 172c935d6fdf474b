"""Penalties on a discriminator: on its gradients with respect to images, and on the size of its logits.

Gradients are per example, and meant for discriminators in which examples do not see one another: behind batch
normalisation they also hold what one image does to the logits of the others."""

import dataclasses
from collections.abc import Callable
from typing import Annotated, NamedTuple

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax import rng
from gan_jax.bounds import Bounds
from gan_jax.losses.reductions import batch_mean, example_mean, example_sum, root
from gan_jax.losses.views import Judged
from gan_jax.schedules import Scalar


def _squared_slope(discriminator: Callable, images: Float[Array, "batch *space channels"]) -> Float[Array, "batch"]:
    """The squared Euclidean norm of the gradient of each image's logit, of a map the mean, with respect to it."""
    gradients = jax.grad(lambda images: example_mean(discriminator(images)).sum())(images)
    return example_sum(gradients.astype(jnp.float32) ** 2)


def _slope(discriminator: Callable, images: Float[Array, "batch *space channels"]) -> Float[Array, "batch"]:
    return root(_squared_slope(discriminator, images))


def r1(view: Judged) -> Float[Array, "batch"]:
    """R1 (Mescheder et al. 2018, equation 9): 0.5 |grad D(real)|^2, so that `weight` is the gamma of the papers.

    Where images are augmented, with respect to those before, as of ADA and R3GAN.
    """
    return 0.5 * _squared_slope(view.real_seen.logits, view.real_seen.images)


def r2(view: Judged) -> Float[Array, "batch"]:
    """R2 (Mescheder et al. 2018, equation 10): 0.5 |grad D(fake)|^2, so that `weight` is the gamma of the papers.

    Where images are augmented, with respect to those before, as of R1.
    """
    return 0.5 * _squared_slope(view.fake_seen.logits, view.fake_seen.images)


def gradient_penalty(view: Judged, *, target: Annotated[Scalar, Bounds(0)] = 1.0) -> Float[Array, "batch"]:
    """WGAN-GP (Gulrajani et al. 2017): (|grad D(x)| - target)^2 on the lines between real and generated images."""
    keys = rng.per_example(view.key, view.batch["position"])
    share = jax.vmap(lambda key: jax.random.uniform(key, (1,) * (view.real.ndim - 1)))(keys)
    return (_slope(view.discriminator, view.real + share * (view.fake - view.real)) - target) ** 2


def dragan(view: Judged, *, scale: Annotated[Scalar, Bounds(0)] = 0.5) -> Float[Array, "batch"]:
    """DRAGAN (Kodali et al. 2017): (|grad D(x)| - 1)^2 at real images with Gaussian noise.

    The noise has `scale` times the standard deviation of all pixels of the batch, as in the authors' code, which
    draws it uniformly; the paper's text has a Gaussian of fixed size.
    """
    moments = jnp.stack([example_mean(view.real), example_mean(view.real**2)], axis=1)
    mean, mean_square = batch_mean(moments, view.axis_name)
    deviation = jnp.sqrt(jnp.maximum(mean_square - mean**2, 0))
    keys = rng.per_example(view.key, view.batch["position"])
    noise = jax.vmap(lambda key: jax.random.normal(key, view.real.shape[1:]))(keys)
    return (_slope(view.discriminator, view.real + scale * deviation * noise) - 1) ** 2


def drift(view: Judged) -> Float[Array, "batch"]:
    """Keeps a Wasserstein critic's outputs near zero (Karras et al. 2018, appendix A.1): D(real)^2, weight 0.001."""
    return example_mean(view.real_logits**2)


class LogitAverages(NamedTuple):
    """Exponentially weighted sums of logits, and of the weights themselves: their ratio is an unbiased average."""

    real: Float[Array, ""]
    fake: Float[Array, ""]
    weight: Float[Array, ""]


@dataclasses.dataclass(frozen=True)
class lecam:  # noqa: N801 (named as configs call it, like the terms beside it)
    """LeCam regularisation (Tseng et al. 2021, equation 5): (D(real) - avg D(fake))^2 + (D(fake) - avg D(real))^2.

    The averages run over the steps in which the term is evaluated, this one included. The paper uses weights of 0.01
    to 0.3 and a decay of 0.99; the authors' code also clips the two differences at zero from below.
    """

    decay: Annotated[Scalar, Bounds(0, 1)] = 0.99

    def init(self) -> LogitAverages:
        """The memory before the first step."""
        return LogitAverages(*jnp.zeros(3))

    def __call__(self, view: Judged) -> tuple[Float[Array, "batch"], LogitAverages]:
        """Values, and the averages to remember."""
        real, fake = example_mean(view.real_logits), example_mean(view.fake_logits)
        logits = jnp.stack([real, fake, jnp.ones_like(real)], axis=1)
        news = stop_gradient(batch_mean(logits, view.axis_name))
        sums = LogitAverages(*(self.decay * jnp.stack(view.carry) + (1 - self.decay) * news))
        average_real, average_fake = sums.real / sums.weight, sums.fake / sums.weight
        return (real - average_fake) ** 2 + (fake - average_real) ** 2, sums
