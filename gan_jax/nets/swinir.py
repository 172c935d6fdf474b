"""SwinIR (Liang et al. 2021): attention within windows of the small picture, every second time shifted by a half."""

from typing import Any

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from gan_jax.bounds import Positive
from gan_jax.errors import InputError
from gan_jax.nets.dropout import KeyData
from gan_jax.nets.layers import Conv, Dense
from gan_jax.nets.remat import apply_block
from gan_jax.nets.shuffle import pixel_shuffle
from gan_jax.types import Local

Images = Float[Array, "batch height width features"]
Windows = Float[Array, "windows places features"]

APART = -100.0  # added to the logits of places that lie beside each other only since a shifted picture wraps around


def windows_of(x: Images, window: int) -> Windows:
    """The places of each window, row by row."""
    batch, height, width, features = x.shape
    x = x.reshape(batch, height // window, window, width // window, window, features)
    return x.swapaxes(2, 3).reshape(-1, window * window, features)


def from_windows(x: Windows, shape: tuple[int, ...], window: int) -> Images:
    """The inverse of `windows_of`."""
    batch, height, width, features = shape
    x = x.reshape(batch, height // window, width // window, window, window, features)
    return x.swapaxes(2, 3).reshape(shape)


def offsets(window: int) -> Int[np.ndarray, "places places"]:
    """Which entry of a table [(2 window - 1)^2] stands for the way from one place of a window to another."""
    places = np.stack(np.indices((window, window))).reshape(2, -1)
    rows, columns = places[:, :, None] - places[:, None, :] + window - 1
    return rows * (2 * window - 1) + columns


def wrapped(height: int, width: int, window: int, shift: int) -> Float[np.ndarray, "windows places places"]:
    """What keeps places of a shifted picture apart that come from opposite edges of it."""
    sides = [np.digitize(np.arange(side), [side - window, side - shift]) for side in (height, width)]
    regions = (3 * sides[0][:, None] + sides[1])[None, :, :, None].astype(np.float32)
    regions = regions.reshape(height // window, window, width // window, window).swapaxes(1, 2).reshape(-1, window**2)
    return np.where(regions[:, :, None] == regions[:, None, :], 0.0, APART).astype(np.float32)


class WindowAttention(nn.Module):
    """Multi-head self-attention within windows, with a learned bias for the way from place to place."""

    heads: int
    window: int
    dtype: Any

    @nn.compact
    def __call__(self, x: Windows, apart: Float[np.ndarray, "n p p"] | None, *, train: bool) -> Windows:
        """The same shape."""
        count, places, width = x.shape
        shared = dict(initializer="dcgan", dtype=self.dtype)  # N(0, 0.02), as the authors have it
        values = Dense(3 * width, name="query_key_value", **shared)(x, train=train)
        query, key, value = jnp.moveaxis(values.reshape(count, places, 3, self.heads, width // self.heads), 2, 0)
        logits = jnp.einsum("nqhc,nkhc->nhqk", query, key, preferred_element_type=jnp.float32)
        table = self.param("bias", nn.initializers.truncated_normal(0.02), ((2 * self.window - 1) ** 2, self.heads))
        logits = logits * (width // self.heads) ** -0.5 + table[offsets(self.window)].transpose(2, 0, 1)
        if apart is not None:
            logits = logits.reshape(-1, len(apart), *logits.shape[1:]) + apart[:, None]
        weights = jax.nn.softmax(logits.reshape(count, self.heads, places, places)).astype(self.dtype)
        mixed = jnp.einsum("nhqk,nkhc->nqhc", weights, value).reshape(count, places, width)
        return Dense(width, name="out", **shared)(mixed, train=train)


class Layer(nn.Module):
    """Attention within windows, then a perceptron of each place, both added to what they are of."""

    heads: int
    window: int
    shift: int
    widening: int
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Images:
        """The same shape."""
        _, height, width, features = x.shape
        y = nn.LayerNorm(1e-5, dtype=self.dtype, name="norm_0")(x)
        apart = wrapped(height, width, self.window, self.shift) if self.shift else None
        y = jnp.roll(y, (-self.shift, -self.shift), (1, 2)) if self.shift else y
        attention = WindowAttention(self.heads, self.window, self.dtype, name="attention")
        y = from_windows(attention(windows_of(y, self.window), apart, train=train), x.shape, self.window)
        x = x + (jnp.roll(y, (self.shift, self.shift), (1, 2)) if self.shift else y)
        y = nn.LayerNorm(1e-5, dtype=self.dtype, name="norm_1")(x)
        shared = dict(initializer="dcgan", dtype=self.dtype)  # N(0, 0.02), as the authors have it
        y = nn.gelu(Dense(self.widening * features, name="wide", **shared)(y, train=train), approximate=False)
        return x + Dense(features, name="narrow", **shared)(y, train=train)


class Generator(nn.Module):
    """Groups of layers, each with a convolution at its end; the defaults are the published light network.

    The large one has 6 groups of 6 layers, `width=180`; its end is another, which is not here.
    """

    image_shape: tuple[int, ...]
    scale: int  # how many times as long the sides become
    dtype: Any = jnp.float32
    width: Positive = 60
    groups: Positive = 4
    layers: Positive = 6
    heads: Positive = 6
    window: Positive = 8
    widening: Positive = 2
    remat: bool = False

    @property
    def local(self) -> Local:
        """A layer looks half a window further than the one before it, the first of a group a whole one."""
        return Local(self.groups * (self.window + self.layers * (self.window // 2)) + 4, self.window)

    @nn.compact
    def __call__(
        self, source: Float[Array, "batch height width inputs"], keys: KeyData | None = None, *, train: bool
    ) -> Float[Array, "batch rows columns channels"]:
        """Returns float32 images around [-1, 1]; there is no noise, so `keys` are not read."""
        if self.width % self.heads:
            raise InputError(f"heads={self.heads} does not divide width={self.width}.")
        height, width = source.shape[1:3]
        beyond = [(0, 0), (0, -height % self.window), (0, -width % self.window), (0, 0)]
        x = jnp.pad(source, beyond, mode="symmetric").astype(self.dtype)

        def conv(x: Array, name: str, features: int = self.width) -> Array:
            return Conv(features, initializer="torch", dtype=self.dtype, name=name)(x, train=train)

        first = conv(x, "first")
        x = nn.LayerNorm(1e-5, dtype=self.dtype, name="first_norm")(first)
        for group in range(self.groups):
            y = x
            for layer in range(self.layers):
                shift = self.window // 2 if layer % 2 else 0
                settings = (self.heads, self.window, shift, self.widening, self.dtype)
                y = apply_block(Layer(*settings, name=f"layer_{group}_{layer}"), y, remat=self.remat, train=train)
            x = x + conv(y, f"group_{group}")
        x = nn.LayerNorm(1e-5, dtype=self.dtype, name="last_norm")(x)
        x = conv(first + conv(x, "last"), "image", self.image_shape[-1] * self.scale**2)
        return pixel_shuffle(x, self.scale)[:, : height * self.scale, : width * self.scale].astype(jnp.float32)
