"""The twins in PyTorch of the networks that `families.py` names, made of the same numbers."""

import inspect

import families
import torch_biggan
import torch_convolutional
import torch_cyclegan
import torch_enlarging
import torch_likelihoods
import torch_pix2pix
import torch_progan
import torch_r3gan
import torch_stylegan2
import torch_vae
import torch_vdvae
import torch_vit
import torch_vq
from families import Section
from torch import nn

TWINS = {
    "biggan.Generator": torch_biggan.Generator,
    "biggan.Discriminator": torch_biggan.Discriminator,
    "dcgan.Generator": torch_convolutional.DcganGenerator,
    "dcgan.Discriminator": torch_convolutional.DcganDiscriminator,
    "hierarchical.VDVAE": torch_vdvae.VDVAE,
    "patchgan.Discriminator": torch_pix2pix.Discriminator,
    "progan.Generator": torch_progan.Generator,
    "progan.Discriminator": torch_progan.Discriminator,
    "r3gan.Generator": torch_r3gan.Generator,
    "r3gan.Discriminator": torch_r3gan.Discriminator,
    "resnet.Generator": torch_convolutional.ResnetGenerator,
    "resnet.Discriminator": torch_convolutional.ResnetDiscriminator,
    "srresnet.Generator": torch_enlarging.SRResNet,
    "srvgg.Generator": torch_enlarging.SRVGG,
    "stylegan2.Generator": torch_stylegan2.Generator,
    "stylegan2.Discriminator": torch_stylegan2.Discriminator,
    "translation.Generator": torch_cyclegan.Generator,
    "unet.Generator": torch_pix2pix.Generator,
    "vae.VAE": torch_vae.VAE,
    "vit.Generator": torch_vit.Generator,
    "vit.Discriminator": torch_vit.Discriminator,
    "vq.VQ": torch_vq.VQ,
}


def facts(config: Section) -> Section:
    """What twins may ask for by name beside their own numbers."""
    objective, pictures = config["objective"], families.pictures(config)
    side = pictures["image"][0]
    return {
        "image": side,
        "latent": objective.get("latent_size"),
        "classes": families.CLASSES,
        "scale": side // pictures.get("source", pictures["image"])[0],
        "given": 6 if objective["name"] == "translation" else 3,  # channels that a discriminator of pictures sees
        "outputs": torch_likelihoods.channels(objective["likelihood"]) if "likelihood" in objective else 3,
    }


def make(config: Section, player: str) -> nn.Module:
    """A network of a player."""
    name, settings = families.named(config[player]["network"])
    asked = inspect.signature(TWINS[name]).parameters
    known = {fact: value for fact, value in facts(config).items() if fact in asked}
    return TWINS[name](**known, **settings)


def count(network: nn.Module) -> int:
    """The number of trained parameters."""
    return sum(parameter.numel() for parameter in network.parameters())
