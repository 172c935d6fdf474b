"""Adversarial losses: the two sides of one game, per example, each to be minimised by its own player.

Where a discriminator gives each image a map of logits, its losses are averaged over the map.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

from jax.nn import relu, softplus
from jaxtyping import Array, Float

from gan_jax.losses.reductions import batch_mean, example_mean


class AdversarialLoss(NamedTuple):
    """A game named once in a config; each player takes its own side: a function of a GanView that returns [B]."""

    discriminator: Callable
    generator: Callable


def _game(about: str, discriminator: Callable, generator: Callable) -> AdversarialLoss:
    """A game of losses of single logits, (real, fake) -> loss; `about` is what its sides say of themselves."""

    def side(loss: Callable) -> Callable:
        def value(view: Any) -> Float[Array, "batch"]:
            return example_mean(loss(view.real_logits, view.fake_logits))

        value.__doc__ = about
        return value

    return AdversarialLoss(side(discriminator), side(generator))


# log sigmoid(x) = -softplus(-x), which neither overflows nor loses its gradient at large logits.

minimax = _game(
    "Goodfellow et al. 2014, the zero-sum game: the generator's gradient vanishes where its images are rejected.",
    discriminator=lambda real, fake: softplus(-real) + softplus(fake),
    generator=lambda real, fake: -softplus(fake),
)

nonsaturating = _game(
    "Goodfellow et al. 2014, section 3: the generator raises the log-probability that its images are taken for real.",
    discriminator=lambda real, fake: softplus(-real) + softplus(fake),
    generator=lambda real, fake: softplus(-fake),
)

least_squares = _game(
    "Mao et al. 2017, with real = 1, fake = 0, and the halves of its equation 9.",
    discriminator=lambda real, fake: 0.5 * (real - 1) ** 2 + 0.5 * fake**2,
    generator=lambda real, fake: 0.5 * (fake - 1) ** 2,
)

hinge = _game(
    "Lim and Ye 2017; Miyato et al. 2018.",
    discriminator=lambda real, fake: relu(1 - real) + relu(1 + fake),
    generator=lambda real, fake: -fake,
)

wasserstein = _game(
    "Arjovsky et al. 2017: to be used with a term or a network that bounds the critic's slope.",
    discriminator=lambda real, fake: fake - real,
    generator=lambda real, fake: -fake,
)

relativistic_paired = _game(
    "Jolicoeur-Martineau 2018, RpGAN with the logistic loss; Huang et al. 2024 (R3GAN) use it with r1 and r2.",
    discriminator=lambda real, fake: softplus(fake - real),
    generator=lambda real, fake: softplus(real - fake),
)


def _above_average_fake(view: Any) -> Float[Array, "batch *places"]:
    return view.real_logits - _average(view.fake_logits, view)


def _above_average_real(view: Any) -> Float[Array, "batch *places"]:
    return view.fake_logits - _average(view.real_logits, view)


def _average(logits: Float[Array, "batch *places"], view: Any) -> Float[Array, ""]:
    return batch_mean(example_mean(logits), view.axis_name)


def _discriminator_above_averages(view: Any) -> Float[Array, "batch"]:
    """Jolicoeur-Martineau 2018, RaGAN with the logistic loss: each logit against the average of the other kind.

    Of maps it is the average over all images and places, as in ESRGAN's code (Wang et al. 2018): of a batch of one, the
    logit at the same place alone would make another game of it.
    """
    return example_mean(softplus(-_above_average_fake(view)) + softplus(_above_average_real(view)))


def _generator_above_averages(view: Any) -> Float[Array, "batch"]:
    return example_mean(softplus(_above_average_fake(view)) + softplus(-_above_average_real(view)))


relativistic_average = AdversarialLoss(_discriminator_above_averages, _generator_above_averages)
