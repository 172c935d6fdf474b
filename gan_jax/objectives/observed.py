"""What of an image a likelihood explains, in training and in the conditions of draws."""

from collections.abc import Callable

from jaxtyping import Array, Float, Key

from gan_jax import rng
from gan_jax.images import from_uint8, to_uint8
from gan_jax.losses.likelihoods import Likelihood
from gan_jax.objectives.classes import condition_on
from gan_jax.types import Batch, Condition


def observed(batch: Batch, likelihood: Likelihood, key: Key[Array, ""]) -> Float[Array, "batch *space channels"]:
    """Images in [-1, 1]; what is drawn of them is drawn in each step anew, by the place in the global batch."""
    keys = rng.per_example(rng.stream(key, 0, "observed"), batch["position"])
    return likelihood.observe(from_uint8(batch["image"]), keys)


def observed_and(likelihood: Likelihood, num_classes: int) -> Callable[[Batch, Key[Array, "batch"]], Condition]:
    """The condition of a draw that is asked with an image, and with its class where the networks see any.

    What is drawn of an image is drawn here, so that all that is asked about an example is asked about the same draw.
    """
    classes = condition_on(num_classes)

    def condition(batch: Batch, keys: Key[Array, "batch"]) -> Condition:
        image = to_uint8(likelihood.observe(from_uint8(batch["image"]), keys))
        return {"image": image, **classes(batch, keys)}

    return condition
