"""Whether the twins in PyTorch compute what our networks do: the same weights in both, the same latents and images.

    python benchmarks/equal_networks.py --torch_python PATH

The largest difference of an output, as a share of the outputs' deviation, is that of rounding. Weights are ours with
noise, so that no zero at the start hides a part; noise inputs and spectral normalisation are off.
"""

import importlib
import json
import os
import subprocess
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import families
import flax
import jax
import numpy as np
import tables

from gan_jax import paths

STEPS = ("stylegan2-32", "r3gan-32", "r3gan_patches-32", "progan-32", "biggan-32", "vit-32")
BATCH = 8


def module_of(config: dict[str, Any], player: str) -> flax.linen.Module:
    """Our network of that player."""
    name, settings = families.named(config[player]["network"])
    file, _, class_name = name.partition(".")
    network = getattr(importlib.import_module(f"gan_jax.nets.{file}"), class_name)
    classes = families.CLASSES if config["objective"].get("conditional") else 0
    return network(image_shape=(*config["data"]["resolution"], 3), num_classes=classes, **settings)


def answers(config: dict[str, Any], folder: Path) -> None:
    """Leaves weights, inputs and outputs of both networks in files."""
    random = np.random.default_rng(0)
    latent = random.normal(size=(BATCH, config["objective"]["latent_size"])).astype(np.float32)
    image = random.normal(size=(BATCH, *config["data"]["resolution"], 3)).astype(np.float32)
    label = np.arange(BATCH) % families.CLASSES
    for player, x in (("generator", latent), ("discriminator", image)):
        module = module_of(config, player)
        styled = player == "generator" and config["objective"]["name"] == "stylegan"
        given = (None, label) if styled else (label,)  # without keys of noise
        variables = dict(jax.jit(partial(module.init, train=True))(jax.random.key(0), x, *given))
        variables["params"] = jax.tree.map(
            lambda leaf: leaf + random.normal(scale=0.1, size=leaf.shape).astype(np.float32), variables["params"]
        )
        outputs, _ = module.apply(variables, x, *given, train=True, mutable=list(variables))
        weights = {f"weight:{name}": value for name, value in paths.by_name(variables["params"]).items()}
        np.savez(folder / f"{player}.npz", input=x, label=label, output=outputs, **weights)


def compare(step: str, torch_python: str) -> tables.Row:
    """One line of the table."""
    config = families.config(step)
    for player in ("generator", "discriminator"):
        if "spectral" in config[player]["network"]:
            config[player]["network"]["spectral"] = False
    with tempfile.TemporaryDirectory() as folder:
        answers(config, Path(folder))
        (Path(folder) / "config.json").write_text(json.dumps(config))
        command = [torch_python, str(Path(__file__).with_name("torch_equal_networks.py")), folder]
        finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=os.environ)
    return {"networks": step, **json.loads(finished.stdout)}


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--torch_python", required=True, help="the python of an environment with torch")
    parser.add_argument("--steps", default=",".join(STEPS))
    flags = parser.parse_args()
    rows = [compare(step, flags.torch_python) for step in flags.steps.split(",")]
    tables.publish(rows, flags.out)
    assert all(row[player] < 1e-3 for row in rows for player in ("generator", "discriminator")), "not the same networks"


if __name__ == "__main__":
    main()
