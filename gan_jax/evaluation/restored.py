"""How near restored pictures are to the right ones, at their own sizes, beside bicubic interpolation."""

from collections.abc import Iterator

import numpy as np
from jaxtyping import UInt8
from tqdm import tqdm

from gan_jax.data import bicubic
from gan_jax.data.pixels import to_channels
from gan_jax.errors import InputError
from gan_jax.evaluation.comparison import Value
from gan_jax.evaluation.examples import Examples
from gan_jax.features import lpips
from gan_jax.features.lpips import Lpips
from gan_jax.metrics.reconstruction import psnr, ssim
from gan_jax.metrics.samples import Estimate
from gan_jax.sampling.sampler import Sampler

Picture = UInt8[np.ndarray, "height width channels"]
Source = UInt8[np.ndarray, "low_height low_width low_channels"]
Made = UInt8[np.ndarray, "height width made_channels"]


def restoration(
    sampler: Sampler, examples: Examples, weights: str = "", draw: str = "", progress: bool = False
) -> Iterator[Value]:
    """PSNR (dB), SSIM and LPIPS of what a draw makes of whole pictures, beside those of their bicubic enlargements.

    The first two are of luma (`psnr_y`) and of colours (`psnr_rgb`), of pictures cut to multiples of the scale and
    without a border as wide; grey pictures are compared in grey. LPIPS (`lpips_squeeze`) is there with its weights, as
    of `paired`, and leaves out pictures that are too small for its network. `consistency` is the PSNR between what a
    draw is asked with and its answer made as small again. Where nothing is enlarged, the baseline is the `source`
    itself.
    """
    request = sampler.request(draw)
    asked = [name for name, column in request.conditions.items() if column.kind == "image"]
    if not asked or request.draw.local is None:
        raise InputError(f"restoration: the draw {request.name!r} is not made of pictures of any size: ask for paired.")
    data = sampler.data.like(examples.data.source)
    scale = sampler.facts["image_shape"][0] // request.conditions[asked[0]].shape[0]
    rows = []
    for i in tqdm(examples.chosen.tolist(), desc=f"Drawing {request.name}", unit=" pictures", disable=not progress):
        example = data.whole(i, scale)
        missing = [name for name in request.conditions if name not in example]
        if missing:
            raise InputError(f"restoration: {missing[0]!r} is no column of pictures, nor made of the pictures.")
        condition = {name: example[name] for name in request.conditions}
        [answer] = sampler.each([i], [condition], draw=draw)
        is_grey = data.source[i]["image"].shape[-1] == 1
        perceptual = lpips.if_there(weights, example["image"].shape[:2], batch_size=1)
        rows.append(_values(example["image"], condition[asked[0]], answer, scale, is_grey, perceptual))
    for name in dict.fromkeys(name for row in rows for name in row):
        values = np.array([row[name] for row in rows if name in row])
        estimate = Estimate(float(values.mean()), float(values.std() / np.sqrt(len(values))))
        yield Value(name, estimate, {"scale": scale})


def _values(
    right: Picture, source: Source, answer: Made, scale: int, is_grey: bool, perceptual: Lpips | None
) -> dict[str, float]:
    """All the numbers of one picture."""
    values = _closeness(right, answer, scale, is_grey, perceptual)
    enlarged = bicubic.resize_pixels(source, right.shape[:2])
    baseline = "bicubic" if scale > 1 else "source"
    values |= {f"{baseline}_{name}": x for name, x in _closeness(right, enlarged, scale, is_grey, perceptual).items()}
    if scale > 1:
        again = bicubic.resize_pixels(answer, source.shape[:2])
        values["consistency"] = psnr(to_channels(source, answer.shape[-1])[None], again[None]).item()
    return values


def _closeness(right: Picture, answer: Made, scale: int, is_grey: bool, perceptual: Lpips | None) -> dict[str, float]:
    channels, border = 1 if is_grey else right.shape[-1], scale if scale > 1 else 0
    a, b = (to_channels(picture, channels)[None] for picture in (right, answer))
    values = {}
    for name, plane in (("y", "luma"), ("rgb", "all")):
        settings = dict(border=border, plane=plane)
        values |= {f"psnr_{name}": psnr(a, b, **settings).item(), f"ssim_{name}": ssim(a, b, **settings).item()}
    if perceptual:
        values["lpips_squeeze"] = perceptual(a, b).item()
    return values
