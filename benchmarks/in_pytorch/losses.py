"""Losses and penalties in PyTorch, by the names of ours."""

import math

import torch
from torch import Tensor
from torch.nn import Module
from torch.nn.functional import relu, softplus

LOSSES = {  # (real logits, generated logits) -> the discriminator's loss, and the generator's
    "nonsaturating": (lambda real, fake: softplus(-real) + softplus(fake), lambda real, fake: softplus(-fake)),
    "least_squares": (
        lambda real, fake: 0.5 * ((real - 1).square() + fake.square()),
        lambda real, fake: 0.5 * (fake - 1).square(),
    ),
    "hinge": (lambda real, fake: relu(1 - real) + relu(1 + fake), lambda real, fake: -fake),
    "relativistic_paired": (lambda real, fake: softplus(fake - real), lambda real, fake: softplus(real - fake)),
}
SEE_BOTH = ("relativistic_paired",)  # the generator's side of these asks for the logits of real images too


def slope_penalty(logits: Tensor, images: Tensor) -> Tensor:
    """R1 or R2 (Mescheder et al. 2018): half the mean squared norm of the gradients by images."""
    [gradients] = torch.autograd.grad(logits.sum(), images, create_graph=True)
    return 0.5 * gradients.square().sum((1, 2, 3)).mean()


class PathLength:
    """Path-length regularisation (Karras et al. 2020), with its running mean."""

    def __init__(self) -> None:
        self.mean = torch.zeros(())

    def __call__(self, generator: Module, latent: Tensor) -> Tensor:
        codes = generator.codes(latent)
        images = generator.synthesize(codes)
        noise = torch.randn_like(images) / math.sqrt(math.prod(images.shape[2:]))
        [slopes] = torch.autograd.grad((images * noise).sum(), codes, create_graph=True)
        lengths = slopes.square().sum(2).mean(1).sqrt()
        self.mean = self.mean.lerp(lengths.detach().mean(), 0.01)
        return (lengths - self.mean).square().mean()
