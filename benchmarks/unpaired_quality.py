"""How close translations that were learned without pairs come to the partners that held-out pictures do have.

python benchmarks/unpaired_quality.py RUN [RUN ...] --pairs=FILE.npz --image=ARRAY --source=ARRAY [--weights=FILE]

The file holds pairs, of which the runs were trained on the one array of some and on the other array of others; the
pairs that are measured are those of --split. For each run: the distance of colours (of the pictures' means, in values
in [-1, 1]), L1 and, with weights, LPIPS on SqueezeNet between answers and partners. Beside them three ways that look at
nothing: the source itself, the source with its mean colour brought to that of the other set, and a random picture of
the other set.
"""

import argparse
from pathlib import Path

import numpy as np

import gan_jax
from gan_jax.data import dataset, order
from gan_jax.data.sources import npz
from gan_jax.features import lpips
from gan_jax.metrics.reconstruction import l1


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--pairs", required=True)
    parser.add_argument("--image", required=True)
    parser.add_argument("--source", required=True)
    parser.add_argument("--split", default="[80%:]")
    parser.add_argument("--weights", default="", help="a file with SqueezeNet and LPIPS's heads")
    flags = parser.parse_args()
    samplers = [gan_jax.load(run) for run in flags.runs]
    resolution = tuple(samplers[0].facts["image_shape"][:2])
    pairs = npz.make(flags.pairs, images=flags.image, columns=(("source", flags.source),), split=flags.split)
    arrays = dataset.make(pairs, resolution=resolution, channels=3).arrays()
    right, source = arrays["image"], arrays["source"]
    print(f"{len(right)} pairs of {right.shape[1:]}")
    answers = {
        "the source itself": source,
        "the source in mean colours": shifted(source, right),
        "a random picture": right[order.permutation(len(right), 0)],
    }
    answers |= {sampler.name: sampler(range(len(source)), {"source": source}) for sampler in samplers}
    perceptual = lpips.load(flags.weights) if flags.weights else None
    for name, found in answers.items():
        values = {"colour": colour(right, found), "l1": l1(right, found)}
        if perceptual:
            values["lpips_squeeze"] = perceptual(right, found)
        words = [f"{key} {x.mean():.4f} ± {x.std() / np.sqrt(len(x)):.4f}" for key, x in values.items()]
        print(f"{name:<36}{'  '.join(words)}", flush=True)


def colour(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The mean absolute difference of the pictures' mean colours, [N]."""
    return np.abs(a.mean((1, 2)) - b.mean((1, 2))).mean(axis=1) / 127.5


def shifted(source: np.ndarray, right: np.ndarray) -> np.ndarray:
    moved = source + right.mean((0, 1, 2)) - source.mean((0, 1, 2))
    return np.clip(np.rint(moved), 0, 255).astype(np.uint8)


if __name__ == "__main__":
    main()
