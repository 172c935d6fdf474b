"""The games of gan_jax.objectives that make pictures of pictures, in PyTorch: regression, translation and cycle_gan.

Answers are made once in a step: both players' turns see the same, as in the authors' code.
"""

import random

import torch
import torch.nn.functional as F
from families import Section
from torch import Tensor, nn

from in_pytorch.game import Batch, Game
from in_pytorch.losses import LOSSES


class Regression(Game):
    turns, averaged = ("generator",), "generator"

    def generator(self, batch: Batch) -> Tensor:
        return self.weight("generator", "l1") * F.l1_loss(self.players["generator"](batch["source"]), batch["image"])


class Judged(Game):
    """A game with a discriminator."""

    turns, averaged = ("discriminator", "generator"), "generator"

    def adversarial(self, player: str, real_logits: Tensor | None, fake_logits: Tensor) -> Tensor:
        side = LOSSES[self.losses[player]["adversarial"]["name"]][self.turns.index(player)]
        return self.weight(player, "adversarial") * side(real_logits, fake_logits).mean()


class Translation(Judged):
    def begin(self, batch: Batch) -> None:
        self.answer = self.players["generator"](batch["source"])

    def judge(self, image: Tensor, batch: Batch) -> Tensor:
        return self.players["discriminator"](image, batch["source"])

    def discriminator(self, batch: Batch) -> Tensor:
        logits = (self.judge(image, batch) for image in (batch["image"], self.answer.detach()))
        return self.adversarial("discriminator", *logits)

    def generator(self, batch: Batch) -> Tensor:
        loss = self.adversarial("generator", None, self.judge(self.answer, batch))
        return loss + self.weight("generator", "l1") * F.l1_loss(self.answer, batch["image"])


class CycleGan(Judged):
    """Two games at once; each player has a network for the pictures of each column."""

    of = {"image": "source", "source": "image"}  # noqa: RUF012  # never changed

    def __init__(self, config: Section, device: str) -> None:
        super().__init__(config, device)
        self.pools = {made: Pool(self.objective["pool"]) for made in self.of}

    def network(self, config: Section, player: str) -> nn.Module:
        return nn.ModuleDict({made: super(CycleGan, self).network(config, player) for made in self.of})

    def begin(self, batch: Batch) -> None:
        self.answers = {made: self.players["generator"][made](batch[given]) for made, given in self.of.items()}

    def discriminator(self, batch: Batch) -> Tensor:
        total = torch.zeros((), device=batch["image"].device)
        for made, judge in self.players["discriminator"].items():
            shown = self.pools[made].exchange(self.answers[made].detach())
            total = total + self.adversarial("discriminator", judge(batch[made]), judge(shown))
        return total

    def generator(self, batch: Batch) -> Tensor:
        total = torch.zeros((), device=batch["image"].device)
        networks = self.players["generator"]
        cycle, identity = (self.weight("generator", name) for name in ("cycle", "identity"))
        for made, given in self.of.items():
            answer, judge = self.answers[made], self.players["discriminator"][made]
            total = total + self.adversarial("generator", None, judge(answer))
            total = total + cycle * F.l1_loss(networks[given](answer), batch[given])
            total = total + identity * F.l1_loss(networks[made](batch[made]), batch[made])
        return total


class Pool:
    """Pictures that were made earlier, of which a discriminator is shown some (Shrivastava et al. 2017)."""

    def __init__(self, size: int) -> None:
        self.size, self.pictures = size, []

    def exchange(self, new: Tensor) -> Tensor:
        shown = []
        for picture in new:
            if len(self.pictures) < self.size:
                self.pictures.append(picture)
                shown.append(picture)
            elif random.random() < 0.5:
                place = random.randrange(self.size)
                shown.append(self.pictures[place])
                self.pictures[place] = picture
            else:
                shown.append(picture)
        return torch.stack(shown).contiguous(memory_format=torch.channels_last)
