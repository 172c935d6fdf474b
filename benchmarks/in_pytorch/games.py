"""The games of gan_jax.objectives in PyTorch, by the names of ours."""

from families import Section

from in_pytorch.autoencoders import HierarchicalVae, Vae, Vq
from in_pytorch.game import Game
from in_pytorch.gan import Gan
from in_pytorch.pictures import CycleGan, Regression, Translation

GAMES = {
    "cycle_gan": CycleGan,
    "gan": Gan,
    "hierarchical_vae": HierarchicalVae,
    "progressive": Gan,
    "regression": Regression,
    "stylegan": Gan,
    "translation": Translation,
    "vae": Vae,
    "vq": Vq,
}


def make(config: Section, device: str) -> Game:
    """The game of a config, its players in channels_last."""
    return GAMES[config["objective"]["name"]](config, device)
