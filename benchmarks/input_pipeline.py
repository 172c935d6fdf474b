"""Images per second of each way that data can come, alone and into a training step, beside a step on one held batch.

    python benchmarks/input_pipeline.py [--count 2048] [--steps 30] [--rounds 3]

DCGAN on 32x32 RGB, batch 64. "waits" is the share of the loop's time in which it waits for the next batch or puts it on
the device. Each way takes turns with the held batch; the best round of either counts, the waiting is that of its round.
Workers are processes that decode, 0 is threads; all share the cores with the step where there is no accelerator.
"""

import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import families
import jax
import numpy as np
import tables
import training_step
from PIL import Image

from gan_jax.config import experiment, schema
from gan_jax.data import loader
from gan_jax.data.dataset import Dataset

STEP = "dcgan-32"
BATCH = families.batch_size(STEP)


def write_images(folder: Path, count: int) -> None:
    """The sprites as PNG files, and as one npz file of arrays."""
    sprites = dataset(dict(name="sprites", count=count, resolution=(32, 32)))
    images = sprites.arrays()["image"]
    (folder / "png").mkdir()
    for i, image in enumerate(images):
        Image.fromarray(image).save(folder / "png" / f"{i:06d}.png")
    np.savez(folder / "images.npz", images=images)


def dataset(source: dict[str, Any], **settings: Any) -> Dataset:
    config = families.config(STEP) | {"data": dict(source=source, resolution=(32, 32), **settings)}
    return experiment.make_data(schema.resolve_config(config))


def ways(folder: Path, count: int) -> dict[str, Dataset]:
    sprites = dict(name="sprites", count=count, resolution=(32, 32))
    png = dict(name="images", path=str(folder / "png"))
    npz = dict(name="npz", path=str(folder / "images.npz"))
    return {
        "in memory": dataset(npz),
        "npz, streamed": dataset(npz, memory=0.0),
        "PNG folder, streamed": dataset(png, memory=0.0),
        "PNG folder, 1 worker": dataset(png, memory=0.0, workers=1),
        "sprites drawn on the way": dataset(sprites, memory=0.0),
    }


class Race:
    """One training state that goes on through all that is measured."""

    def __init__(self) -> None:
        self.state, self.devices, self.call = training_step.make(STEP)

    def held(self, batches: dict[str, jax.Array], resident: dict[str, jax.Array], steps: int) -> float:
        """Seconds of the steps on one batch that is there already."""
        start = time.perf_counter()
        for _ in range(steps):
            self.state, report = self.call(self.state, batches, resident)
        jax.block_until_ready((self.state, report))
        return time.perf_counter() - start

    def fed(self, feed: Iterator[dict[str, np.ndarray]], resident: dict[str, jax.Array], steps: int) -> list[float]:
        """Seconds of the steps on new batches, and the seconds of them that went into waiting."""
        start, waited = time.perf_counter(), 0.0
        for _ in range(steps):
            began = time.perf_counter()
            batches = self.devices.put_batches([next(feed)])
            waited += time.perf_counter() - began
            self.state, report = self.call(self.state, batches, resident)
        jax.block_until_ready((self.state, report))
        return [time.perf_counter() - start, waited]

    def measure(self, name: str, data: Dataset, steps: int, rounds: int) -> tables.Row:
        resident = self.devices.replicate(data.arrays()) if data.fits_in_memory else {}
        feed = loader.batches(data, seed=0, start_step=0, examples_per_step=BATCH)
        first = self.devices.put_batches([next(feed)])
        self.held(first, resident, 1)  # compiles
        results = [(self.held(first, resident, steps), *self.fed(feed, resident, steps)) for _ in range(rounds)]
        start = time.perf_counter()
        for _ in itertools.islice(feed, 4 * steps):
            pass
        alone = time.perf_counter() - start
        feed.close()
        total, waited = min(result[1:] for result in results)
        held = min(result[0] for result in results)
        return {
            "data": name,
            "alone, images/s": 4 * steps * BATCH / alone,
            "in training, images/s": steps * BATCH / total,
            "to a held batch": held / total,
            "waits": f"{waited / total:.2%}",
            "versions": f"jax {jax.__version__}",
        }


def main() -> None:
    parser = tables.parser(__doc__)
    parser.add_argument("--count", type=int, default=2048)
    parser.add_argument("--steps", type=int, default=30)
    parser.add_argument("--rounds", type=int, default=3)
    flags = parser.parse_args()
    race = Race()
    with tempfile.TemporaryDirectory() as folder:
        write_images(Path(folder), flags.count)
        cases = ways(Path(folder), flags.count)
        rows = [race.measure(name, data, flags.steps, flags.rounds) for name, data in cases.items()]
    tables.publish(rows, flags.out)


if __name__ == "__main__":
    main()
