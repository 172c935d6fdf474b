"""Paints photographs by rule, strokes in a palette, so that a style can be learned whose true map is known.

python benchmarks/painter.py PHOTOGRAPHS OUT.npz [--size=64] [--palette=12] [--seed=0]

PHOTOGRAPHS is a folder, an .npz file or a data source, such as "images(path='flowers', class_depth=1)".
OUT holds `photograph` and `painting` [N, size, size, 3], uint8, a pair at each place, and `labels`. Each picture is
painted from broad strokes to fine ones, along the edges, in the colour of the palette that is nearest to what lies
there; the palette is of all photographs. `unpaired_quality.py` reads the
pairs. Labels are of what is seen, not styles: sources of them take labels="".
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw
from scipy import ndimage
from scipy.cluster.vq import kmeans2
from tqdm import tqdm

from gan_jax.evaluation import image_sets

LAYERS = ((7, 18), (4, 10), (2, 6))  # widths and lengths of strokes, in pixels of a picture with sides of 64
ENLARGED = 4  # times the picture's size that is painted on, so that strokes have smooth edges


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("photographs")
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--palette", type=int, default=12)
    parser.add_argument("--seed", type=int, default=0)
    flags = parser.parse_args()
    images, labels = image_sets.parse(flags.photographs, (flags.size, flags.size), 3).whole()
    colours = palette(images, flags.palette, flags.seed)
    paintings = [
        painted(image, colours, np.random.default_rng((flags.seed, i))) for i, image in enumerate(tqdm(images))
    ]
    named = {} if labels is None else {"labels": labels}
    np.savez(flags.out, photograph=images, painting=np.stack(paintings), **named)


def palette(images: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Colours that stand for those of all pictures, [count, 3], made more saturated, as paint is."""
    pixels = images.reshape(-1, 3).astype(np.float64)
    pixels = pixels[np.random.default_rng(seed).choice(len(pixels), 20_000)]
    centres, _ = kmeans2(pixels, count, seed=seed, minit="++")
    grey = centres.mean(axis=1, keepdims=True)
    return np.clip(grey + 1.5 * (centres - grey), 0, 255)


def painted(image: np.ndarray, colours: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """The painting of a photograph [size, size, 3]."""
    size = len(image)
    unit = size / 64
    canvas = Image.new("RGB", (size * ENLARGED, size * ENLARGED), tuple(nearest(image.mean((0, 1)), colours).tolist()))
    brush = ImageDraw.Draw(canvas)
    grey = image.mean(axis=2)
    for width, length in LAYERS:
        blur = width * unit / 2
        colour_maps = [ndimage.gaussian_filter(image[..., c].astype(np.float64), blur) for c in range(3)]
        slopes = [ndimage.gaussian_filter(grey, blur, order=order) for order in ((1, 0), (0, 1))]
        places = np.mgrid[0 : size : 1.4 * blur, 0 : size : 1.4 * blur].reshape(2, -1).T
        places = random.permutation(places) + random.uniform(-1, 1, places.shape) * blur / 2
        rows, columns = np.clip(places.astype(int), 0, size - 1).T
        chosen = nearest(np.stack(colour_maps, axis=-1)[rows, columns], colours)
        down, across = (slope[rows, columns] for slope in slopes)
        angles = np.arctan2(across, -down) + random.normal(0, 0.15, len(places))  # along the edge
        halves = np.stack([np.cos(angles), np.sin(angles)], axis=-1) * length * unit / 2
        ends = np.concatenate([places[:, ::-1] - halves, places[:, ::-1] + halves], axis=-1) * ENLARGED
        for line, colour in zip(ends.tolist(), chosen.tolist(), strict=True):
            stroke(brush, line, tuple(colour), width * unit * ENLARGED)
    return np.asarray(canvas.resize((size, size), Image.Resampling.BOX))


def stroke(brush: ImageDraw.ImageDraw, line: list[float], colour: tuple[int, ...], width: float) -> None:
    """A line with round ends."""
    brush.line(line, fill=colour, width=round(width))
    for x, y in (line[:2], line[2:]):
        brush.ellipse([x - width / 2, y - width / 2, x + width / 2, y + width / 2], fill=colour)


def nearest(seen: np.ndarray, colours: np.ndarray) -> np.ndarray:
    """The colour of the palette that is nearest to each [..., 3], uint8."""
    return colours[np.square(seen[..., None, :] - colours).sum(axis=-1).argmin(axis=-1)].astype(np.uint8)


if __name__ == "__main__":
    main()
