"""The twins in PyTorch of the networks that `families.py` names, made of the same numbers."""

from typing import Any

import families
import torch_biggan
import torch_convolutional
import torch_progan
import torch_r3gan
import torch_stylegan2
import torch_vit
from torch import nn

TWINS = {
    "biggan.Generator": torch_biggan.Generator,
    "biggan.Discriminator": torch_biggan.Discriminator,
    "dcgan.Generator": torch_convolutional.DcganGenerator,
    "dcgan.Discriminator": torch_convolutional.DcganDiscriminator,
    "progan.Generator": torch_progan.Generator,
    "progan.Discriminator": torch_progan.Discriminator,
    "r3gan.Generator": torch_r3gan.Generator,
    "r3gan.Discriminator": torch_r3gan.Discriminator,
    "resnet.Generator": torch_convolutional.ResnetGenerator,
    "resnet.Discriminator": torch_convolutional.ResnetDiscriminator,
    "stylegan2.Generator": torch_stylegan2.Generator,
    "stylegan2.Discriminator": torch_stylegan2.Discriminator,
    "vit.Generator": torch_vit.Generator,
    "vit.Discriminator": torch_vit.Discriminator,
}


def make(config: dict[str, Any]) -> tuple[nn.Module, nn.Module]:
    """The generator and the discriminator of a config."""
    size, latent = config["data"]["resolution"][0], config["objective"]["latent_size"]
    given = {"generator": (size, latent, families.CLASSES), "discriminator": (size, families.CLASSES)}
    made = []
    for player, arguments in given.items():
        name, settings = families.named(config[player]["network"])
        made.append(TWINS[name](*arguments, **settings))
    return made[0], made[1]


def count(network: nn.Module) -> int:
    """The number of trained parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
