"""Spectra of generated images against real ones as a picture: what up-sampling leaves behind is seen at its right."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from gan_jax.metrics.spectrum import profile
from gan_jax.sampling.export import replacing

Images = UInt8[np.ndarray, "n height width channels"]


def draw(real: Images, fakes: Mapping[str, Images], out: Path) -> None:
    """Draws mean profiles, up to the finest waves of an axis; the band is where nine of ten real images are."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 4), layout="constrained")
    axes = figure.subplots()
    rings = slice(1, min(real.shape[1:3]) // 2 + 1)
    of_real = profile(real)[:, rings]
    x = np.arange(1, of_real.shape[1] + 1)
    axes.fill_between(x, *np.quantile(of_real, (0.05, 0.95), axis=0), color="black", alpha=0.12, linewidth=0)
    axes.plot(x, of_real.mean(axis=0), color="black", label="real")
    for name, images in fakes.items():
        axes.plot(x, profile(images)[:, rings].mean(axis=0), label=name.replace("$", r"\$"))
    axes.set_xlabel("periods along a side")
    axes.set_ylabel("log10 of power")
    axes.legend(fontsize=8)
    with replacing(out) as temporary:
        figure.savefig(temporary, dpi=110)
