"""The networks of gan_jax.nets.r3gan in PyTorch, after Huang et al. 2024: grouped convolutions are its own."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import conv, doubled, sizes, smoothed, widths

BILINEAR = (1.0, 2.0, 1.0)


class ResidualBlock(nn.Module):
    def __init__(self, width: int, expansion: int, group: int) -> None:
        super().__init__()
        hidden = expansion * width
        self.conv_0 = conv(width, hidden, 1)
        self.conv_1 = conv(hidden, hidden, groups=hidden // min(group or hidden, hidden))
        self.conv_2 = conv(hidden, width, 1, bias=False)
        nn.init.zeros_(self.conv_2.weight)

    def forward(self, x: Tensor) -> Tensor:
        y = F.leaky_relu(self.conv_0(x), 0.2)
        return x + self.conv_2(F.leaky_relu(self.conv_1(y), 0.2))


class Stages(nn.ModuleDict):
    """Residual blocks at each size, and what widens in between."""

    def __init__(self, features: list[int], blocks: int, expansion: int, group: int) -> None:
        super().__init__()
        self.blocks, self.stages = blocks, len(features)
        for stage, width in enumerate(features):
            if stage and width != features[stage - 1]:
                self[f"widen_{stage}"] = conv(features[stage - 1], width, 1, bias=False)
            for number in range(blocks):
                self[f"block_{stage}_{number}"] = ResidualBlock(width, expansion, group)

    def widened(self, x: Tensor, stage: int) -> Tensor:
        return self[f"widen_{stage}"](x) if f"widen_{stage}" in self else x

    def residual(self, x: Tensor, stage: int) -> Tensor:
        for number in range(self.blocks):
            x = self[f"block_{stage}_{number}"](x)
        return x


class Generator(Stages):
    def __init__(
        self,
        image: int,
        latent: int,
        *,
        width: int,
        max_width: int,
        blocks: int,
        expansion: int,
        group: int,
        patch: int = 1,
    ) -> None:
        features = widths(width, max_width, sizes(image // patch))[::-1]
        super().__init__(features, blocks, expansion, group)
        self.base = nn.Parameter(torch.randn(features[0], 4, 4))
        self["weights"] = nn.Linear(latent, features[0], bias=False)
        self["image"] = conv(features[-1], 3 * patch**2, 1)
        self.patch = patch

    def forward(self, latent: Tensor, label: Tensor | None = None) -> Tensor:
        x = (self.base * self["weights"](latent)[:, :, None, None]).contiguous(memory_format=torch.channels_last)
        for stage in range(self.stages):
            if stage:
                x = doubled(self.widened(x, stage), BILINEAR)
            x = self.residual(x, stage)
        return from_patches(self["image"](x), self.patch)


class Discriminator(Stages):
    def __init__(
        self, image: int, *, width: int, max_width: int, blocks: int, expansion: int, group: int, patch: int = 1
    ):
        features = widths(width, max_width, sizes(image // patch))
        super().__init__(features, blocks, expansion, group)
        self["from_image"] = conv(3 * patch**2, features[0], 1)
        self.template = nn.Parameter(torch.randn(features[-1], 4, 4) / 4)
        self["logits"] = nn.Linear(features[-1], 1, bias=False)
        self.patch = patch

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        x = self["from_image"](to_patches(image, self.patch))
        for stage in range(self.stages):
            if stage:
                x = self.widened(smoothed(x, BILINEAR, padding=1, stride=2), stage)
            x = self.residual(x, stage)
        return self["logits"]((x * self.template).sum((2, 3)))[:, 0]


def to_patches(x: Tensor, patch: int) -> Tensor:
    """Patches as pixels, whose values have the order of ours: row, column, channel."""
    batch, channels, height, width = x.shape
    x = x.reshape(batch, channels, height // patch, patch, width // patch, patch).permute(0, 3, 5, 1, 2, 4)
    return x.reshape(batch, -1, height // patch, width // patch)


def from_patches(x: Tensor, patch: int) -> Tensor:
    """The inverse of `to_patches`."""
    batch, values, height, width = x.shape
    x = x.reshape(batch, patch, patch, values // patch**2, height, width).permute(0, 3, 4, 1, 5, 2)
    return x.reshape(batch, -1, height * patch, width * patch)
