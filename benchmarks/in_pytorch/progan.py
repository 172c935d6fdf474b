"""The networks of gan_jax.nets.progan in PyTorch at their largest size, after Karras et al. 2018."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import (
    EqualizedConv,
    EqualizedDense,
    flat,
    minibatch_stddev,
    sizes,
    unflat,
    unit_mean_square,
    widths,
)

GAIN = math.sqrt(2)


def _activated(x: Tensor) -> Tensor:
    return unit_mean_square(F.leaky_relu(x, 0.2), dim=1)


class Generator(nn.ModuleDict):
    """Layers to images of smaller sizes are there, as they are in ours, and rest."""

    def __init__(self, image: int, latent: int, classes: int, *, width: int, max_width: int) -> None:
        features = widths(width, max_width, sizes(image))[::-1]
        super().__init__({"base": EqualizedDense(latent, 16 * features[0], bias=False, gain=GAIN / 4)})
        self.base_bias = nn.Parameter(torch.zeros(features[0]))
        for number, size in enumerate(features):
            if number:
                self[f"up_{number}"] = EqualizedConv(features[number - 1], size, gain=GAIN)
            self[f"conv_{number}"] = EqualizedConv(size, size, gain=GAIN)
            self[f"image_{number}"] = EqualizedConv(size, 3, 1)
        self.last = len(features) - 1

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        x = unflat(self["base"](unit_mean_square(latent)), 4, 4)
        x = _activated(self["conv_0"](_activated(x + self.base_bias[:, None, None])))
        for number in range(1, self.last + 1):
            x = _activated(self[f"up_{number}"](F.interpolate(x, scale_factor=2)))
            x = _activated(self[f"conv_{number}"](x))
        return self[f"image_{self.last}"](x)


class Discriminator(nn.ModuleDict):
    def __init__(self, image: int, classes: int, *, width: int, max_width: int) -> None:
        features = widths(width, max_width, sizes(image))[::-1]
        super().__init__()
        for number, size in enumerate(features):
            self[f"from_image_{number}"] = EqualizedConv(3, size, 1, gain=GAIN)
            if number:
                self[f"conv_{number}"] = EqualizedConv(size, size, gain=GAIN)
                self[f"down_{number}"] = EqualizedConv(size, features[number - 1], gain=GAIN)
        self["conv_0"] = EqualizedConv(features[0] + 1, features[0], gain=GAIN)
        self["dense"] = EqualizedDense(16 * features[0], features[0], gain=GAIN)
        self["logits"] = EqualizedDense(features[0], 1)
        self.last = len(features) - 1

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        x = F.leaky_relu(self[f"from_image_{self.last}"](image), 0.2)
        for number in range(self.last, 0, -1):
            x = F.leaky_relu(self[f"conv_{number}"](x), 0.2)
            x = F.avg_pool2d(F.leaky_relu(self[f"down_{number}"](x), 0.2), 2)
        x = F.leaky_relu(self["conv_0"](minibatch_stddev(x)), 0.2)
        return self["logits"](F.leaky_relu(self["dense"](flat(x)), 0.2))[:, 0]
