"""The side of equal_networks.py that needs PyTorch: weights of ours in the twins, and what then differs."""

import json
import re
import sys
from pathlib import Path
from typing import Any

import families
import numpy as np
import torch
from torch import Tensor, nn

from in_pytorch import networks

Tensors = dict[str, Tensor]


def carry(network: nn.Module, weights: Tensors, state: Tensors) -> None:
    """Puts our weights, and a codebook, into a network whose parts have our names."""
    modules, places = dict(network.named_modules()), dict(network.named_parameters())
    for path, value in weights.items():
        *parts, last = re.sub(r"(norm\w*)/norm/", r"\1/", path).split("/")  # Flax's own layer is inside one of ours
        layer = modules[".".join(parts)]
        if len(value.shape) == 4:
            value = value.permute(3, 2, 0, 1)
        elif len(value.shape) == 3 and re.fullmatch(r"base|template|bias_\d+", last):
            value = value.permute(2, 0, 1)
        elif last == "kernel" and not isinstance(layer, nn.Embedding):
            value = value.T
        scales = last == "scale" and isinstance(layer, nn.BatchNorm2d | nn.GroupNorm)
        place = places.pop(".".join([*parts, "weight" if scales or last in ("kernel", "slope") else last]))
        assert place.shape == value.shape, (path, place.shape, value.shape)
        place.data = value.contiguous()
    assert not places, f"parameters without a like: {list(places)}"
    for name, buffer in network.named_buffers():
        if name.replace(".", "/") in state:
            buffer.copy_(state[name.replace(".", "/")])


def mirror(network: nn.Module) -> None:
    """Turns all kernels around."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d):
            layer.weight.data = layer.weight.data.flip(2, 3)


def channels_first(x: Any, mirrored: bool) -> Any:
    """Our pictures and maps, alone or by name, as those of PyTorch; other arrays as they are."""
    if isinstance(x, dict):
        return {name: channels_first(value, mirrored) for name, value in x.items()}
    x = x.permute(0, 3, 1, 2) if x.ndim == 4 else x
    return x.flip(2, 3) if mirrored and x.ndim == 4 else x


def inputs_of(tensors: Tensors) -> list[Any]:
    """In their order; `1/level_00` is a part of the second."""
    inputs: dict[str, Any] = {}
    for path, x in tensors.items():
        number, _, part = path.partition("/")
        if part:
            inputs.setdefault(number, {})[part] = x
        else:
            inputs[number] = x
    return list(inputs.values())


def difference(network: nn.Module, arrays: dict[str, np.ndarray]) -> float:
    """The largest difference of an output, as a share of their deviation."""
    kinds: dict[str, Tensors] = {"weight": {}, "state": {}, "input": {}, "output": {}}
    for name, value in arrays.items():
        kind, _, path = name.partition(":")
        kinds[kind][path] = torch.from_numpy(value)
    carry(network, kinds["weight"], kinds["state"])
    mirrored = getattr(network, "mirrored", False)
    if mirrored:
        mirror(network)
    for layer in network.modules():
        if isinstance(layer, nn.Dropout):
            layer.eval()
    given = {"noisy": False} if hasattr(network, "synthesize") else {}
    with torch.no_grad():
        outputs = network(*(channels_first(x, mirrored) for x in inputs_of(kinds["input"])), **given)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    expected = [channels_first(x, mirrored) for x in kinds["output"].values()]
    return max(((x - y).abs().max() / y.std()).item() for x, y in zip(outputs, expected, strict=True))


def main() -> None:
    folder = Path(sys.argv[1])
    config = json.loads((folder / "config.json").read_text())
    found = {}
    for player in families.players(config):
        found[player] = difference(networks.make(config, player), dict(np.load(folder / f"{player}.npz")))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
