"""The training step of PyTorch that training_step.py is held against: channels_last, fused Adam, for-each averaging.

    python -m in_pytorch.training_step CONFIG

CONFIG is JSON, what `families.config` gives. Gradients that nobody asks for are not taken: of images where there is no
penalty, of a player's parameters in another one's turn.
"""

import argparse
import copy
import json
import os

import families
import torch
import turns
from families import Section
from torch import nn

from in_pytorch import games, networks

ADAMS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def optimizer(section: Section, network: nn.Module) -> torch.optim.Optimizer:
    """Adam of a config's numbers."""
    betas = section.get("b1", 0.9), section.get("b2", 0.999)
    decay = section.get("weight_decay", 0.0)
    made = ADAMS[section["name"]]
    return made(network.parameters(), lr=section["learning_rate"], betas=betas, weight_decay=decay, fused=True)


class Step:
    """A config's step, on the same batch again and again."""

    def __init__(self, config: Section, device: str) -> None:
        self.game = games.make(config, device)
        players, averaged = self.game.players, self.game.players[self.game.averaged]
        self.adams = {name: optimizer(config[name]["optimizer"], player) for name, player in players.items()}
        self.clip_norms = {name: config[name].get("clip_norm", 0.0) for name in players}
        self.current, self.average = list(averaged.parameters()), list(copy.deepcopy(averaged).parameters())
        size = config["batch_size"]
        self.pictures = {
            name: torch.randint(0, 256, (size, channels, height, width), dtype=torch.uint8)
            .to(device)
            .contiguous(memory_format=torch.channels_last)
            for name, (height, width, channels) in families.pictures(config).items()
        }
        self.label = torch.randint(0, families.CLASSES, (size,), device=device)

    def __call__(self) -> None:
        batch = {name: x.float() / 127.5 - 1 for name, x in self.pictures.items()} | {"label": self.label}
        self.game.begin(batch)
        for name in self.game.turns:
            for other, player in self.game.players.items():
                player.requires_grad_(other == name)
            self.adams[name].zero_grad()
            getattr(self.game, name)(batch).backward()
            if self.clip_norms[name]:
                nn.utils.clip_grad_norm_(self.game.players[name].parameters(), self.clip_norms[name])
            self.adams[name].step()
        with torch.no_grad():
            torch._foreach_lerp_(self.average, self.current, 0.001)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("config", type=json.loads)
    flags = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.backends.cudnn.benchmark = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    step = Step(flags.config, device)

    def run(count: int) -> None:
        for _ in range(count):
            step()
        if device == "cuda":
            torch.cuda.synchronize()

    parameters = [networks.count(player) for player in step.game.players.values()]
    turns.serve({"parameters": parameters, "version": f"torch {torch.__version__}"}, run)


if __name__ == "__main__":
    main()
