"""The game of gan_jax.objectives.gan in PyTorch, with penalties of the discriminator and of the generator."""

import torch
from families import Section
from torch import Tensor

from in_pytorch.game import Batch, Game
from in_pytorch.losses import LOSSES, SEE_BOTH, PathLength, slope_penalty


class Gan(Game):
    turns, averaged = ("discriminator", "generator"), "generator"

    def __init__(self, config: Section, device: str) -> None:
        super().__init__(config, device)
        self.step, self.path_length = -1, PathLength()
        self.conditional = self.objective.get("conditional", False)

    def begin(self, batch: Batch) -> None:
        self.step += 1
        self.given = (batch["label"],) if self.conditional else ()

    def latent(self, batch: Batch) -> Tensor:
        image = batch["image"]
        return torch.randn(len(image), self.objective["latent_size"], device=image.device)

    def penalties(self, player: str) -> dict[str, float]:
        """Weights of those that are due."""
        terms = {name: term["every"] for name, term in self.losses[player].items() if name != "adversarial"}
        return {name: float(every) for name, every in terms.items() if self.step % every == 0}

    def discriminator(self, batch: Batch) -> Tensor:
        with torch.no_grad():
            fake = self.players["generator"](self.latent(batch), *self.given)
        due = self.penalties("discriminator")
        real, fake = batch["image"].detach().requires_grad_("r1" in due), fake.requires_grad_("r2" in due)
        logits = [self.players["discriminator"](images, *self.given) for images in (real, fake)]
        loss = LOSSES[self.losses["discriminator"]["adversarial"]["name"]][0](*logits).mean()
        for penalty, which, images in (("r1", 0, real), ("r2", 1, fake)):
            if penalty in due:
                loss = loss + due[penalty] * slope_penalty(logits[which], images)
        return loss

    def generator(self, batch: Batch) -> Tensor:
        name, due = self.losses["generator"]["adversarial"]["name"], self.penalties("generator")
        generator, discriminator = self.players["generator"], self.players["discriminator"]
        latent = self.latent(batch)
        fake_logits = discriminator(generator(latent, *self.given), *self.given)
        real_logits = None
        if name in SEE_BOTH:
            with torch.no_grad():
                real_logits = discriminator(batch["image"], *self.given)
        loss = LOSSES[name][1](real_logits, fake_logits).mean()
        if due:
            loss = loss + due["path_length"] * self.path_length(generator, latent)
        return loss
