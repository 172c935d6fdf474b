"""The networks of gan_jax.nets.vq, residual and quantizers in PyTorch: a VQ-VAE with a moving codebook."""

import math
from itertools import pairwise

import torch
import torch.nn.functional as F
from families import named
from torch import Tensor, nn

from in_pytorch.layers import conv, widths


def norm(channels: int) -> nn.GroupNorm:
    return nn.GroupNorm(math.gcd(32, channels), channels, eps=1e-6)


class ResidualBlock(nn.Module):
    def __init__(self, inputs: int, features: int) -> None:
        super().__init__()
        self.norm_0, self.norm_1 = norm(inputs), norm(features)
        self.conv_0, self.conv_1 = conv(inputs, features), conv(features, features)
        self.shortcut = conv(inputs, features, 1) if inputs != features else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_0(F.silu(self.norm_0(x)))
        return self.shortcut(x) + self.conv_1(F.silu(self.norm_1(y)))


class Encoder(nn.ModuleDict):
    def __init__(self, *, latent_channels: int, levels: int, width: int, max_width: int, blocks: int) -> None:
        features = widths(width, max_width, levels + 1)
        super().__init__({"image": conv(3, features[0])})
        for level, (inputs, size) in enumerate(pairwise([features[0], *features])):
            if level:
                self[f"down_{level}"] = nn.Conv2d(inputs, inputs, 3, stride=2, padding=1)
            for block in range(blocks):
                self[f"block_{level}_{block}"] = ResidualBlock(size if block else inputs, size)
        self["middle_0"], self["middle_1"] = (ResidualBlock(features[-1], features[-1]) for _ in range(2))
        self["norm"] = norm(features[-1])
        self["latent"] = conv(features[-1], latent_channels)

    def forward(self, x: Tensor) -> Tensor:
        layers = dict(self.items())
        last, size = layers.pop("latent"), layers.pop("norm")
        for layer in layers.values():
            x = layer(x)
        return last(F.silu(size(x)))


class Decoder(nn.ModuleDict):
    def __init__(
        self, latent_channels: int, outputs: int, *, levels: int, width: int, max_width: int, blocks: int
    ) -> None:
        features = widths(width, max_width, levels + 1)
        super().__init__({"latent": conv(latent_channels, features[-1])})
        self["middle_0"], self["middle_1"] = (ResidualBlock(features[-1], features[-1]) for _ in range(2))
        for level in reversed(range(levels + 1)):
            for block in range(blocks):
                self[f"block_{level}_{block}"] = ResidualBlock(features[level], features[level])
            if level:
                self[f"up_{level}"] = conv(features[level], features[level - 1])
        self["norm"] = norm(features[0])
        self["outputs"] = conv(features[0], outputs)

    def forward(self, x: Tensor) -> Tensor:
        layers = dict(self.items())
        last, size = layers.pop("outputs"), layers.pop("norm")
        for name, layer in layers.items():
            x = layer(F.interpolate(x, scale_factor=2) if name.startswith("up_") else x)
        return last(F.silu(size(x)))


class MovingCodebook(nn.Module):
    """Vectors that are moving averages of what they were chosen for; those that nobody chooses begin anew."""

    def __init__(self, *, codes: int, features: int, restart: float, decay: float = 0.99) -> None:
        super().__init__()
        self.register_buffer("vectors", torch.empty(codes, features).uniform_(-1, 1))
        self.register_buffer("sums", self.vectors.clone())
        self.register_buffer("counts", torch.ones(codes))
        self.restart, self.decay = restart, decay

    def forward(self, values: Tensor) -> tuple[Tensor, Tensor]:
        """The chosen vectors with the gradient of the given ones, and without."""
        with torch.no_grad():
            rows = values.permute(0, 2, 3, 1).flatten(0, 2)
            distances = torch.addmm(self.vectors.square().sum(1), rows, self.vectors.T, alpha=-2)
            codes = distances.argmin(1)
            chosen = self.vectors[codes].view(len(values), *values.shape[2:], -1).permute(0, 3, 1, 2)
            if self.training:
                self.follow(rows, codes)
        return values + (chosen - values).detach(), chosen

    def follow(self, rows: Tensor, codes: Tensor) -> None:
        size, new = len(self.vectors), 1 - self.decay
        self.counts.lerp_(torch.bincount(codes, minlength=size).float(), new)
        self.sums.lerp_(torch.zeros_like(self.sums).index_add_(0, codes, rows), new)
        dead = self.counts < self.restart
        fresh = rows[torch.randint(len(rows), (size,), device=rows.device)]
        self.counts.masked_fill_(dead, 1.0)
        self.sums.copy_(torch.where(dead[:, None], fresh, self.sums))
        total = self.counts.sum()
        smooth = (self.counts + 1e-5) / (total + size * 1e-5) * total
        self.vectors.copy_(self.sums / smooth[:, None])


class VQ(nn.ModuleDict):
    """PyTorch pads both sides of a strided convolution where ours pads the far one: a mirror image of ours."""

    mirrored = True

    def __init__(self, outputs: int, *, encoder: dict, quantizer: dict, decoder: dict) -> None:
        (_, encoder), (_, quantizer), (_, decoder) = map(named, (encoder, quantizer, decoder))
        features = quantizer["features"]
        wide = max(features, 16)
        super().__init__(
            {
                "encoder": Encoder(**{key: value for key, value in encoder.items() if key != "moments"}),
                "before": conv(encoder["latent_channels"], features, 1),
                "quantizer": MovingCodebook(**quantizer),
                "after": conv(features, wide, 1),
                "decoder": Decoder(wide, outputs, **decoder),
            }
        )

    def encode(self, image: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Vectors before and after quantization, and the latter without a gradient."""
        vectors = self["before"](self["encoder"](image))
        return vectors, *self["quantizer"](vectors)

    def decode(self, values: Tensor) -> Tensor:
        return self["decoder"](self["after"](values))

    def forward(self, image: Tensor) -> Tensor:
        return self.decode(self.encode(image)[1])
