"""A generator and a discriminator that are told by a text, a sound or an embedding what there is to see.

Each reads its condition by an encoder of its own, `reader`, that is trained with it.
"""

import math
from collections.abc import Mapping
from typing import Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.checks import base_size, block_channels, halvings, patched
from gan_jax.nets.layers import Conv, Dense
from gan_jax.nets.normalization import BatchNorm
from gan_jax.nets.patches import from_patches
from gan_jax.nets.reading import Read
from gan_jax.nets.resnet import GeneratorBlock, check_attention
from gan_jax.nets.transformer import attention_weights

Images = Float[Array, "batch height width channels"]
Code = Float[Array, "batch code"]
FIRST_LOG_VARIANCE = -3.0  # of an augmented condition, so that there is more of it than of noise from the start


class WordAttention(nn.Module):
    """Adds what each pixel gathers from the words (Zhang et al. 2021, XMC-GAN), scaled by a gain that starts at 0."""

    dtype: Any = jnp.float32

    @nn.compact
    def __call__(self, x: Images, read: Read, *, train: bool) -> Images:
        """Of the shape of its input."""
        batch, height, width, channels = x.shape
        size = max(channels // 4, 1)
        shared = dict(use_bias=False, initializer="xavier", dtype=self.dtype)
        query = Dense(size, name="query", **shared)(x, train=train).reshape(batch, -1, 1, size)
        key = Dense(size, name="key", **shared)(read.words, train=train)[:, :, None]
        value = Dense(channels, name="value", **shared)(read.words, train=train)
        weights = attention_weights(query, key, read.there)[:, 0].astype(self.dtype)
        gathered = jnp.einsum("bqk,bkc->bqc", weights, value).reshape(batch, height, width, channels)
        gain = self.param("gain", nn.initializers.zeros, ())
        return x + gain.astype(x.dtype) * gathered


class Generator(nn.Module):
    """Residual blocks (Miyato et al. 2018) whose normalisation is modulated by the condition and the latent.

    `width` is the number of channels of the last block, doubled per block towards the base up to `max_width`. The
    sentence becomes a code of `code` numbers; `augmented` draws it from a Gaussian with the first `code` numbers of the
    latent (conditioning augmentation, Zhang et al. 2017, for the term `conditioning_divergence`). `attention` is the
    resolution (shorter side) of a block behind which pixels look at the words, 0 for none. With a `patch` above 1 all
    of it is about images of so many times smaller sides, whose pixels are patches.
    """

    reader: nn.Module
    image_shape: tuple[int, ...]
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 32
    max_width: Positive = 128
    code: Positive = 32
    augmented: bool = False
    attention: Count = 0
    patch: Positive = 1
    initializer: str = "he"

    def setup(self) -> None:
        """The layers that both methods use."""
        shared = dict(dtype=self.dtype, initializer="lecun")
        self.to_mean = Dense(self.code, name="mean", **shared)
        if self.augmented:
            self.to_log_variance = Dense(
                self.code, initializer="zeros", first_bias=FIRST_LOG_VARIANCE, name="log_variance"
            )

    def moments(self, condition: Array, *, train: bool) -> tuple[Code, Code]:
        """Mean and log-variance of the code that a condition becomes; float32."""
        if not self.augmented:
            raise InputError("generator.network.augmented = True is what makes a Gaussian of a condition.")
        return self._moments(self.reader(condition, train=train), train=train)

    def _moments(self, read: Read, *, train: bool) -> tuple[Code, Code]:
        mean = self.to_mean(read.sentence, train=train).astype(jnp.float32)
        return mean, self.to_log_variance(read.sentence, train=train).astype(jnp.float32)

    @nn.compact
    def __call__(self, latent: Float[Array, "batch latent"], condition: Array, *, train: bool) -> Images:
        """Returns float32 images in [-1, 1]."""
        read = self.reader(condition, train=train)
        if self.augmented:
            if latent.shape[-1] <= self.code:
                raise InputError(
                    f"code={self.code} of the latent's numbers draw the code, and objective.latent_size is "
                    f"{latent.shape[-1]}: it should be larger."
                )
            mean, log_variance = self._moments(read, train=train)
            code = mean + jnp.exp(0.5 * log_variance) * latent[:, : self.code]
            latent = latent[:, self.code :]
        else:
            code = self.to_mean(read.sentence, train=train)
        told = jnp.concatenate([code.astype(self.dtype), latent.astype(self.dtype)], axis=-1)

        shape = patched(self.image_shape, self.patch)
        blocks = halvings(shape)
        base, *features = block_channels((), self.width, self.max_width, blocks + 1)[::-1]
        height, width = base_size(shape)
        check_attention(self.attention, [min(height, width) * 2 ** (block + 1) for block in range(blocks)])
        x = Dense(height * width * base, initializer="xavier", dtype=self.dtype, name="base")(told, train=train)
        x = x.reshape(-1, height, width, base)
        for number, channels in enumerate(features):
            block = GeneratorBlock(
                channels, told.shape[-1], self.axis_name, self.dtype, False, self.initializer, name=f"block_{number}"
            )
            x = block(x, told, train=train)
            if min(x.shape[1:3]) == self.attention:
                x = WordAttention(self.dtype, name="attention_to_words")(x, read, train=train)
        x = nn.relu(BatchNorm(self.axis_name, dtype=self.dtype, name="norm")(x, train=train))
        values = self.image_shape[-1] * self.patch**2
        x = Conv(values, initializer="xavier", dtype=self.dtype, name="image")(x, train=train)
        return jnp.tanh(from_patches(x.astype(jnp.float32), self.patch))


class Discriminator(nn.Module):
    """Any discriminator with `head="features"`, and the product of what it sees with the sentence.

    Logits are those of `judge`, which does not know the condition, plus the product of two projections to `features`
    numbers (Miyato & Koyama 2018; Sauer et al. 2023, StyleGAN-T). Both stand beside them, as `image` and `sentence`,
    for the terms that compare pictures with other captions than their own.
    """

    reader: nn.Module
    judge: nn.Module
    dtype: Any = jnp.float32
    features: Positive = 128

    @nn.compact
    def __call__(self, image: Images, condition: Array, *, train: bool) -> dict[str, Array]:
        """Float32 `logits`, `unconditional` ones, `image` and `sentence` [B, features], and the judge's `features`."""
        said = self.judge(image, None, train=train)
        if not isinstance(said, Mapping) or "features" not in said:
            raise InputError('judge.head = "features" is what the condition is compared with.')
        shared = dict(initializer="lecun", dtype=self.dtype)
        seen = Dense(self.features, name="image", **shared)(said["features"], train=train).astype(jnp.float32)
        sentence = self.reader(condition, train=train).sentence
        asked = Dense(self.features, name="sentence", **shared)(sentence, train=train).astype(jnp.float32)
        own = said["logits"]
        logits = own + (seen * asked).sum(axis=-1) / math.sqrt(self.features)
        return {**said, "logits": logits, "unconditional": own, "image": seen, "sentence": asked}
