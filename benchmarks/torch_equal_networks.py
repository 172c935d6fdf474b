"""The side of equal_networks.py that needs PyTorch: weights of ours in the twins, and what then differs."""

import json
import sys
from pathlib import Path

import numpy as np
import torch
import torch_networks
from torch import Tensor, nn


def carry(network: nn.Module, weights: dict[str, Tensor]) -> None:
    """Puts our weights into a network whose parts have our names."""
    modules, places = dict(network.named_modules()), dict(network.named_parameters())
    for path, value in weights.items():
        *parts, last = path.replace("norm/norm", "norm").split("/")  # Flax's own layer is inside one of ours
        if len(value.shape) == 4:
            value = value.permute(3, 2, 0, 1)
        elif len(value.shape) == 3 and last in ("base", "template"):
            value = value.permute(2, 0, 1)
        elif last == "kernel" and not isinstance(modules[".".join(parts)], nn.Embedding):
            value = value.T
        weight = last == "kernel" or (parts[-1:] == ["norm"] and last == "scale")
        place = places.pop(".".join([*parts, "weight" if weight else last]))
        assert place.shape == value.shape, (path, place.shape, value.shape)
        place.data = value.contiguous()
    assert not places, f"parameters without a like: {list(places)}"


def difference(network: nn.Module, arrays: dict[str, np.ndarray]) -> float:
    """The largest difference of an output, as a share of their deviation."""
    tensors = {name: torch.from_numpy(value) for name, value in arrays.items()}
    carry(network, {name.removeprefix("weight:"): x for name, x in tensors.items() if name.startswith("weight:")})
    expected, x = tensors["output"], tensors["input"]
    given = {"noisy": False} if hasattr(network, "synthesize") else {}
    with torch.no_grad():
        outputs = network(x.permute(0, 3, 1, 2) if x.ndim == 4 else x, tensors["label"], **given)
    outputs = outputs.permute(0, 2, 3, 1) if outputs.ndim == 4 else outputs
    return ((outputs - expected).abs().max() / expected.std()).item()


def main() -> None:
    folder = Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    networks = dict(zip(("generator", "discriminator"), torch_networks.make(config), strict=True))
    print(json.dumps({name: difference(net, dict(np.load(folder / f"{name}.npz"))) for name, net in networks.items()}))


if __name__ == "__main__":
    main()
