"""The networks of gan_jax.nets.biggan in PyTorch, after Brock et al. 2019, with self-attention (Zhang et al. 2019)."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from in_pytorch.layers import conv, normalised, sizes, unflat, widths


class SelfAttention(nn.Module):
    def __init__(self, channels: int, spectral: bool) -> None:
        super().__init__()
        for name, fraction in (("query", 8), ("key", 8), ("value", 2)):
            setattr(self, name, normalised(conv(channels, channels // fraction, 1, bias=False), spectral))
        self.output = normalised(conv(channels // 2, channels, 1, bias=False), spectral)
        self.gain = nn.Parameter(torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        query = self.query(x).flatten(2)
        key, value = (F.max_pool2d(layer(x), 2).flatten(2) for layer in (self.key, self.value))
        weights = torch.softmax(query.transpose(1, 2) @ key, dim=-1)
        gathered = (value @ weights.transpose(1, 2)).unflatten(2, x.shape[2:])
        return x + self.gain * self.output(gathered)


class ModulatedBatchNorm(nn.Module):
    def __init__(self, channels: int, condition: int, spectral: bool) -> None:
        super().__init__()
        self.batch = nn.BatchNorm2d(channels, affine=False)
        self.scale, self.bias = (normalised(nn.Linear(condition, channels, bias=False), spectral) for _ in range(2))

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        scale, bias = (layer(condition)[:, :, None, None] for layer in (self.scale, self.bias))
        return torch.addcmul(bias, self.batch(x), 1 + scale)


class GeneratorBlock(nn.Module):
    def __init__(self, inputs: int, features: int, condition: int, spectral: bool) -> None:
        super().__init__()
        self.norm_0 = ModulatedBatchNorm(inputs, condition, spectral)
        self.norm_1 = ModulatedBatchNorm(features, condition, spectral)
        self.conv_0 = normalised(conv(inputs, features), spectral)
        self.conv_1 = normalised(conv(features, features), spectral)
        self.shortcut = normalised(conv(inputs, features, 1), spectral)

    def forward(self, x: Tensor, condition: Tensor) -> Tensor:
        y = self.conv_0(F.interpolate(F.relu(self.norm_0(x, condition)), scale_factor=2))
        y = self.conv_1(F.relu(self.norm_1(y, condition)))
        return F.interpolate(self.shortcut(x), scale_factor=2) + y


class Generator(nn.ModuleDict):
    def __init__(
        self,
        image: int,
        latent: int,
        classes: int,
        *,
        width: int,
        max_width: int,
        embedding: int,
        attention: int,
        spectral: bool,
    ) -> None:
        super().__init__()
        base, *features = widths(width, max_width, sizes(image))[::-1]
        chunks = [len(chunk) for chunk in torch.arange(latent).tensor_split(len(features) + 1)]
        self["embedding"] = nn.Embedding(classes, embedding)
        self["base"] = normalised(nn.Linear(chunks[0], 16 * base), spectral)
        for block, size in enumerate(features):
            inputs = (base, *features)[block]
            self[f"block_{block}"] = GeneratorBlock(inputs, size, chunks[block + 1] + embedding, spectral)
            if 8 * 2**block == attention:
                self["attention"] = SelfAttention(size, spectral)
        self["norm"] = nn.BatchNorm2d(features[-1])
        self["image"] = normalised(conv(features[-1], 3), spectral)
        self.blocks, self.attention_at = len(features), attention

    def forward(self, latent: Tensor, label: Tensor) -> Tensor:
        first, *chunks = latent.tensor_split(self.blocks + 1, dim=1)
        embedded = self["embedding"](label)
        x = unflat(self["base"](first), 4, 4)
        for block, chunk in enumerate(chunks):
            x = self[f"block_{block}"](x, torch.cat([chunk, embedded], 1))
            x = self["attention"](x) if x.shape[2] == self.attention_at else x
        return torch.tanh(self["image"](F.relu(self["norm"](x))))


class DiscriminatorBlock(nn.Module):
    def __init__(self, inputs: int, features: int, down: bool, first: bool, spectral: bool) -> None:
        super().__init__()
        self.down, self.first = down, first
        self.conv_0 = normalised(conv(inputs, features), spectral)
        self.conv_1 = normalised(conv(features, features), spectral)
        reshapes = down or inputs != features
        self.shortcut = normalised(conv(inputs, features, 1), spectral) if reshapes else nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv_1(F.relu(self.conv_0(x if self.first else F.relu(x))))
        if self.down:
            x, y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        return self.shortcut(x) + y


class Discriminator(nn.ModuleDict):
    def __init__(self, image: int, classes: int, *, width: int, max_width: int, attention: int, spectral: bool) -> None:
        super().__init__()
        features = widths(width, max_width, sizes(image))
        for block, size in enumerate(features):
            inputs, down = (3, *features)[block], block < len(features) - 1
            self[f"block_{block}"] = DiscriminatorBlock(inputs, size, down, block == 0, spectral)
            if down and image // 2 ** (block + 1) == attention:
                self["attention"] = SelfAttention(size, spectral)
        self["logits"] = nn.ModuleDict(
            {
                "linear": normalised(nn.Linear(features[-1], 1), spectral),
                "embedding": normalised(nn.Embedding(classes, features[-1]), spectral),
            }
        )
        self.blocks, self.attention_at = len(features), attention

    def forward(self, image: Tensor, label: Tensor) -> Tensor:
        x = image
        for block in range(self.blocks):
            x = self[f"block_{block}"](x)
            x = self["attention"](x) if block < self.blocks - 1 and x.shape[2] == self.attention_at else x
        x = F.relu(x).sum((2, 3))
        return self["logits"]["linear"](x)[:, 0] + (self["logits"]["embedding"](label) * x).sum(1)
