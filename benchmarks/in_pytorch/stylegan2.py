"""The networks of gan_jax.nets.stylegan2 in PyTorch, after Karras et al. 2020."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import (
    EqualizedConv,
    EqualizedDense,
    doubled,
    flat,
    leaky,
    minibatch_stddev,
    sizes,
    smoothed,
    unit_mean_square,
    widths,
)

BLUR = (1.0, 3.0, 3.0, 1.0)


class ModulatedConv(EqualizedConv):
    """Weights scaled by a style and demodulated, by scaling inputs and outputs, as ours does."""

    def __init__(self, inputs: int, features: int, code: int, size: int = 3, up: bool = False, demodulate: bool = True):
        super().__init__(inputs, features, size, bias=False)
        self.style = EqualizedDense(code, inputs, first=1.0)
        self.up, self.demodulate = up, demodulate

    def forward(self, x: Tensor, code: Tensor) -> Tensor:
        style, weight = self.style(code), self.scaled()
        x = x * style[:, :, None, None]
        if self.up:
            x = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
            x = smoothed(x, BLUR, padding=1, gain=4)
        else:
            x = F.conv2d(x, weight, padding=self.padding)
        if self.demodulate:
            scale = torch.rsqrt(style.square() @ weight.square().sum((2, 3)).T + 1e-8)
            x = x * scale[:, :, None, None]
        return x


class StyledConv(nn.Module):
    def __init__(self, inputs: int, features: int, code: int, up: bool) -> None:
        super().__init__()
        self.conv = ModulatedConv(inputs, features, code, up=up)
        self.noise = nn.Parameter(torch.zeros(()))
        self.bias = nn.Parameter(torch.zeros(features))

    def forward(self, x: Tensor, code: Tensor, noisy: bool) -> Tensor:
        x = self.conv(x, code)
        if noisy:
            x = x + self.noise * torch.randn(len(x), 1, *x.shape[2:], device=x.device)
        return leaky(x + self.bias[:, None, None])


class Mapping(nn.ModuleDict):
    def __init__(self, latent: int, code: int, depth: int) -> None:
        layers = range(depth)
        super().__init__({f"dense_{n}": EqualizedDense(code if n else latent, code, rate=0.01) for n in layers})

    def forward(self, latent: Tensor) -> Tensor:
        x = unit_mean_square(latent)
        for dense in self.values():
            x = leaky(dense(x))
        return x


class Synthesis(nn.ModuleDict):
    def __init__(self, image: int, code: int, width: int, max_width: int) -> None:
        super().__init__()
        features = widths(width, max_width, sizes(image))[::-1]
        self.base = nn.Parameter(torch.randn(features[0], 4, 4))
        for block, size in enumerate(features):
            if block:
                self[f"up_{block}"] = StyledConv(features[block - 1], size, code, up=True)
            self[f"conv_{block}"] = StyledConv(size, size, code, up=False)
            self[f"image_{block}"] = ModulatedConv(size, 3, code, size=1, demodulate=False)
            self.register_parameter(f"image_bias_{block}", nn.Parameter(torch.zeros(3)))
        self.blocks = len(features)

    def forward(self, codes: Tensor, noisy: bool) -> Tensor:
        x = self.base.expand(len(codes), -1, -1, -1).contiguous(memory_format=torch.channels_last)
        image = None
        for block in range(self.blocks):
            if block:
                x = self[f"up_{block}"](x, codes[:, 2 * block - 1], noisy)
            x = self[f"conv_{block}"](x, codes[:, 2 * block], noisy)
            bias = self.get_parameter(f"image_bias_{block}")[:, None, None]
            part = self[f"image_{block}"](x, codes[:, 2 * block + 1]) + bias
            image = part if image is None else doubled(image, BLUR) + part
        return image


class Generator(nn.ModuleDict):
    """In training the average of w is followed; images come with the codes that they are a smooth function of."""

    def __init__(
        self, image: int, latent: int, classes: int, *, code_size: int, mapping_depth: int, width: int, max_width: int
    ):
        synthesis = Synthesis(image, code_size, width, max_width)
        super().__init__({"mapping": Mapping(latent, code_size, mapping_depth), "synthesis": synthesis})
        self.register_buffer("average", torch.zeros(code_size))

    def codes(self, latent: Tensor) -> Tensor:
        codes = self["mapping"](latent)
        self.average.lerp_(codes.detach().mean(0), 0.002)
        return codes[:, None].expand(-1, 2 * self["synthesis"].blocks, -1)

    def synthesize(self, codes: Tensor, noisy: bool = True) -> Tensor:
        return self["synthesis"](codes, noisy)

    def forward(self, latent: Tensor, label: Tensor | None = None, noisy: bool = True) -> Tensor:
        return self.synthesize(self.codes(latent), noisy)


class DiscriminatorBlock(nn.Module):
    def __init__(self, inputs: int, features: int) -> None:
        super().__init__()
        self.conv_0 = EqualizedConv(inputs, inputs)
        self.conv_1 = EqualizedConv(inputs, features, stride=2)
        self.shortcut = EqualizedConv(inputs, features, 1, bias=False)

    def forward(self, x: Tensor) -> Tensor:
        y = leaky(self.conv_0(x))
        y = leaky(self.conv_1(smoothed(y, BLUR, padding=2)))
        return (self.shortcut(smoothed(x, BLUR, padding=1, stride=2)) + y) / math.sqrt(2)


class Discriminator(nn.ModuleDict):
    def __init__(self, image: int, classes: int, *, width: int, max_width: int) -> None:
        super().__init__()
        features = widths(width, max_width, sizes(image))
        self["from_image"] = EqualizedConv(3, features[0], 1)
        for number in range(len(features) - 1):
            self[f"block_{number}"] = DiscriminatorBlock(*features[number : number + 2])
        last = features[-1]
        self["conv"] = EqualizedConv(last + 1, last)
        self["dense"] = EqualizedDense(16 * last, last)
        self["logits"] = EqualizedDense(last, 1)
        self.blocks = len(features) - 1

    def forward(self, image: Tensor, label: Tensor | None = None) -> Tensor:
        x = leaky(self["from_image"](image))
        for number in range(self.blocks):
            x = self[f"block_{number}"](x)
        x = leaky(self["conv"](minibatch_stddev(x)))
        x = leaky(self["dense"](flat(x)))
        return self["logits"](x)[:, 0]
