"""Adversarial losses: the two sides of one game, per example, each to be minimised by its own player."""

from collections.abc import Callable
from typing import NamedTuple

from jax.nn import relu, softplus

from gan_jax.losses.views import batch_mean


class AdversarialLoss(NamedTuple):
    """A game named once in a config; each player takes its own side: a function of a GanView that returns [B]."""

    discriminator: Callable
    generator: Callable


# log sigmoid(x) = -softplus(-x), which neither overflows nor loses its gradient at large logits.

# Goodfellow et al. 2014, the zero-sum game: the generator's gradient vanishes where its images are rejected.
minimax = AdversarialLoss(
    discriminator=lambda view: softplus(-view.real_logits) + softplus(view.fake_logits),
    generator=lambda view: -softplus(view.fake_logits),
)

# Goodfellow et al. 2014, section 3: the generator raises the log-probability that its images are taken for real.
nonsaturating = AdversarialLoss(
    discriminator=minimax.discriminator,
    generator=lambda view: softplus(-view.fake_logits),
)

# Mao et al. 2017, with real = 1, fake = 0, and the halves of its equation 9.
least_squares = AdversarialLoss(
    discriminator=lambda view: 0.5 * (view.real_logits - 1) ** 2 + 0.5 * view.fake_logits**2,
    generator=lambda view: 0.5 * (view.fake_logits - 1) ** 2,
)

# Lim and Ye 2017; Miyato et al. 2018.
hinge = AdversarialLoss(
    discriminator=lambda view: relu(1 - view.real_logits) + relu(1 + view.fake_logits),
    generator=lambda view: -view.fake_logits,
)

# Arjovsky et al. 2017: to be used with a term or a network that bounds the critic's slope.
wasserstein = AdversarialLoss(
    discriminator=lambda view: view.fake_logits - view.real_logits,
    generator=lambda view: -view.fake_logits,
)

# Jolicoeur-Martineau 2018, RpGAN with the logistic loss; Huang et al. 2024 (R3GAN) use it with r1 and r2.
relativistic_paired = AdversarialLoss(
    discriminator=lambda view: softplus(view.fake_logits - view.real_logits),
    generator=lambda view: softplus(view.real_logits - view.fake_logits),
)


def _above_average_fake(view):
    return view.real_logits - batch_mean(view.fake_logits, view.axis_name)


def _above_average_real(view):
    return view.fake_logits - batch_mean(view.real_logits, view.axis_name)


# Jolicoeur-Martineau 2018, RaGAN with the logistic loss: each image against the average of the other kind.
relativistic_average = AdversarialLoss(
    discriminator=lambda view: softplus(-_above_average_fake(view)) + softplus(_above_average_real(view)),
    generator=lambda view: softplus(_above_average_fake(view)) + softplus(-_above_average_real(view)),
)
