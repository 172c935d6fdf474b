"""How well rooms are completed from their left halves, beside the nearest training room.

python benchmarks/completion_quality.py RUN [RUN ...] [--num=200]

Of held-out rooms, in the half that was not given: intersection over union with the true half, the share of voxels that
are furniture (what stands away from walls and floor) beside the true share, and the number of parts of the whole room.
`the nearest room` is the training room whose left half differs in fewest voxels, and `the walls alone` is what all
training rooms share at most places.
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
    middle = true.shape[3] // 2
    answers = {
        "the true room": true,
        "the nearest room": completed(true, known[nearest(known, true, middle)], middle),
        "the walls alone": completed(true, np.broadcast_to(known.mean(axis=0) > 0.5, true.shape), middle),
    }
    for sampler in samplers:
        answers[sampler.name] = inside(sampler(range(len(given)), {"source": given}))
    for name, found in answers.items():
        overlap = shapes.intersection_over_union(found[..., middle:], true[..., middle:])
        pieces, _ = shapes.pieces(found)
        print(
            f"{name:<28}IoU {overlap.mean():.3f} ± {overlap.std() / np.sqrt(len(overlap)):.3f}  "
            f"furniture {furniture(found, middle):.4f}  parts {pieces.mean():.2f}",
            flush=True,
        )


def nearest(known: np.ndarray, true: np.ndarray, middle: int) -> np.ndarray:
    """The training room, for each held-out one, whose given half is the most like its own."""
    a, b = (grid[..., :middle].reshape(len(grid), -1).astype(np.float32) for grid in (true, known))
    return (a.sum(1)[:, None] + b.sum(1) - 2 * a @ b.T).argmin(axis=1)


def completed(true: np.ndarray, other: np.ndarray, middle: int) -> np.ndarray:
    return np.concatenate([true[..., :middle], other[..., middle:]], axis=-1)


def furniture(found: np.ndarray, middle: int) -> float:
    """The share of voxels in the half that was not given which lie three voxels and more from the room's sides."""
    return float(found[:, 3:-3, 3:-3, middle:-3].mean())


if __name__ == "__main__":
    main()
