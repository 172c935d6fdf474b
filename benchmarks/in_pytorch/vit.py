"""The networks of gan_jax.nets.vit in PyTorch: transformers, the generator's modulated (Hyun et al. 2025)."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import unit_mean_square
from in_pytorch.r3gan import from_patches, to_patches


class Attention(nn.ModuleDict):
    """Fused in the generator alone: penalties ask the discriminator for a second derivative, which that has not."""

    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__({name: nn.Linear(width, width) for name in ("query", "key", "value", "output")})
        self.query_scale, self.key_scale = (nn.Parameter(torch.ones(width // heads)) for _ in range(2))
        self.heads, self.fused = heads, fused

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            self[name](x).unflatten(2, (self.heads, -1)).transpose(1, 2) for name in ("query", "key", "value")
        )
        query, key = unit_mean_square(query) * self.query_scale, unit_mean_square(key) * self.key_scale
        if self.fused:
            gathered = F.scaled_dot_product_attention(query, key, value)
        else:
            weights = torch.softmax(query @ key.transpose(2, 3) * query.shape[-1] ** -0.5, dim=-1)
            gathered = weights @ value
        return self["output"](gathered.transpose(1, 2).flatten(2))


class Block(nn.ModuleDict):
    """With a condition scales and gates are linear in it; without, parameters."""

    def __init__(self, width: int, heads: int, modulated: bool) -> None:
        super().__init__({"attention": Attention(width, heads, fused=modulated)})
        self["dense_0"], self["dense_1"] = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        if modulated:
            self["modulation"] = nn.Linear(width, 4 * width)
        else:
            for number in range(2):
                self.register_parameter(f"scale_{number}", nn.Parameter(torch.ones(width)))
                self.register_parameter(f"gate_{number}", nn.Parameter(torch.full((width,), 0.1)))

    def forward(self, x: Tensor, condition: Tensor | None = None) -> Tensor:
        if condition is None:
            scales, gates = (self.scale_0, self.scale_1), (self.gate_0, self.gate_1)
        else:
            *scales, first, second = self["modulation"](F.silu(condition))[:, None].chunk(4, dim=-1)
            scales, gates = [1 + scale for scale in scales], (first, second)
        x = torch.addcmul(x, gates[0], self["attention"](unit_mean_square(x) * scales[0]))
        y = self["dense_0"](unit_mean_square(x) * scales[1])
        return torch.addcmul(x, gates[1], self["dense_1"](F.gelu(y, approximate="tanh")))


class Generator(nn.ModuleDict):
    def __init__(
        self,
        image: int,
        latent: int,
        classes: int,
        *,
        patch: int,
        width: int,
        depth: int,
        heads: int,
        modulation: str,
    ) -> None:
        super().__init__({"embedding": nn.Embedding(classes, width), "image": nn.Linear(width, 3 * patch**2)})
        self.register_buffer("positions", positions(image // patch, width))
        self.tokens = nn.Parameter(0.02 * torch.randn(self.positions.shape))
        self["mapping_0"], self["mapping_1"] = nn.Linear(latent + width, width), nn.Linear(width, width)
        self["modulation"] = nn.Linear(width, width)
        for block in range(depth):
            self[f"block_{block}"] = Block(width, heads, modulated=True)
        self.depth, self.patch, self.grid = depth, patch, image // patch

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        codes = [unit_mean_square(latent), unit_mean_square(self["embedding"](label))]
        condition = self["mapping_1"](F.silu(self["mapping_0"](torch.cat(codes, 1))))
        x = (self.positions + self.tokens).expand(len(latent), -1, -1)
        for block in range(self.depth):
            x = self[f"block_{block}"](x, condition)
        x = unit_mean_square(x) * (1 + self["modulation"](F.silu(condition))[:, None])
        return from_patches(self["image"](x).transpose(1, 2).unflatten(2, (self.grid, self.grid)), self.patch)


class Discriminator(nn.ModuleDict):
    def __init__(self, image: int, classes: int, *, patch: int, width: int, depth: int, heads: int) -> None:
        super().__init__({"patches": nn.Linear(3 * patch**2, width)})
        self.register_buffer("positions", positions(image // patch, width))
        self.token = nn.Parameter(0.02 * torch.randn(1, 1, width))
        self.scale = nn.Parameter(torch.ones(width))
        for block in range(depth):
            self[f"block_{block}"] = Block(width, heads, modulated=False)
        embedding = nn.Embedding(classes, width)
        self["logits"] = nn.ModuleDict({"linear": nn.Linear(width, 1), "embedding": embedding})
        self.depth, self.patch = depth, patch

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        x = self["patches"](to_patches(image, self.patch).flatten(2).transpose(1, 2)) + self.positions
        x = torch.cat([self.token.expand(len(x), -1, -1), x], 1)
        for block in range(self.depth):
            x = self[f"block_{block}"](x)
        x = unit_mean_square(x[:, 0]) * self.scale
        return self["logits"]["linear"](x)[:, 0] + (self["logits"]["embedding"](label) * x).sum(1)


def positions(grid: int, width: int) -> Tensor:
    """Sines and cosines of row and column, half of the width each."""
    frequencies = torch.exp(-math.log(1e4) * torch.arange(width // 4) / (width // 4))
    places = torch.arange(grid).repeat_interleave(grid), torch.arange(grid).repeat(grid)
    return torch.cat([wave(place[:, None] * frequencies) for place in places for wave in (torch.sin, torch.cos)], 1)
