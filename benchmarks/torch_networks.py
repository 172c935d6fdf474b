"""The networks of gan_jax.nets.dcgan and gan_jax.nets.resnet for 32x32 images in PyTorch, layer by layer.

PyTorch has the up-sampling and the pooling of the residual blocks as operations of their own, as the papers write them.
"""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


def dcgan_generator(channels: int, width: int = 64, latent_size: int = 128) -> nn.Module:
    widths = [4 * width, 2 * width, width, channels]
    layers: list[nn.Module] = [
        nn.Linear(latent_size, 16 * widths[0], bias=False),
        nn.Unflatten(1, (widths[0], 4, 4)),
    ]
    for inputs, outputs in pairwise(widths):
        up = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=outputs == channels)
        layers += [nn.BatchNorm2d(inputs), nn.ReLU(), up]
    return nn.Sequential(*layers, nn.Tanh())


def dcgan_discriminator(channels: int, width: int = 64) -> nn.Module:
    layers: list[nn.Module] = [nn.Conv2d(channels, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
    for inputs in (width, 2 * width):
        down = nn.Conv2d(inputs, 2 * inputs, 4, stride=2, padding=1, bias=False)
        layers += [down, nn.BatchNorm2d(2 * inputs), nn.LeakyReLU(0.2)]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(64 * width, 1), nn.Flatten(0))


class ResnetGeneratorBlock(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for _ in range(2))
        self.convs = nn.ModuleList(nn.Conv2d(width, width, 3, padding=1) for _ in range(2))
        self.shortcut = nn.Conv2d(width, width, 1)

    def forward(self, x: Tensor) -> Tensor:
        y = F.interpolate(F.relu(self.norms[0](x)), scale_factor=2)
        y = F.relu(self.norms[1](self.convs[0](y)))
        return F.interpolate(self.shortcut(x), scale_factor=2) + self.convs[1](y)


def resnet_generator(channels: int, width: int = 256, latent_size: int = 128) -> nn.Module:
    return nn.Sequential(
        nn.Linear(latent_size, 16 * width),
        nn.Unflatten(1, (width, 4, 4)),
        *(ResnetGeneratorBlock(width) for _ in range(3)),
        nn.BatchNorm2d(width),
        nn.ReLU(),
        nn.Conv2d(width, channels, 3, padding=1),
        nn.Tanh(),
    )


class ResnetDiscriminatorBlock(nn.Module):
    def __init__(self, inputs: int, width: int, down: bool, first: bool = False) -> None:
        super().__init__()
        self.down, self.first = down, first
        self.convs = nn.ModuleList(spectral_norm(nn.Conv2d(size, width, 3, padding=1)) for size in (inputs, width))
        self.shortcut = spectral_norm(nn.Conv2d(inputs, width, 1)) if down else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.convs[0](x if self.first else F.relu(x))
        y = self.convs[1](F.relu(y))
        if not self.down:
            return x + y
        return self.shortcut(F.avg_pool2d(x, 2)) + F.avg_pool2d(y, 2)


class ResnetDiscriminator(nn.Module):
    def __init__(self, channels: int, width: int = 128) -> None:
        super().__init__()
        self.blocks = nn.Sequential(
            ResnetDiscriminatorBlock(channels, width, down=True, first=True),
            ResnetDiscriminatorBlock(width, width, down=True),
            ResnetDiscriminatorBlock(width, width, down=False),
            ResnetDiscriminatorBlock(width, width, down=False),
        )
        self.logits = spectral_norm(nn.Linear(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(F.relu(self.blocks(x)).sum((2, 3)))[:, 0]


def make(name: str, channels: int) -> tuple[nn.Module, nn.Module]:
    """The generator and the discriminator called "dcgan" or "resnet"."""
    if name == "dcgan":
        return dcgan_generator(channels), dcgan_discriminator(channels)
    return resnet_generator(channels), ResnetDiscriminator(channels)


def count(network: nn.Module) -> int:
    """The number of trained parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
