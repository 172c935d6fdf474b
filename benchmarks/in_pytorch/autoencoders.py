"""The games of gan_jax.objectives of an autoencoder alone, in PyTorch: vae, hierarchical_vae and vq."""

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from in_pytorch.game import Batch, Game
from in_pytorch.likelihoods import LIKELIHOODS


class Autoencoding(Game):
    turns, averaged = ("autoencoder",), "autoencoder"

    def reconstruction(self, outputs: Tensor, image: Tensor) -> Tensor:
        nats = LIKELIHOODS[self.objective["likelihood"]["name"]](outputs, image)
        return self.weight("autoencoder", "reconstruction") * nats


class Vae(Autoencoding):
    def autoencoder(self, batch: Batch) -> Tensor:
        network, image = self.players["autoencoder"], batch["image"]
        mean, log_variance = network["encoder"](image)
        latent = mean + torch.exp(log_variance / 2) * torch.randn_like(mean)
        prior = network["prior"]
        by_component = log_density(latent[:, None], prior.means, prior.log_variances).sum(2)
        log_prior = torch.logsumexp(prior.logits.log_softmax(0) + by_component, 1)
        kl = log_density(latent, mean, log_variance).sum(1) - log_prior
        loss = self.reconstruction(network["decoder"](latent), image)
        return loss + self.weight("autoencoder", "kl") * kl.mean()


class HierarchicalVae(Autoencoding):
    def autoencoder(self, batch: Batch) -> Tensor:
        outputs, kl = self.players["autoencoder"](batch["image"])
        loss = self.reconstruction(outputs, batch["image"])
        return loss + self.weight("autoencoder", "kl") * kl.sum(1).mean()


class Vq(Autoencoding):
    def autoencoder(self, batch: Batch) -> Tensor:
        network, image = self.players["autoencoder"], batch["image"]
        vectors, quantized, chosen = network.encode(image)
        loss = self.weight("autoencoder", "l1") * F.l1_loss(Held.apply(network.decode(quantized)), image)
        return loss + self.weight("autoencoder", "commitment") * F.mse_loss(vectors, chosen)


class Held(torch.autograd.Function):
    """Clips to [-1, 1], with a gradient that calls values back."""

    @staticmethod
    def forward(context: Any, images: Tensor) -> Tensor:
        context.save_for_backward(images)
        return images.clamp(-1, 1)

    @staticmethod
    def backward(context: Any, slope: Tensor) -> Tensor:
        [images] = context.saved_tensors
        return torch.where((images.abs() <= 1) | (images * slope > 0), slope, 0)


def log_density(z: Tensor, mean: Tensor, log_variance: Tensor) -> Tensor:
    """Of a Gaussian, number by number."""
    return -0.5 * (math.log(2 * math.pi) + log_variance + (z - mean).square() * torch.exp(-log_variance))
