"""How well a watermark outlasts what happens to pictures, and the training of a model on marked pictures.

python benchmarks/watermark_quality.py READER --message=DIGITS --marked=FOLDER [--run=RUN ...] [--rate=1e-6]

For the coloured pictures of FOLDER, which carry the message, and for samples of each RUN, a model trained on such: PSNR
of what was done to them, bits that are read right (± the standard error over pictures), and the share in which the
message is found at that rate of false alarms by the binomial test. Beside them what the reader gives for its own data
without marks, by which that test may be used or not. The things done are from Stable Signature's protocol and WAVES'.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image, ImageEnhance, ImageOps

import gan_jax
from gan_jax.data import kinds
from gan_jax.evaluation.recoding import blurred, encoded, parse_encoding, resized
from gan_jax.objectives.watermark import signs_of
from gan_jax.provenance import bits

Change = Callable[[np.ndarray], np.ndarray]


def each(function: Callable[[Image.Image], Image.Image]) -> Change:
    return lambda images: np.stack([np.asarray(function(Image.fromarray(image))) for image in images])


def jpeg(quality: int) -> Change:
    return lambda images: encoded(images, parse_encoding(f"jpeg:{quality}", "quality"))


def crop(share: float) -> Change:
    """The middle, of so much of the area, at the old size."""

    def change(image: Image.Image) -> Image.Image:
        sides = np.array(image.size)
        lost = sides * (1 - share**0.5) / 2
        return image.resize(image.size, Image.Resampling.BICUBIC, box=(*lost, *(sides - lost)))

    return each(change)


def noise(deviation: float) -> Change:
    def change(images: np.ndarray) -> np.ndarray:
        drawn = np.random.default_rng(0).normal(0, 255 * deviation, images.shape)
        return np.clip(np.rint(images + drawn), 0, 255).astype(np.uint8)

    return change


def erased(images: np.ndarray) -> np.ndarray:
    """The middle quarter of the area is grey."""
    images = images.copy()
    height, width = images.shape[1:3]
    images[:, height // 4 : height - height // 4, width // 4 : width - width // 4] = 128
    return images


def brighter(factor: float) -> Change:
    return each(lambda image: ImageEnhance.Brightness(image).enhance(factor))


def turned(angle: float) -> Change:
    return each(lambda image: image.rotate(angle, Image.Resampling.BICUBIC))


CHANGES: dict[str, Change] = {
    "none": lambda images: images,
    **{f"JPEG {quality}": jpeg(quality) for quality in (90, 80, 50, 10)},
    "crop, 50 % of the area": crop(0.5),
    "crop, 10 % of the area": crop(0.1),
    "resize, 50 % of the area": lambda images: resized(images, 0.5**0.5, back=True),
    "resize, 10 % of the area": lambda images: resized(images, 0.1**0.5, back=True),
    **{f"turn by {angle}°": turned(angle) for angle in (5, 90)},
    "mirror": each(ImageOps.mirror),
    **{f"blur {sigma}": lambda images, s=sigma: blurred(images, s) for sigma in (0.5, 1.0, 2.0)},
    **{f"noise {deviation}": noise(deviation) for deviation in (0.02, 0.05, 0.1)},
    "brightness x1.5": brighter(1.5),
    "contrast x1.5": each(lambda image: ImageEnhance.Contrast(image).enhance(1.5)),
    "erased, 25 %": erased,
    "crop 50 %, brightness x1.5, JPEG 80": lambda images: jpeg(80)(brighter(1.5)(crop(0.5)(images))),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("reader", type=Path)
    parser.add_argument("--message", required=True)
    parser.add_argument("--marked", required=True)
    parser.add_argument("--run", action="append", default=[], type=Path)
    parser.add_argument("--num", type=int, default=1000)
    parser.add_argument("--rate", type=float, default=1e-6)
    flags = parser.parse_args()
    reader = gan_jax.load(flags.reader)
    size = reader.output("bits").shape[0]
    signs = signs_of(flags.message, size, "--message")
    unmarked = reader(range(min(len(reader.data), bits.ENOUGH)), draw="bits")
    middle = bits.middle(unmarked)
    coins = bits.coins(unmarked - middle, signs)
    least = bits.threshold(size, flags.rate)
    print(f"{coins}, fair: {coins.fair}\nfound from {least} of {size} bits on, at a rate of {flags.rate:g}\n")
    column = reader.conditions("bits")["image"]
    images, _ = kinds.of(column).parse(flags.marked, column, "--marked")
    sets = {"marked": np.asarray(images)[: flags.num]}
    for run in flags.run:
        sets[run.name] = gan_jax.load(run)(range(flags.num))
    heads = " | ".join(f"{name}: PSNR | bits | found" for name in sets)
    print(f"| | {heads} |\n|---{'|---|---|---' * len(sets)}|")
    for name, change in CHANGES.items():
        cells = []
        for images in sets.values():
            changed = change(images)
            right = bits.agreeing(reader(range(len(changed)), {"image": changed}, draw="bits") - middle, signs)
            error = np.square(changed.astype(float) - images).mean()
            psnr = f"{10 * np.log10(255**2 / error):.1f}" if error else ""
            spread = right.std() / size / np.sqrt(len(right))
            cells += [psnr, f"{right.mean() / size:.3f} ± {spread:.3f}", f"{(right >= least).mean():.3f}"]
        print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


if __name__ == "__main__":
    main()
