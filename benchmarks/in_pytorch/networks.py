"""The twins in PyTorch of the networks that `families.py` names, made of the same numbers."""

import inspect

import families
from families import Section
from torch import nn

from in_pytorch import (
    biggan,
    convolutional,
    cyclegan,
    enlarging,
    likelihoods,
    pix2pix,
    progan,
    r3gan,
    stylegan2,
    vae,
    vdvae,
    vit,
    vq,
)

TWINS = {
    "biggan.Generator": biggan.Generator,
    "biggan.Discriminator": biggan.Discriminator,
    "dcgan.Generator": convolutional.DcganGenerator,
    "dcgan.Discriminator": convolutional.DcganDiscriminator,
    "hierarchical.VDVAE": vdvae.VDVAE,
    "patchgan.Discriminator": pix2pix.Discriminator,
    "progan.Generator": progan.Generator,
    "progan.Discriminator": progan.Discriminator,
    "r3gan.Generator": r3gan.Generator,
    "r3gan.Discriminator": r3gan.Discriminator,
    "resnet.Generator": convolutional.ResnetGenerator,
    "resnet.Discriminator": convolutional.ResnetDiscriminator,
    "srresnet.Generator": enlarging.SRResNet,
    "srvgg.Generator": enlarging.SRVGG,
    "stylegan2.Generator": stylegan2.Generator,
    "stylegan2.Discriminator": stylegan2.Discriminator,
    "translation.Generator": cyclegan.Generator,
    "unet.Generator": pix2pix.Generator,
    "vae.VAE": vae.VAE,
    "vit.Generator": vit.Generator,
    "vit.Discriminator": vit.Discriminator,
    "vq.VQ": vq.VQ,
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
        "outputs": likelihoods.channels(objective["likelihood"]) if "likelihood" in objective else 3,
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
