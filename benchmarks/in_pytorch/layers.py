"""What the networks in PyTorch share. Parts and parameters have the names of ours, so that weights can be carried over.

A network is a `ModuleDict` of its parts. Weights are drawn with the same shapes as ours, not from the same
distributions: the work is the same.
"""

import math
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm


class Equalized(nn.Module):
    """A weight of variance 1 / rate^2, scaled at every use (Karras et al. 2018), and a bias."""

    def __init__(self, *shape: int, bias: bool = True, gain: float = 1.0, rate: float = 1.0, first: float = 0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape) / rate)
        self.bias = nn.Parameter(torch.full(shape[:1], first / rate)) if bias else None
        self.gain, self.rate = gain * rate / math.sqrt(math.prod(shape[1:])), rate

    def scaled(self) -> Tensor:
        return self.weight * self.gain

    def scaled_bias(self) -> Tensor | None:
        return self.bias if self.bias is None or self.rate == 1 else self.bias * self.rate


class EqualizedDense(Equalized):
    def __init__(self, inputs: int, features: int, **settings: float) -> None:
        super().__init__(features, inputs, **settings)

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.scaled(), self.scaled_bias())


class EqualizedConv(Equalized):
    def __init__(self, inputs: int, features: int, size: int = 3, stride: int = 1, **settings: float) -> None:
        super().__init__(features, inputs, size, size, **settings)
        self.stride, self.padding = stride, size // 2 if stride == 1 else 0

    def forward(self, x: Tensor) -> Tensor:
        return F.conv2d(x, self.scaled(), self.scaled_bias(), self.stride, self.padding)


def conv(inputs: int, features: int, size: int = 3, bias: bool = True, groups: int = 1) -> nn.Conv2d:
    """A plain convolution that keeps the sides."""
    return nn.Conv2d(inputs, features, size, padding=size // 2, bias=bias, groups=groups)


def normalised(layer: nn.Module, spectral: bool) -> nn.Module:
    """The layer, with spectral normalisation if asked for."""
    return spectral_norm(layer) if spectral else layer


@cache
def _depthwise(taps: tuple[float, ...], gain: float, channels: int, device: torch.device) -> Tensor:
    row = torch.tensor(taps, device=device) / sum(taps)
    return (gain * torch.outer(row, row)).expand(channels, 1, -1, -1).contiguous()


def smoothed(x: Tensor, taps: tuple[float, ...], padding: int, stride: int = 1, gain: float = 1.0) -> Tensor:
    """Each channel filtered by itself, in both directions."""
    return F.conv2d(x, _depthwise(taps, gain, x.shape[1], x.device), None, stride, padding, groups=x.shape[1])


def doubled(x: Tensor, taps: tuple[float, ...]) -> Tensor:
    """Twice the sides, zeros in between filtered by the taps."""
    kernel = _depthwise(taps, 4.0, x.shape[1], x.device)
    if len(taps) == 3:
        return F.conv_transpose2d(x, kernel, None, 2, 1, output_padding=1, groups=x.shape[1])
    return F.conv_transpose2d(x, kernel, None, 2, 1, groups=x.shape[1])


def leaky(x: Tensor) -> Tensor:
    """A leaky ReLU that keeps the size of typical values."""
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


def unit_mean_square(x: Tensor, dim: int = -1) -> Tensor:
    return x * torch.rsqrt(x.square().mean(dim, keepdim=True) + 1e-8)


def instance_norm(x: Tensor) -> Tensor:
    """Each channel of each picture to mean 0 and variance 1; F.instance_norm would leave channels_last."""
    return F.group_norm(x, x.shape[1], eps=1e-5)


def minibatch_stddev(x: Tensor, group: int = 4) -> Tensor:
    """One more channel: the deviation within each group of consecutive examples."""
    batch, channels, height, width = x.shape
    groups = x.reshape(batch // group, group, channels, height, width)
    deviation = (groups.var(1, unbiased=False) + 1e-8).sqrt().mean((1, 2, 3))
    channel = deviation.repeat_interleave(group)[:, None, None, None].expand(batch, 1, height, width)
    return torch.cat([x, channel], 1)


def flat(x: Tensor) -> Tensor:
    """Rows of all values, channels last as in ours: no copy where that is the memory's order."""
    return x.permute(0, 2, 3, 1).flatten(1)


def unflat(x: Tensor, height: int, width: int) -> Tensor:
    """The inverse of `flat`."""
    return x.unflatten(1, (height, width, -1)).permute(0, 3, 1, 2)


def widths(width: int, max_width: int, sizes: int) -> list[int]:
    """Channels at each size, from the image's on."""
    return [min(width * 2**number, max_width) for number in range(sizes)]


def sizes(image: int) -> int:
    """How many sizes there are from that of an image to 4 pixels."""
    return int(math.log2(image)) - 1
