"""Spectra of images: the cheapest gauge of what up-sampling leaves behind (Durall et al. 2020, arXiv 2003.01826)."""

import numpy as np
from jaxtyping import Float, Float64, UInt8

FLOOR = 1e-8  # of power: an image of one colour has none


def profile(images: UInt8[np.ndarray, "n height width channels"]) -> Float64[np.ndarray, "n rings"]:
    """The mean power over rings of whole frequencies about the constant part, of grey images of unit variance.

    Ring r is of r periods along the shorter side; the last ones, above half of it, are of diagonals alone. log10.
    """
    grey = images.astype(np.float64).mean(axis=3)
    grey -= grey.mean(axis=(1, 2), keepdims=True)
    grey /= np.maximum(grey.std(axis=(1, 2), keepdims=True), FLOOR)
    power = np.abs(np.fft.fft2(grey)) ** 2
    ring = _rings(*images.shape[1:3])
    counts = np.bincount(ring.ravel())
    sums = np.zeros((len(images), len(counts)))
    for number in range(len(counts)):
        sums[:, number] = power[:, ring == number].sum(axis=1)
    return np.log10(sums[:, counts > 0] / counts[counts > 0] + FLOOR)


def _rings(height: int, width: int) -> np.ndarray:
    down, across = np.fft.fftfreq(height), np.fft.fftfreq(width)
    return np.rint(np.hypot(down[:, None], across) * min(height, width)).astype(int)


def compared(
    real: UInt8[np.ndarray, "n height width channels"], fake: UInt8[np.ndarray, "m height width channels"]
) -> dict[str, float]:
    """How far apart the mean profiles are: over all rings, and at the finest of both axes, in powers of ten."""
    difference = profile(fake).mean(axis=0) - profile(real).mean(axis=0)
    return {
        "distance": float(np.abs(difference[1:]).mean()),
        "finest": float(difference[min(real.shape[1:3]) // 2]),
    }


def traces(images: UInt8[np.ndarray, "n height width channels"]) -> Float[np.ndarray, "n features"]:
    """Statistics of what an image holds beyond its own half (NPR, Tan et al. 2024, arXiv 2312.10461).

    x - up(down(x)), nearest, for each of the three places in patches of 2x2: the moments of each, how they go together,
    and how each goes with its neighbours. Odd sides lose their last row or column.
    """
    height, width = (side // 2 * 2 for side in images.shape[1:3])
    x = images[:, :height, :width].astype(np.float64).mean(axis=3) / 255
    corner = x[:, ::2, ::2]
    parts = [x[:, i::2, j::2] - corner for i, j in ((0, 1), (1, 0), (1, 1))]
    found = []
    for part in parts:
        flat = part.reshape(len(part), -1)
        spread = flat.std(axis=1) + 1e-3
        found += [flat.mean(axis=1), np.log(spread), np.log(np.abs(flat).mean(axis=1) + 1e-3)]
        found += [((flat - flat.mean(axis=1, keepdims=True)) ** 4).mean(axis=1) ** 0.25 / spread]
        found += [np.mean(np.abs(flat) < 1 / 510, axis=1)]
        found += [(part[:, 1:] * part[:, :-1]).mean(axis=(1, 2)) / spread**2]
        found += [(part[:, :, 1:] * part[:, :, :-1]).mean(axis=(1, 2)) / spread**2]
    for a, b in ((0, 1), (0, 2), (1, 2)):
        spread = (parts[a].std(axis=(1, 2)) + 1e-3) * (parts[b].std(axis=(1, 2)) + 1e-3)
        found.append((parts[a] * parts[b]).mean(axis=(1, 2)) / spread)
    return np.stack(found, axis=1)
