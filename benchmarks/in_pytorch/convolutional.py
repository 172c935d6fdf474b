"""The networks of gan_jax.nets.dcgan and gan_jax.nets.resnet in PyTorch, layer by layer.

PyTorch has the up-sampling and the pooling of the residual blocks as operations of their own, as the papers write them.
"""

from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from in_pytorch.layers import sizes, widths


class DcganGenerator(nn.Sequential):
    def __init__(self, image: int, latent: int, classes: int, width: int = 64) -> None:
        features = [*widths(width, 512, sizes(image) - 1)[::-1], 3]
        layers: list[nn.Module] = [
            nn.Linear(latent, 16 * features[0], bias=False),
            nn.Unflatten(1, (features[0], 4, 4)),
        ]
        for inputs, outputs in pairwise(features):
            up = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=outputs == 3)
            layers += [nn.BatchNorm2d(inputs), nn.ReLU(), up]
        super().__init__(*layers, nn.Tanh())


class DcganDiscriminator(nn.Sequential):
    def __init__(self, image: int, classes: int, width: int = 64) -> None:
        features = widths(width, 512, sizes(image) - 1)
        layers: list[nn.Module] = [nn.Conv2d(3, width, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        for inputs, outputs in pairwise(features):
            down = nn.Conv2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
            layers += [down, nn.BatchNorm2d(outputs), nn.LeakyReLU(0.2)]
        super().__init__(*layers, nn.Flatten(), nn.Linear(16 * features[-1], 1), nn.Flatten(0))


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


class ResnetGenerator(nn.Sequential):
    def __init__(self, image: int, latent: int, classes: int, width: int = 256) -> None:
        super().__init__(
            nn.Linear(latent, 16 * width),
            nn.Unflatten(1, (width, 4, 4)),
            *(ResnetGeneratorBlock(width) for _ in range(sizes(image) - 1)),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.Conv2d(width, 3, 3, padding=1),
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
    def __init__(self, image: int, classes: int, width: int = 128) -> None:
        super().__init__()
        downs = sizes(image) - 2
        self.blocks = nn.Sequential(
            *(ResnetDiscriminatorBlock(width if n else 3, width, n < downs, first=n == 0) for n in range(downs + 2))
        )
        self.logits = spectral_norm(nn.Linear(width, 1))

    def forward(self, x: Tensor) -> Tensor:
        return self.logits(F.relu(self.blocks(x)).sum((2, 3)))[:, 0]
