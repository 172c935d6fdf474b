"""The generator of gan_jax.nets.translation in PyTorch, as in CycleGAN (Zhu et al. 2017)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import instance_norm


def mirrored(inputs: int, features: int, size: int) -> nn.Conv2d:
    """A convolution that sees the picture mirrored at its edges."""
    return nn.Conv2d(inputs, features, size, padding=size // 2, padding_mode="reflect")


class Generator(nn.ModuleDict):
    """PyTorch pads both sides of a strided convolution where ours pads the far one: a mirror image of ours."""

    mirrored = True

    def __init__(self, *, width: int, blocks: int) -> None:
        super().__init__({"first": mirrored(3, width, 7), "image": mirrored(width, 3, 7)})
        for level in (1, 2):
            small, large = width * 2**level, width * 2 ** (level - 1)
            self[f"down_{level}"] = nn.Conv2d(large, small, 3, stride=2, padding=1)
            self[f"up_{level - 1}"] = nn.ConvTranspose2d(small, large, 3, stride=2, padding=1, output_padding=1)
        for block in range(blocks):
            self[f"block_{block}_0"], self[f"block_{block}_1"] = (mirrored(4 * width, 4 * width, 3) for _ in range(2))
        self.blocks = blocks

    def forward(self, source: Tensor) -> Tensor:
        x = F.relu(instance_norm(self["first"](source)))
        for level in (1, 2):
            x = F.relu(instance_norm(self[f"down_{level}"](x)))
        for block in range(self.blocks):
            y = F.relu(instance_norm(self[f"block_{block}_0"](x)))
            x = x + instance_norm(self[f"block_{block}_1"](y))
        for level in (1, 0):
            x = F.relu(instance_norm(self[f"up_{level}"](x)))
        return torch.tanh(self["image"](x))
