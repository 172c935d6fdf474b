"""The networks of gan_jax.nets.unet and patchgan in PyTorch, after Isola et al. 2017."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import instance_norm, widths


class Generator(nn.ModuleDict):
    def __init__(self, *, levels: int, width: int, max_width: int, dropout: float = 0.5) -> None:
        features = [3, *widths(width, max_width, levels)]
        super().__init__()
        for level in range(levels):
            self[f"down_{level}"] = nn.Conv2d(features[level], features[level + 1], 4, stride=2, padding=1)
        for level in range(levels - 1, 0, -1):
            inputs = features[level + 1] * (1 if level == levels - 1 else 2)
            self[f"up_{level}"] = nn.ConvTranspose2d(inputs, features[level], 4, stride=2, padding=1)
        self["image"] = nn.ConvTranspose2d(2 * features[1], 3, 4, stride=2, padding=1)
        self["dropout"] = nn.Dropout(dropout)
        first = max(levels - 2, 1)
        self.levels, self.noisy = levels, range(first, first - max(1, levels - 5), -1)

    def forward(self, source: Tensor) -> Tensor:
        x, skips = source, []
        for level in range(self.levels):
            x = self[f"down_{level}"](F.leaky_relu(x, 0.2) if level else x)
            x = instance_norm(x) if 0 < level < self.levels - 1 else x
            skips.append(x)
        skips.pop()
        for level in range(self.levels - 1, 0, -1):
            x = instance_norm(self[f"up_{level}"](F.relu(x)))
            x = self["dropout"](x) if level in self.noisy else x
            x = torch.cat([x, skips.pop()], 1)
        return torch.tanh(self["image"](F.relu(x)))


class Discriminator(nn.ModuleDict):
    """A logit for each patch of a picture, alone or with its source."""

    def __init__(self, given: int, *, layers: int, width: int, max_width: int = 512) -> None:
        features = [given, *widths(width, max_width, layers + 1)]
        super().__init__()
        for layer in range(layers + 1):
            stride = 2 if layer < layers else 1
            self[f"layer_{layer}"] = nn.Conv2d(features[layer], features[layer + 1], 4, stride=stride, padding=1)
        self["logits"] = nn.Conv2d(features[-1], 1, 4, padding=1)
        self.layers = layers

    def forward(self, image: Tensor, source: Tensor | None = None) -> Tensor:
        x = image if source is None else torch.cat([source, image], 1)
        for layer in range(self.layers + 1):
            x = self[f"layer_{layer}"](x)
            x = F.leaky_relu(instance_norm(x) if layer else x, 0.2)
        return self["logits"](x)[:, 0]
