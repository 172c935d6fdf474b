"""Terms by which pictures come to be what a condition says: of a text, a sound, an embedding.

They are about discriminators that compare what they see with the condition, as `nets.conditional.Discriminator` does.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Literal

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jax.nn import relu, softplus
from jaxtyping import Array, Float, Int, PyTree

from gan_jax.bounds import Bounds
from gan_jax.errors import InputError
from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.reductions import example_mean, example_sum, gather, root
from gan_jax.losses.views import GanView
from gan_jax.nets.normalization import unit_length
from gan_jax.schedules import Scalar

Vectors = Float[Array, "batch features"]
Values = Float[Array, "batch"]
Temperature = Annotated[Scalar, Bounds(1e-6)]


@dataclass(frozen=True, kw_only=True)
class ConditionalView(GanView):
    """The state of play where both networks are told a column of the data."""

    moments: Callable  # () -> mean and log-variance of the code that the generator draws of the condition


def agreement(said: Mapping[str, PyTree], sentence: Vectors) -> Values:
    """The logits of images with any condition: what a discriminator says of both, put together."""
    return said["unconditional"] + (said["image"] * sentence).sum(axis=-1) / math.sqrt(sentence.shape[-1])


def others(values: Float[Array, "batch *rest"], view: ConditionalView) -> Float[Array, "batch *rest"]:
    """The value of the next example of the global batch: those of AttnGAN's mismatched captions (Xu et al. 2018)."""
    everywhere = gather(values, view.axis_name)
    return jnp.roll(everywhere, -1, axis=0)[_place(view)]


def _place(view: ConditionalView) -> Int[Array, "batch"]:
    """Of each example of this device among those of all devices."""
    own = view.batch["position"]
    return jnp.argmax(own[:, None] == gather(own, view.axis_name), axis=1)


def _said(view: ConditionalView, kind: str) -> Mapping[str, PyTree]:
    said = view.real_judged if kind == "real" else view.fake_judged
    if not {"unconditional", "image", "sentence"} <= set(said):
        raise InputError(
            "This term compares pictures with conditions: objective.condition = COLUMN and discriminator.network = "
            '"conditional.Discriminator".'
        )
    return said


_LOSSES = {  # of logits that should be high, of such that should be low, and what a generator makes of its own
    "hinge": (lambda x: relu(1 - x), lambda x: relu(1 + x), lambda x: -x),
    "logistic": (lambda x: softplus(-x), softplus, lambda x: softplus(-x)),
}


def matching_aware(*, form: Literal["hinge", "logistic"] = "logistic") -> AdversarialLoss:
    """A game in which a real picture with the wrong condition is as wrong as a generated one with the right one.

    Reed et al. 2016; DF-GAN (Tao et al. 2022) has the hinge, and both of the wrong ones weigh a half. The condition is
    that of the next example of the batch.
    """
    high, low, generator = _LOSSES[form]

    def discriminator(view: ConditionalView) -> Values:
        said = _said(view, "real")
        mismatched = agreement(said, others(said["sentence"], view))
        return high(view.real_logits) + 0.5 * (low(view.fake_logits) + low(mismatched))

    return AdversarialLoss(discriminator, lambda view: generator(view.fake_logits))


def contrast(a: Vectors, b: Vectors, view: ConditionalView, temperature: Scalar) -> Values:
    """How hard it is to tell by `a` its own `b` of the global batch, and the other way: the mean of both, in nats.

    Of n examples that are all alike it is ln n (van den Oord et al. 2018, InfoNCE).
    """
    a, b = unit_length(a), unit_length(b)
    own = jax.nn.one_hot(_place(view), len(gather(view.batch["position"], view.axis_name)))

    def one_way(query: Vectors, key: Vectors) -> Values:
        alike = query @ gather(key, view.axis_name).T / temperature
        return jax.nn.logsumexp(alike, axis=1) - (alike * own).sum(axis=1)

    return 0.5 * (one_way(a, b) + one_way(b, a))


def image_sentence(*, temperature: Temperature = 0.1) -> AdversarialLoss:
    """XMC-GAN's contrast of pictures and sentences (Zhang et al. 2021, equation 5), of real or of generated ones."""

    def of(kind: str) -> Callable[[ConditionalView], Values]:
        def value(view: ConditionalView) -> Values:
            said = _said(view, kind)
            return contrast(said["image"], said["sentence"], view, temperature)

        return value

    return AdversarialLoss(of("real"), of("fake"))


def image_image(view: ConditionalView, *, temperature: Temperature = 0.1) -> Values:
    """XMC-GAN's contrast of a generated picture with the real one of the same caption, as the discriminator sees both.

    It is a term of the generator.
    """
    real, fake = stop_gradient(_said(view, "real")["image"]), _said(view, "fake")["image"]
    return contrast(fake, real, view, temperature)


def conditioning_divergence(view: ConditionalView) -> Values:
    """KL of the code that a condition becomes from the standard normal, the mean over its numbers (Zhang et al. 2017).

    For generators whose condition is augmented (`augmented = True`).
    """
    if getattr(view, "moments", None) is None:
        raise InputError("conditioning_divergence is a term of a generator that is told a column: objective.condition.")
    mean, log_variance = view.moments()
    return example_mean(0.5 * (jnp.exp(log_variance) + mean**2 - 1 - log_variance))


def matching_penalty(view: ConditionalView, *, power: Annotated[float, Bounds(1)] = 6.0) -> Values:
    """MA-GP (Tao et al. 2022, DF-GAN): |grad D(real, own condition)|^power, by picture and sentence together.

    The sentence is the vector that pictures are compared with. DF-GAN's `weight` is 2, and its power 6.
    """
    sentence = _said(view, "real")["sentence"]
    by_both = jax.grad(lambda images, s: agreement(view.judge(images), s).sum(), argnums=(0, 1))
    squares = sum(example_sum(slope.astype(jnp.float32) ** 2) for slope in by_both(view.real, sentence))
    return root(squares) ** power


def caption_preference(view: ConditionalView) -> Values:
    """How often a real picture's logit is higher with its own condition than with the next example's.

    It has no gradient: with `weight=0` it is a number to look at, a half where conditions mean nothing.
    """
    said = _said(view, "real")
    return (view.real_logits > agreement(said, others(said["sentence"], view))).astype(jnp.float32)
