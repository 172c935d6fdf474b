"""How many of 1,000 modes a generator finds: digits of three colour channels, each one of ten (Metz et al. 2017).

python benchmarks/mode_coverage.py stack DIGITS.npz STACKED.npz    makes the set, to train on without labels
python benchmarks/mode_coverage.py score RUN DIGITS.npz --weights=FILE

A sample's mode is what a classifier of single digits (`gan-jax classifier`, trained on DIGITS.npz) reads in its three
channels. The score is the number of modes among 25,600 samples, and the divergence KL(samples || uniform) in nats.
Beside it stand as many new stacks of the same digits, which no generator should beat: for exact modes about .02 nats.
"""

import argparse
import json
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from jaxtyping import Int, UInt8

import gan_jax
from gan_jax.features import classifier
from gan_jax.features.base import Features

Stacks = UInt8[np.ndarray, "n height width 3"]

CLASSES = 10
TRAINED, SCORED = 50_000, 25_600


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="command", required=True)
    stack = commands.add_parser("stack")
    stack.add_argument("digits", type=Path)
    stack.add_argument("out", type=Path)
    score = commands.add_parser("score")
    score.add_argument("run", type=Path)
    score.add_argument("digits", type=Path)
    score.add_argument("--weights", required=True)
    score.add_argument("--seeds", type=int, default=SCORED)
    flags = parser.parse_args()
    if flags.command == "stack":
        images = stacked(flags.digits, TRAINED, seed=0)
        np.savez(flags.out, images=images, labels=np.zeros(len(images), np.int32))
        return
    reader = classifier.make(flags.weights)
    sampler = gan_jax.load(flags.run)
    real = stacked(flags.digits, flags.seeds, seed=1)
    show("real", np.concatenate([modes(part, reader) for part in np.array_split(real, 100)]))
    show(sampler.name, np.concatenate([modes(part, reader) for part in sampler.stream(range(flags.seeds))]))


def stacked(file: Path, count: int, seed: int) -> Stacks:
    """Three digits drawn with replacement, one in each channel."""
    with np.load(file, allow_pickle=False) as arrays:
        digits = arrays["images"].reshape(-1, *arrays["images"].shape[1:3])
    chosen = np.random.default_rng(seed).integers(len(digits), size=(count, 3))
    return np.stack([digits[column] for column in chosen.T], axis=-1)


def modes(images: Stacks, reader: Features) -> Int[np.ndarray, "n"]:
    """0 to 999: the digits that are read in the channels, as one number."""
    channels = [reader(images[..., channel, None])["logits"].argmax(axis=1) for channel in range(3)]
    return np.ravel_multi_index(channels, (CLASSES,) * 3)


def show(name: str, found: Iterable[int]) -> None:
    counts = np.bincount(found, minlength=CLASSES**3)
    share = counts[counts > 0] / counts.sum()
    divergence = float((share * np.log(share * CLASSES**3)).sum())
    row = {"of": name, "samples": int(counts.sum()), "modes": int((counts > 0).sum()), "kl": round(divergence, 4)}
    print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
