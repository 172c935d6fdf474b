"""How well rooms are completed from their left halves, beside the nearest training room.

python benchmarks/completion_quality.py RUN [RUN ...] [--num=200]

Of held-out rooms, in the half that was not given: intersection over union with the true half, and the share of voxels
that are full where most training rooms are empty, which is furniture; and the number of parts of the whole room. `the
nearest room` is the training room whose left half differs in fewest voxels, `the usual room` what is full in most.
"""

import argparse
from pathlib import Path

import numpy as np

import gan_jax
from gan_jax.data import dataset
from gan_jax.data.sources import rooms
from gan_jax.data.voxels import inside
from gan_jax.evaluation.examples import some_of
from gan_jax.metrics import shapes


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--num", type=int, default=200)
    flags = parser.parse_args()
    samplers = [gan_jax.load(run) for run in flags.runs]
    held_out = some_of(samplers[0].data.like(rooms.make(split="[90%:]")), flags.num)
    given, true = held_out.column("source"), inside(held_out.column("image"))
    known = inside(dataset.make(rooms.make(split="[:90%]")).arrays()["image"])
    middle, usual = true.shape[3] // 2, known.mean(axis=0) > 0.5
    answers = {
        "the true room": true,
        "the nearest room": completed(true, known[nearest(known, true, middle)], middle),
        "the usual room": completed(true, np.broadcast_to(usual, true.shape), middle),
    }
    for sampler in samplers:
        answers[sampler.name] = inside(sampler(range(len(given)), {"source": given}))
    for name, found in answers.items():
        overlap = shapes.intersection_over_union(found[..., middle:], true[..., middle:])
        pieces, _ = shapes.pieces(found)
        print(
            f"{name:<28}IoU {overlap.mean():.3f} ± {overlap.std() / np.sqrt(len(overlap)):.3f}  "
            f"furniture {(found & ~usual)[..., middle:].mean():.4f}  parts {pieces.mean():.2f}",
            flush=True,
        )


def nearest(known: np.ndarray, true: np.ndarray, middle: int) -> np.ndarray:
    """The training room, for each held-out one, whose given half is the most like its own."""
    a, b = (grid[..., :middle].reshape(len(grid), -1).astype(np.float32) for grid in (true, known))
    return (a.sum(1)[:, None] + b.sum(1) - 2 * a @ b.T).argmin(axis=1)


def completed(true: np.ndarray, other: np.ndarray, middle: int) -> np.ndarray:
    return np.concatenate([true[..., :middle], other[..., middle:]], axis=-1)


if __name__ == "__main__":
    main()
