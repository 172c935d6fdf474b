"""What a game is in PyTorch: the players of a config, and their losses in the order of their turns."""

import families
import torch
from families import Section
from torch import Tensor, nn

from in_pytorch import networks

Batch = dict[str, Tensor]  # columns of pictures in [-1, 1], and `label`


class Game:
    """A game has a method for each player, by its name, that computes its loss of a batch."""

    turns: tuple[str, ...]  # the players, the first to learn first
    averaged: str

    def __init__(self, config: Section, device: str) -> None:
        self.objective = config["objective"]
        self.losses = {player: config[player]["losses"] for player in self.turns}
        self.players = {player: self.network(config, player).to(device) for player in families.players(config)}
        for player in self.players.values():
            player.to(memory_format=torch.channels_last)

    def network(self, config: Section, player: str) -> nn.Module:
        return networks.make(config, player)

    def begin(self, batch: Batch) -> None:
        """What comes before the turns of a step."""

    def weight(self, player: str, term: str) -> float:
        return self.losses[player][term].get("weight", 1.0)
