"""How close translations of held-out pictures are to the right answers, beside two baselines.

python benchmarks/translation_quality.py RUN [RUN ...] [--weights=FILE]

For each run of the objective `translation`, on the pairs that its data source holds out: L1 (of values in [-1, 1]),
PSNR, SSIM and, with weights, LPIPS on SqueezeNet. The first row is the nearest training source's partner, by the
squared distance of pixels: what copying would reach. A run with `generator.losses.adversarial.weight=0` is the same
network with L1 alone.
"""

import argparse
from pathlib import Path

import numpy as np

import gan_jax
from gan_jax.config import files, schema
from gan_jax.config.experiment import make_data
from gan_jax.evaluation.encoding import paired
from gan_jax.evaluation.examples import some_of
from gan_jax.features import lpips
from gan_jax.metrics.reconstruction import l1, psnr, ssim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--weights", default="", help="a file with SqueezeNet and LPIPS's heads")
    flags = parser.parse_args()
    config = files.read(flags.runs[0] / "config.json")
    data = make_data(config)
    held_out = some_of(data.like(make_data(config | {"data": config["data"] | {"source": rest(config)}}).source))
    print(f"{len(data)} pairs to train on, {len(held_out.chosen)} held out, {data.image_shape}")
    show("nearest training source's partner", partners(data, held_out, config["objective"]["source"], flags.weights))
    for run in flags.runs:
        sampler = gan_jax.load(run)
        values = paired(sampler, held_out, flags.weights)
        show(sampler.name, {value.name: value.estimate for value in values})


def rest(config: dict) -> dict:
    found = schema.held_out(config["data"]["source"])
    if found is None:
        raise SystemExit("The data source of the run holds nothing out: give it a split such as [:80%].")
    return found


def partners(data, held_out, source: str, weights: str) -> dict:
    """What the pictures' nearest neighbours among the training sources belong to."""
    arrays = data.arrays()
    known = arrays[source].reshape(len(data), -1).astype(np.float32)
    asked, right = held_out.column(source), held_out.column("image")
    nearest = [int(np.square(known - x.reshape(-1)).sum(1).argmin()) for x in asked.astype(np.float32)]
    found = arrays["image"][nearest]
    values = {"l1": l1(right, found), "psnr": psnr(right, found), "ssim": ssim(right, found)}
    if weights:
        values["lpips_squeeze"] = lpips.load(weights)(right, found)
    return values


def show(name: str, values: dict) -> None:
    words = []
    for key, value in values.items():
        of_images = isinstance(value, np.ndarray)
        mean, error = (value.mean(), value.std() / np.sqrt(len(value))) if of_images else (value.value, value.sd)
        words.append(f"{key} {mean:.4f} ± {error:.4f}")
    print(f"{name:<36}{'  '.join(words)}", flush=True)


if __name__ == "__main__":
    main()
