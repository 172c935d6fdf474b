"""The training step of PyTorch that training_step.py is held against: channels_last, fused Adam, for-each averaging.

    python benchmarks/torch_training_step.py STEP

Gradients that nobody asks for are not taken: of images where there is no penalty, of the discriminator's parameters in
the generator's turn.
"""

import argparse
import copy
import os
from typing import Any

import families
import torch
import torch_networks
import turns
from torch import Tensor
from torch_losses import LOSSES, SEE_BOTH, PathLength, slope_penalty


class Step:
    """A config's step, on the same batch again and again."""

    def __init__(self, config: dict[str, Any], device: str) -> None:
        shared = dict(device=device, memory_format=torch.channels_last)
        self.generator, self.discriminator = (network.to(**shared) for network in torch_networks.make(config))
        self.average = copy.deepcopy(self.generator)
        numbers = config["generator"]["optimizer"]
        settings = dict(lr=numbers["learning_rate"], betas=(numbers["b1"], 0.999), fused=True)
        self.adams = [torch.optim.Adam(net.parameters(), **settings) for net in (self.generator, self.discriminator)]
        size, side = config["batch_size"], config["data"]["resolution"][0]
        self.images = torch.randint(0, 256, (size, 3, side, side), dtype=torch.uint8).to(**shared)
        self.latents = (size, config["objective"]["latent_size"])
        conditional = config["objective"].get("conditional", False)
        self.given = (torch.randint(0, families.CLASSES, (size,), device=device),) if conditional else ()
        self.terms = {player: config[player]["losses"] for player in ("generator", "discriminator")}
        self.device, self.number, self.path_length = device, 0, PathLength()

    def penalties(self, player: str) -> dict[str, float]:
        """Weights of those that are due."""
        terms = {name: term["every"] for name, term in self.terms[player].items() if name != "adversarial"}
        return {name: float(every) for name, every in terms.items() if self.number % every == 0}

    def latent(self) -> Tensor:
        return torch.randn(self.latents, device=self.device)

    def discriminate(self, real: Tensor) -> None:
        with torch.no_grad():
            fake = self.generator(self.latent(), *self.given)
        due = self.penalties("discriminator")
        real, fake = real.detach().requires_grad_("r1" in due), fake.requires_grad_("r2" in due)
        logits = [self.discriminator(images, *self.given) for images in (real, fake)]
        name = self.terms["discriminator"]["adversarial"]["name"]
        loss = LOSSES[name][0](*logits).mean()
        for penalty, which, images in (("r1", 0, real), ("r2", 1, fake)):
            if penalty in due:
                loss = loss + due[penalty] * slope_penalty(logits[which], images)
        loss.backward()

    def generate(self, real: Tensor) -> None:
        name, due = self.terms["generator"]["adversarial"]["name"], self.penalties("generator")
        latent = self.latent()
        fake_logits = self.discriminator(self.generator(latent, *self.given), *self.given)
        real_logits = None
        if name in SEE_BOTH:
            with torch.no_grad():
                real_logits = self.discriminator(real, *self.given)
        loss = LOSSES[name][1](real_logits, fake_logits).mean()
        if due:
            loss = loss + due["path_length"] * self.path_length(self.generator, latent)
        loss.backward()

    def __call__(self) -> None:
        real = self.images.float() / 127.5 - 1
        for adam, turn, learns in zip(self.adams[::-1], (self.discriminate, self.generate), (True, False), strict=True):
            self.discriminator.requires_grad_(learns)
            adam.zero_grad()
            turn(real)
            adam.step()
        with torch.no_grad():
            torch._foreach_lerp_(list(self.average.parameters()), list(self.generator.parameters()), 0.001)
        self.number += 1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("step")
    flags = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.backends.cudnn.benchmark = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    step = Step(families.config(flags.step), device)

    def run(count: int) -> None:
        for _ in range(count):
            step()
        if device == "cuda":
            torch.cuda.synchronize()

    parameters = [torch_networks.count(network) for network in (step.generator, step.discriminator)]
    turns.serve({"parameters": parameters, "version": f"torch {torch.__version__}"}, run)


if __name__ == "__main__":
    main()
