"""The networks of gan_jax.nets.vae, convolutional and priors in PyTorch: a VAE with a mixture as prior."""

import torch
import torch.nn.functional as F
from families import named
from torch import Tensor, nn

from in_pytorch.layers import conv, flat, sizes, unflat, widths


class Encoder(nn.ModuleDict):
    def __init__(self, image: int, *, latent_size: int, width: int, max_width: int = 256, hidden: int = 256) -> None:
        features = [3, *widths(width, max_width, sizes(image) - 1)]
        super().__init__()
        for block, size in enumerate(features[1:]):
            self[f"down_{block}"] = nn.Conv2d(features[block], size, 4, stride=2, padding=1)
        self["hidden"] = nn.Linear(16 * features[-1], hidden)
        self["moments"] = nn.Linear(hidden, 2 * latent_size)
        self.blocks = len(features) - 1

    def forward(self, image: Tensor) -> tuple[Tensor, Tensor]:
        x = image
        for block in range(self.blocks):
            x = F.silu(self[f"down_{block}"](x))
        mean, log_variance = self["moments"](F.silu(self["hidden"](flat(x)))).chunk(2, dim=1)
        return mean, log_variance.clamp(-30, 20)


class Decoder(nn.ModuleDict):
    def __init__(
        self, image: int, outputs: int, *, latent_size: int, width: int, max_width: int = 256, hidden: int = 256
    ) -> None:
        features = widths(width, max_width, sizes(image))[::-1]
        super().__init__({"hidden": nn.Linear(latent_size, hidden), "base": nn.Linear(hidden, 16 * features[0])})
        for block, size in enumerate(features[1:]):
            self[f"up_{block}"] = nn.ConvTranspose2d(features[block], size, 4, stride=2, padding=1)
        self["outputs"] = conv(features[-1], outputs)
        self.blocks = len(features) - 1

    def forward(self, latent: Tensor) -> Tensor:
        x = unflat(F.silu(self["base"](F.silu(self["hidden"](latent)))), 4, 4)
        for block in range(self.blocks):
            x = F.silu(self[f"up_{block}"](x))
        return self["outputs"](x)


class Mixture(nn.Module):
    """Gaussians with means, variances and weights that are learned."""

    def __init__(self, latent_size: int, *, components: int) -> None:
        super().__init__()
        self.logits = nn.Parameter(torch.zeros(components))
        self.means = nn.Parameter(torch.randn(components, latent_size))
        self.log_variances = nn.Parameter(torch.zeros(components, latent_size))


class VAE(nn.ModuleDict):
    def __init__(self, image: int, outputs: int, *, encoder: dict, decoder: dict, prior: dict) -> None:
        (_, encoder), (_, decoder), (_, prior) = map(named, (encoder, decoder, prior))
        latent_size = encoder["latent_size"]
        super().__init__(
            {
                "encoder": Encoder(image, **encoder),
                "decoder": Decoder(image, outputs, latent_size=latent_size, **decoder),
                "prior": Mixture(latent_size, **prior),
            }
        )

    def forward(self, image: Tensor) -> Tensor:
        return self["decoder"](self["encoder"](image)[0])
