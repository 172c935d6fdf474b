"""The training step of PyTorch that training_step.py is held against: channels_last, fused Adam, for-each averaging."""

import argparse
import copy
import os

import torch
import torch_networks
import turns
from torch.nn.functional import relu, softplus

LOSSES = {
    "dcgan": (lambda real, fake: softplus(-real) + softplus(fake), lambda fake: softplus(-fake)),
    "resnet": (lambda real, fake: relu(1 - real) + relu(1 + fake), lambda fake: -fake),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--network", choices=LOSSES, required=True)
    parser.add_argument("--batch_size", type=int, default=64)
    flags = parser.parse_args()
    torch.manual_seed(0)
    torch.set_num_threads(len(os.sched_getaffinity(0)))
    torch.backends.cudnn.benchmark = True
    device = "cuda" if torch.cuda.is_available() else "cpu"
    shared = dict(device=device, memory_format=torch.channels_last)
    generator, discriminator = (network.to(**shared) for network in torch_networks.make(flags.network, channels=3))
    average = copy.deepcopy(generator)
    adams = [torch.optim.Adam(net.parameters(), 2e-4, (0.5, 0.999), fused=True) for net in (generator, discriminator)]
    critic_loss, generator_loss = LOSSES[flags.network]
    images = torch.randint(0, 256, (flags.batch_size, 3, 32, 32), dtype=torch.uint8).to(**shared)

    def fake() -> torch.Tensor:
        return generator(torch.randn(flags.batch_size, 128, device=device))

    def step() -> None:
        real = images.float() / 127.5 - 1
        with torch.no_grad():
            drawn = fake()
        discriminator.requires_grad_(True)
        adams[1].zero_grad()
        critic_loss(discriminator(real), discriminator(drawn)).mean().backward()
        adams[1].step()

        discriminator.requires_grad_(False)
        adams[0].zero_grad()
        generator_loss(discriminator(fake())).mean().backward()
        adams[0].step()
        with torch.no_grad():
            torch._foreach_lerp_(list(average.parameters()), list(generator.parameters()), 0.001)

    def run(steps: int) -> None:
        for _ in range(steps):
            step()
        if device == "cuda":
            torch.cuda.synchronize()

    parameters = [torch_networks.count(network) for network in (generator, discriminator)]
    turns.serve({"parameters": parameters, "version": f"torch {torch.__version__}"}, run)


if __name__ == "__main__":
    main()
