"""The networks of gan_jax.nets.srvgg and srresnet in PyTorch, which enlarge pictures."""

import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import conv


class SRVGG(nn.ModuleDict):
    def __init__(self, scale: int, *, width: int, blocks: int) -> None:
        super().__init__()
        for block in range(blocks + 1):
            self[f"conv_{block}"] = conv(width if block else 3, width)
            self[f"prelu_{block}"] = nn.PReLU(width)
        self["image"] = conv(width, 3 * scale**2)
        self.scale = scale

    def forward(self, source: Tensor) -> Tensor:
        x = source
        for layer in self.values():
            x = layer(x)
        return F.interpolate(source, scale_factor=self.scale) + F.pixel_shuffle(x, self.scale)


class SRResNet(nn.ModuleDict):
    """Without normalisation, and with enlargements by two."""

    def __init__(self, scale: int, *, normalization: str, width: int = 64, blocks: int = 16) -> None:
        assert normalization == "none", normalization
        super().__init__({"first": conv(3, width, 9), "first_prelu": nn.PReLU(width)})
        for block in range(blocks):
            self[f"block_{block}_0"], self[f"block_{block}_1"] = conv(width, width), conv(width, width)
            self[f"block_{block}_prelu"] = nn.PReLU(width)
        self["last"] = conv(width, width)
        self.blocks, self.enlargements = blocks, scale.bit_length() - 1
        for number in range(self.enlargements):
            self[f"enlarge_{number}"] = conv(width, 4 * width)
            self[f"activation_{number}"] = nn.PReLU(width)
        self["image"] = conv(width, 3, 9)

    def forward(self, source: Tensor) -> Tensor:
        x = first = self["first_prelu"](self["first"](source))
        for block in range(self.blocks):
            y = self[f"block_{block}_prelu"](self[f"block_{block}_0"](x))
            x = x + self[f"block_{block}_1"](y)
        x = first + self["last"](x)
        for number in range(self.enlargements):
            x = self[f"activation_{number}"](F.pixel_shuffle(self[f"enlarge_{number}"](x), 2))
        return self["image"](x)
