"""Prints, from PyTorch alone, the golden numbers of tests/metrics: python benchmarks/parity/golden_networks.py"""

import numpy as np
import torch
import torch.nn.functional as F
from drawn import draw, smooth_images
from torch_networks import DinoV2, Inception, SqueezeNet

LPIPS_SHIFT = torch.tensor([-0.030, -0.088, -0.188]).view(1, 3, 1, 1)
LPIPS_SCALE = torch.tensor([0.458, 0.448, 0.450]).view(1, 3, 1, 1)


def drawn(network):
    state = {
        name: torch.tensor(draw(name, tuple(value.shape)))
        for name, value in network.state_dict().items()
        if value.is_floating_point()
    }
    network.load_state_dict(state, strict=False)
    return network.eval()


def pixels(*shape, key=7):
    return torch.tensor(smooth_images(*shape, key=key)).permute(0, 3, 1, 2).float()


def show(name, values):
    print(name, np.array2string(np.asarray(values, np.float64), precision=9, separator=", "))


def lpips(network, a, b):
    """Zhang et al. 2018, version 0.1, spelled out."""
    total = 0
    maps = (network((x / 127.5 - 1 - LPIPS_SHIFT) / LPIPS_SCALE) for x in (a, b))
    for k, (x, y) in enumerate(zip(*maps, strict=True)):
        x, y = (z / (z.pow(2).sum(1, keepdim=True).sqrt() + 1e-10) for z in (x, y))
        head = torch.tensor(draw(f"lpips_v0.1.squeeze.lin{k}.model.1.weight", (1, x.shape[1], 1, 1)))
        total = total + F.conv2d((x - y) ** 2, head).mean((1, 2, 3))
    return total


with torch.no_grad():
    small = pixels(2, 12, 10, 3)
    for name, size in (("torch up", (23, 19)), ("torch down", (7, 5))):
        resized = F.interpolate(small, size=size, mode="bilinear", align_corners=False)
        show(f"resize {name}", resized[1, :, 3, 2:5].flatten())

    squeezenet = drawn(SqueezeNet())
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    images = pixels(2, 64, 50, 3)
    maps = squeezenet((images / 255 - mean.view(1, 3, 1, 1)) / deviation.view(1, 3, 1, 1))
    show("squeezenet map means", [m.mean() for m in maps])
    show("squeezenet features", maps[-1].mean((2, 3))[:, ::128].flatten())
    show("lpips", lpips(squeezenet, images, pixels(2, 64, 50, 3, key=8)))

    inception = drawn(Inception())
    pooled, logits = inception((pixels(2, 107, 75, 3) - 128) / 128)
    show("inception features", pooled[:, ::512].flatten())
    show("inception feature norms", pooled.norm(dim=1))
    show("inception logits", logits[:, ::252].flatten())

    dino = drawn(DinoV2(width=32, depth=2, heads=2))
    show("dinov2 tokens", dino(F.interpolate(images, size=(28, 42), mode="bilinear") / 255)[:, ::8].flatten())
