"""The network of gan_jax.nets.hierarchical in PyTorch: VDVAE (Child 2021)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import conv, sizes


class Bottleneck(nn.Module):
    """GELU and convolutions, 1x1 throughout on maps below 3 pixels."""

    def __init__(self, inputs: int, features: int, hidden: int, side: int, residual: bool) -> None:
        super().__init__()
        size = 3 if side > 2 else 1
        self.conv_0 = conv(inputs, hidden, 1)
        self.conv_1, self.conv_2 = conv(hidden, hidden, size), conv(hidden, hidden, size)
        self.conv_3 = conv(hidden, features, 1)
        self.residual = residual

    def forward(self, x: Tensor) -> Tensor:
        y = x
        for layer in (self.conv_0, self.conv_1, self.conv_2, self.conv_3):
            y = layer(F.gelu(y, approximate="tanh"))
        return x + y if self.residual else y


class TopDown(nn.Module):
    """One stochastic layer: its prior, its posterior, and what its latent adds to the features."""

    def __init__(self, features: int, hidden: int, latent: int, side: int) -> None:
        super().__init__()
        self.prior = Bottleneck(features, 2 * latent + features, hidden, side, residual=False)
        self.posterior = Bottleneck(2 * features, 2 * latent, hidden, side, residual=False)
        self.latent = conv(latent, features, 1)
        self.features_after = Bottleneck(features, features, hidden, side, residual=True)
        self.split = (latent, latent, features)

    def forward(self, x: Tensor, seen: Tensor, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """The new features, and KL(q || p) of each example."""
        mean, log_scale, more = self.prior(x).split(self.split, dim=1)
        centre, log_width = self.posterior(torch.cat([x, seen], 1)).chunk(2, dim=1)
        noise = torch.randn_like(centre) if noise is None else noise
        z = centre + log_width.exp() * noise
        narrower = log_width - log_scale
        distance = ((centre - mean) * torch.exp(-log_scale)).square()
        kl = (0.5 * (distance + torch.expm1(2 * narrower)) - narrower).sum((1, 2, 3))
        return self.features_after(x + more + self.latent(z)), kl


class VDVAE(nn.ModuleDict):
    def __init__(
        self,
        image: int,
        outputs: int,
        *,
        encoder_blocks: tuple[int, ...],
        decoder_blocks: tuple[int, ...],
        width: int,
        latent_channels: int,
        bottleneck: float = 0.25,
    ) -> None:
        super().__init__({"image": conv(3, width)})
        self.sides = [image >> level for level in range(sizes(image))] + [1]
        hidden = round(bottleneck * width)
        for place, side in enumerate(self.sides):
            for number in range(encoder_blocks[place]):
                self[f"up_{place}_{number}"] = Bottleneck(width, width, hidden, side, residual=True)
        places = [place for place in reversed(range(len(self.sides))) for _ in range(decoder_blocks[place])]
        for number, place in enumerate(places):
            self[f"level_{number:02}"] = TopDown(width, hidden, latent_channels, self.sides[place])
        for place, side in enumerate(self.sides):
            self.register_parameter(f"bias_{place}", nn.Parameter(torch.zeros(width, side, side)))
        self.gain = nn.Parameter(torch.ones(width))
        self["outputs"] = conv(width, outputs, 1)
        self.encoder_blocks, self.places = encoder_blocks, places

    def upwards(self, image: Tensor) -> list[Tensor]:
        """What is seen of the image at each size."""
        x, seen = self["image"](image), []
        for place, blocks in enumerate(self.encoder_blocks):
            if place:
                x = F.avg_pool2d(x, x.shape[2] // self.sides[place])
            for number in range(blocks):
                x = self[f"up_{place}_{number}"](x)
            seen.append(x)
        return seen

    def forward(self, image: Tensor, noise: dict[str, Tensor] | None = None) -> tuple[Tensor, Tensor]:
        """The likelihood's parameters, and KL(q || p) of each example and level."""
        seen, told = self.upwards(image), []
        below = len(self.sides)
        x: Tensor | None = None
        for number, place in enumerate([*self.places, 0]):
            while below > place:
                below -= 1
                bias = self.get_parameter(f"bias_{below}")
                x = bias.expand(len(image), -1, -1, -1) if x is None else self.enlarged(x, below) + bias
            if number < len(self.places):
                name = f"level_{number:02}"
                x, kl = self[name](x, seen[place], noise[name] if noise else None)
                told.append(kl)
        return self["outputs"](x * self.gain[:, None, None]), torch.stack(told, 1)

    def enlarged(self, x: Tensor, place: int) -> Tensor:
        side = self.sides[place]
        return x.expand(-1, -1, side, side) if x.shape[2] == 1 else F.interpolate(x, size=side)
