"""Whether the twins in PyTorch compute what our networks do: the same weights in both, the same inputs.

    python benchmarks/equal_networks.py --torch_python PATH

The largest difference of an output, as a share of the outputs' deviation, is that of rounding. Weights are ours with
noise, so that no zero at the start hides a part; dropout, noise inputs of images and spectral normalisation are off.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import families
import jax
import numpy as np
import tables
import training_step

from gan_jax import paths
from gan_jax.config import schema
from gan_jax.config.calls import build
from gan_jax.config.experiment import make_network
from gan_jax.config.packages import PACKAGES
from gan_jax.types import Network, Variables

STEPS = (
    *("stylegan2-32", "r3gan-32", "r3gan_patches-32", "progan-32", "biggan-32", "vit-32"),
    *("vae-32", "vdvae-32", "vqvae-32", "pix2pix-64", "cyclegan-64", "srvgg-64", "srresnet-48"),
)
BATCH = 8
INPUTS = {  # of the players of objectives, and of the players of all others
    "gan": {"generator": ("latent", "label"), "discriminator": ("image", "label")},
    "translation": {"generator": ("source",), "discriminator": ("image", "source")},
    "cycle_gan": {"generator": ("source",), "discriminator": ("image",)},
    "regression": {"generator": ("source",)},
    "hierarchical_vae": {"autoencoder": ("image", "noise")},
    "vae": {"autoencoder": ("image",)},
    "vq": {"autoencoder": ("image",)},
}
INPUTS |= dict.fromkeys(("stylegan", "progressive"), INPUTS["gan"])


def network_of(config: dict[str, Any], player: str) -> Network:
    """Our network of that player, given what its objective gives it."""
    settings = schema.resolve_config(config)
    facts, objective = training_step.facts_of(settings), settings["objective"]
    given = {"num_classes": families.CLASSES if objective.get("conditional") else 0}
    if "likelihood" in objective:
        likelihood = build(objective["likelihood"], "likelihood", PACKAGES["likelihood"], {})
        given["out_channels"] = likelihood.channels(facts["image_shape"][-1])
    if "source" in facts["columns"]:
        given["scale"] = facts["image_shape"][0] // facts["columns"]["source"][0][0]
    return make_network(settings, facts, player, **given)


def answers(config: dict[str, Any], folder: Path) -> None:
    """Leaves weights, inputs and outputs of all networks in files."""
    random = np.random.default_rng(0)

    def normal(*shape: int) -> np.ndarray:
        return random.normal(size=(BATCH, *shape)).astype(np.float32)

    objective = config["objective"]
    known = {name: normal(*shape) for name, shape in families.pictures(config).items()}
    known["latent"], known["label"] = normal(objective.get("latent_size", 1)), np.arange(BATCH) % families.CLASSES
    for player, names in INPUTS[objective["name"]].items():
        network = network_of(config, player)
        if "noise" in names:
            shapes, _ = network.apply(Variables({}, {}), method="latent_shapes")
            known["noise"] = {name: normal(*shape) for name, shape in shapes.items()}
        inputs = [known[name] for name in names]
        if objective["name"] == "stylegan" and player == "generator":
            inputs.insert(1, None)  # keys of noise
        variables = jax.jit(network.init)(jax.random.key(0), *inputs)
        params = jax.tree.map(lambda leaf: leaf + 0.1 * normal(*leaf.shape)[0], variables.params)
        outputs, _ = network.apply(variables._replace(params=params), *inputs, train=True)
        if "noise" in names:
            outputs = outputs[0], np.stack([level.kl for level in outputs[1]], axis=1)
        trees = {"weight": params, "state": variables.state.get("codebook", {}), "output": outputs}
        trees["input"] = [known[name] for name in names]
        arrays = {f"{kind}:{path}": x for kind, tree in trees.items() for path, x in paths.by_name(tree).items()}
        np.savez(folder / f"{player}.npz", **arrays)


def compare(step: str, torch_python: str) -> list[tables.Row]:
    """A line of the table for each network."""
    config = families.config(step)
    for player in families.players(config):
        if "spectral" in config[player]["network"]:
            config[player]["network"]["spectral"] = False
    with tempfile.TemporaryDirectory() as folder:
        answers(config, Path(folder))
        (Path(folder) / "config.json").write_text(json.dumps(config))
        command = [torch_python, "-m", "in_pytorch.equal_networks", folder]
        environment = os.environ | {"PYTHONPATH": training_step.python_path()}
        finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    found = json.loads(finished.stdout)
    return [{"step": step, "network": player, "difference": difference} for player, difference in found.items()]


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--torch_python", required=True, help="the python of an environment with torch")
    parser.add_argument("--steps", default=",".join(STEPS))
    flags = parser.parse_args()
    rows = [row for step in flags.steps.split(",") for row in compare(step, flags.torch_python)]
    tables.publish(rows, flags.out)
    assert all(row["difference"] < 1e-3 for row in rows), "not the same networks"


if __name__ == "__main__":
    main()
