"""From waveforms to logarithms of energies in bands that are even on the mel scale (Davis & Mermelstein 1980)."""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float

from gan_jax.errors import InputError

Numbers = float | np.floating | Float[np.ndarray, "..."]

FLOOR = 1e-6  # of an energy, below which all is silence


def to_mel(hertz: Numbers) -> Numbers:
    """2595 log10(1 + f / 700), as HTK has it: 1000 Hz are 1000 mel."""
    return 2595 * np.log10(1 + np.asarray(hertz) / 700)


def from_mel(mel: Numbers) -> Numbers:
    """The inverse of `to_mel`."""
    return 700 * (10 ** (np.asarray(mel) / 2595) - 1)


def filterbank(bins: int, size: int, rate: int) -> Float[np.ndarray, "frequencies bins"]:
    """Triangles of height 1 from one centre to the next, of the frequencies of a real FFT of `size` samples.

    Centres are even in mel from 0 to half of the rate, both ends left out; every frequency between the first and the
    last centre counts once in all.
    """
    edges = from_mel(np.linspace(0, to_mel(rate / 2), bins + 2))
    frequencies = np.arange(size // 2 + 1) * rate / size
    rising = (frequencies[:, None] - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - frequencies[:, None]) / (edges[2:] - edges[1:-1])
    return np.maximum(np.minimum(rising, falling), 0).astype(np.float32)


def log_mel(
    waveform: Float[Array, "batch samples"], rate: int, *, bins: int, window: float, hop: float
) -> Float[Array, "batch frames bins"]:
    """Logarithms of energies in frames of `window` seconds, one each `hop` seconds, under a Hann window; float32."""
    length, step = round(window * rate), round(hop * rate)
    samples = waveform.shape[1]
    if samples < length or step < 1:
        raise InputError(
            f"a sound of {samples} samples at {rate} Hz is shorter than a frame of {window} s, or hop={hop} s than one "
            "sample: give longer sounds, or a smaller window"
        )
    size = 2 ** int(np.ceil(np.log2(length)))
    starts = np.arange(0, samples - length + 1, step)
    frames = waveform.astype(jnp.float32)[:, starts[:, None] + np.arange(length)]
    shaped = frames * np.hanning(length + 1)[:-1].astype(np.float32)
    power = jnp.square(jnp.abs(jnp.fft.rfft(shaped, n=size))) / length
    return jnp.log(power @ filterbank(bins, size, rate) + FLOOR)
