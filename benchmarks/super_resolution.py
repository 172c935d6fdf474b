"""What bicubic interpolation and runs reach on sets of photographs, as papers of super-resolution measure it.

python benchmarks/super_resolution.py SET5 [SET14 ...] [--runs RUN [RUN ...]]

A set is a folder or zip of pictures. They are cut to multiples of the scale, made smaller by the bicubic filter, and
compared without a border as wide as the scale: PSNR in dB and SSIM, of luma in whole levels, as MATLAB has it, of luma
as it is, and of colours. Rows of runs are those of `restoration`, at each run's own scale.
"""

import argparse
from pathlib import Path

import numpy as np

import gan_jax
from gan_jax.data import bicubic, dataset
from gan_jax.data.sources import images
from gan_jax.evaluation.examples import some_of
from gan_jax.evaluation.restored import restoration
from gan_jax.metrics.reconstruction import luma, psnr, ssim

SCALES = (2, 3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="+", type=Path)
    parser.add_argument("--runs", nargs="*", default=[], type=Path)
    flags = parser.parse_args()
    print(f"{'':<32}{'luma in levels':>18}{'luma':>18}{'colours':>18}{'consistency':>13}")
    for folder in flags.sets:
        source = images.make(str(folder), class_depth=0)
        pictures = [source[i]["image"] for i in range(len(source))]
        for scale in SCALES:
            values = np.mean([interpolated(picture, scale) for picture in pictures], axis=0)
            show(f"{folder.name}, x{scale}, bicubic", values)
        for run in flags.runs:
            sampler = gan_jax.load(run)
            found = {x.name: x for x in restoration(sampler, some_of(dataset.make(source)))}
            scale = found["psnr_y"].settings["scale"]
            means = [found[f"{name}_{plane}"].estimate.value for plane in ("y", "rgb") for name in ("psnr", "ssim")]
            show(f"{folder.name}, x{scale}, {run.name}", [None, None, *means], found["consistency"].estimate.value)


def interpolated(picture: np.ndarray, scale: int) -> list[float]:
    """PSNR and SSIM of each kind for one picture."""
    height, width = (side // scale * scale for side in picture.shape[:2])
    right = picture[:height, :width]
    low = bicubic.resize_pixels(right, (height // scale, width // scale))
    pair = [right[None], bicubic.resize_pixels(low, (height, width))[None]]
    in_levels = [np.rint(luma(x.astype(float))).astype(np.uint8) if x.shape[-1] == 3 else x for x in pair]
    kinds = ((in_levels, "all"), (pair, "luma"), (pair, "all"))
    return [metric(*x, border=scale, plane=plane)[0] for x, plane in kinds for metric in (psnr, ssim)]


def show(name: str, values: list, consistency: float | None = None) -> None:
    pairs = zip(values[::2], values[1::2], strict=True)
    cells = ["" if a is None else f"{a:.2f} / {b:.4f}" for a, b in pairs]
    last = "" if consistency is None else f"{consistency:.2f}"
    print(f"{name:<32}{''.join(f'{cell:>18}' for cell in cells)}{last:>13}", flush=True)


if __name__ == "__main__":
    main()
