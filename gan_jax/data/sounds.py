"""Sounds as float32 in [-1, 1], of one sampling rate and length."""

import io
import math
import warnings
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Shaped
from scipy import signal
from scipy.io import wavfile

from gan_jax.errors import InputError

MAX_BYTES = 2**28  # of a file
STREAMED = b"\xff" * 4  # the size of one that was written before it was known


class Format(NamedTuple):
    """What sounds of a set are brought to."""

    rate: int  # samples in a second
    samples: int
    resample: bool  # those of other rates, which are refused else


def read_wav(data: bytes, where: str, wanted: Format) -> Float[np.ndarray, "samples"]:
    """A WAV file with its channels mixed, its beginning or followed by silence; `where` begins what is said of it.

    Another sampling rate is refused, or with `resample` brought to `rate` by a polyphase filter.
    """
    rate, samples, resample = wanted
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # of chunks that say who made the file
            if data[4:8] != STREAMED:
                warnings.filterwarnings("error", "Reached EOF prematurely", wavfile.WavFileWarning)
            own, values = wavfile.read(io.BytesIO(data))
    except Exception as error:  # scipy tells damage with half a dozen types
        raise InputError(f"{where} is no WAV file that can be read: {error}") from error
    if not values.size:
        raise InputError(f"{where} holds no sound")
    sound = _scaled(values, where)
    sound = sound.mean(axis=1) if sound.ndim == 2 else sound
    if own != rate:
        if not resample:
            raise InputError(
                f"{where} has {own} samples in a second, and {rate} are wanted: bring it there (ffmpeg -i IN.wav "
                f"-ar {rate} OUT.wav), or of data set sound_resample=True"
            )
        common = math.gcd(own, rate)
        sound = signal.resample_poly(sound, rate // common, own // common)
    return np.pad(sound[:samples], (0, max(0, samples - len(sound)))).astype(np.float32)


def _scaled(values: Shaped[np.ndarray, "..."], where: str) -> Float[np.ndarray, "..."]:
    if values.dtype == np.uint8:
        return (values.astype(np.float64) - 128) / 128
    if values.dtype.kind == "i":
        return values.astype(np.float64) / -float(np.iinfo(values.dtype).min)
    if not np.isfinite(values).all():
        raise InputError(f"{where} has samples that are no finite numbers")
    return values.astype(np.float64)
