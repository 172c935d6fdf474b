"""A small network that hears: from a waveform to what it says of a picture."""

from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Positive
from gan_jax.errors import InputError
from gan_jax.nets.layers import Dense
from gan_jax.nets.mel import FLOOR, log_mel
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.reading import Read, masked_mean

Seconds = Annotated[float, Bounds(1e-4)]


class Encoder(nn.Module):
    """Dense layers on mel frames and their neighbours, twice; the sentence is the mean over time.

    `bins` are bands of a frame of `window` seconds, one each `hop` seconds. Frames of silence are not listened to.
    """

    rate: int = 0
    dtype: Any = jnp.float32
    width: Positive = 64
    bins: Positive = 40
    window: Seconds = 0.025
    hop: Seconds = 0.01

    @nn.compact
    def __call__(self, waveform: Float[Array, "batch samples"], *, train: bool) -> Read:
        """Samples in [-1, 1]."""
        if not self.rate:
            raise InputError("sound.Encoder hears: objective.condition should name a column of sounds.")
        x = log_mel(waveform, self.rate, bins=self.bins, window=self.window, hop=self.hop)
        silence = jnp.log(FLOOR)
        there = (x > silence + 1e-3).any(axis=-1)
        x = (x - silence) / 10  # about 0 to 2
        for number in range(2):
            around = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
            x = jnp.concatenate([around[:, :-2], x, around[:, 2:]], axis=-1)
            layer = Dense(self.width, initializer="he", dtype=self.dtype, name=f"dense_{number}")
            x = nn.relu(layer(x, train=train))
        x = Dense(self.width, initializer="lecun", dtype=self.dtype, name="out")(x, train=train)
        x = unit_mean_square(x.astype(jnp.float32))
        return Read(masked_mean(x, there), x, there)
