"""StyleGAN2 (Karras et al. 2020), for any resolution, class-conditional when there are classes."""

import math
from typing import Annotated, Any

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax import rng
from gan_jax.bounds import Amount, Bounds, Count, Positive
from gan_jax.nets.activation import scaled_leaky_relu
from gan_jax.nets.checks import Label, base_size, block_channels, check_label, halvings
from gan_jax.nets.dropout import KeyData
from gan_jax.nets.heads import Said, judged
from gan_jax.nets.layers import Conv, Dense, shares
from gan_jax.nets.minibatch import minibatch_stddev
from gan_jax.nets.modulated import BLUR, ModulatedConv
from gan_jax.nets.normalization import unit_mean_square
from gan_jax.nets.remat import apply_block
from gan_jax.nets.resample import filtered

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width features"]
Codes = Float[Array, "batch layers code"]

FOLLOWS = 0.995  # of the average of w, by batch, as in the authors' code


class Mapping(nn.Module):
    """Dense layers from the latent, and the class, to w; they learn at a hundredth of the rate of the others."""

    num_classes: int
    code_size: int
    depth: int

    @nn.compact
    def __call__(
        self, latent: Float[Array, "batch latent"], label: Label, *, train: bool
    ) -> Float[Array, "batch code"]:
        """All of it is float32."""
        check_label(label, self.num_classes)
        x = unit_mean_square(latent)
        if self.num_classes:
            embed = Dense(self.code_size, equalized=True, name="embed")
            embedded = embed(shares(label, self.num_classes), train=train)
            x = jnp.concatenate([x, unit_mean_square(embedded)], axis=-1)
        for layer in range(self.depth):
            dense = Dense(self.code_size, equalized=True, rate=0.01, name=f"dense_{layer}")
            x = scaled_leaky_relu(dense(x, train=train))
        return x


class StyledConv(nn.Module):
    """A modulated convolution, noise of a learned strength, a bias and the activation."""

    features: int
    place: int  # in the network
    up: bool
    noisy: bool
    clamp: float
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, code: Float[Array, "batch code"], keys: KeyData | None, *, train: bool) -> NewImages:
        """The noise is a function of each example's key and of the layer's place; none without keys."""
        x = ModulatedConv(self.features, up=self.up, dtype=self.dtype, name="conv")(x, code, train=train)
        if self.noisy:
            strength = self.param("noise", nn.initializers.zeros, ())
            if keys is not None:
                x = x + (strength * _noise(keys, self.place, x.shape[1:3])).astype(self.dtype)
        x = x + self.param("bias", nn.initializers.zeros, (self.features,)).astype(self.dtype)
        return scaled_leaky_relu(x, self.clamp)


def _noise(keys: KeyData, place: int, sides: tuple[int, int]) -> Float[Array, "batch height width 1"]:
    def draw(key: Array) -> Array:
        return jax.random.normal(jax.random.fold_in(rng.wrapped(key), place), (*sides, 1))

    return jax.vmap(draw)(keys)


class Synthesis(nn.Module):
    """From one w for each layer to an image: styled convolutions upwards, whose images are added up on the way."""

    image_shape: tuple[int, ...]
    features: tuple[int, ...]  # of the blocks, from the base on
    noisy: bool
    clamp: float
    remat: bool
    dtype: Any

    @nn.compact
    def __call__(self, codes: Codes, keys: KeyData | None, *, train: bool) -> Images:
        """Codes 2b and 2b + 1 are of block b; the last is of the image at that size and of the next block's start."""
        height, width = base_size(self.image_shape)
        base = self.param("base", nn.initializers.normal(1.0), (height, width, self.features[0]))
        x = jnp.broadcast_to(base.astype(self.dtype), (len(codes), *base.shape))

        def styled(x: Images, place: int, features: int, name: str, up: bool) -> NewImages:
            block = StyledConv(features, place, up, self.noisy, self.clamp, self.dtype, name=name)
            return apply_block(block, x, codes[:, place], keys, remat=self.remat, train=train)

        image = None
        for block, features in enumerate(self.features):
            if block:
                x = styled(x, 2 * block - 1, features, f"up_{block}", up=True)
            x = styled(x, 2 * block, features, f"conv_{block}", up=False)
            to_image = ModulatedConv(
                self.image_shape[-1], kernel_size=1, demodulate=False, dtype=self.dtype, name=f"image_{block}"
            )
            part = to_image(x, codes[:, 2 * block + 1], train=train).astype(jnp.float32)
            part = part + self.param(f"image_bias_{block}", nn.initializers.zeros, (self.image_shape[-1],))
            image = part if image is None else filtered(image, BLUR, up=2) + part
        return image


class Generator(nn.Module):
    """A mapping of latents to w, and a synthesis of images from w.

    `width` is the number of channels at the image's size, doubled per block towards the base up to `max_width`;
    `channels` gives them one by one instead, the base's first. Without `noise` an image is a function of w alone.
    `clamp` bounds activations, 256 as published for 16 bits, 0 for none; `remat` saves memory for time.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    code_size: Positive = 512
    mapping_depth: Positive = 8
    width: Positive = 64
    max_width: Positive = 512
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    noise: bool = True
    clamp: Amount = 0.0
    remat: bool = False

    def setup(self) -> None:
        """The two halves, and the average of w in the collection `averages`."""
        blocks = halvings(self.image_shape) + 1
        features = block_channels(self.channels[::-1], self.width, self.max_width, blocks)[::-1]
        self.num_layers = 2 * blocks
        self.mapping = Mapping(self.num_classes, self.code_size, self.mapping_depth)
        self.synthesis = Synthesis(self.image_shape, features, self.noise, self.clamp, self.remat, self.dtype)
        self.average = self.variable("averages", "code", jnp.zeros, (self.code_size,))

    def __call__(
        self, latent: Float[Array, "batch latent"], keys: KeyData | None, label: Label = None, *, train: bool
    ) -> Images:
        """The images of latents, float32, about [-1, 1]."""
        return self.synthesize(self.map(latent, label, train=train), keys, train=train)

    def map(self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool) -> Codes:
        """The w of a latent, once for each layer; training follows their average."""
        codes = self.mapping(latent, label, train=train)
        if train and not self.is_initializing():
            mean = codes.mean(axis=0)
            mean = mean if self.axis_name is None else jax.lax.pmean(mean, self.axis_name)
            self.average.value = mean + FOLLOWS * (self.average.value - mean)
        return jnp.broadcast_to(codes[:, None], (len(codes), self.num_layers, self.code_size))

    def truncate(self, codes: Codes, psi: float, cutoff: int) -> Codes:
        """Brings the w of the first `cutoff` layers, of all where that is 0, to psi times their way from the mean."""
        layers = jnp.arange(codes.shape[1])[:, None] < (cutoff or codes.shape[1])
        average = self.average.value
        return jnp.where(layers, average + psi * (codes - average), codes)

    def synthesize(self, codes: Codes, keys: KeyData | None, *, train: bool) -> Images:
        """The images of one w for each layer, float32."""
        return self.synthesis(codes, keys, train=train)


class DiscriminatorBlock(nn.Module):
    """Two convolutions, the second halving the sides after a blur; beside them a linear shortcut."""

    features: int
    clamp: float
    residual: bool
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> NewImages:
        """The sum of the two ways is scaled by 1 / sqrt(2)."""
        shared = dict(equalized=True, dtype=self.dtype)
        y = Conv(x.shape[-1], name="conv_0", **shared)(x, train=train)
        y = scaled_leaky_relu(y, self.clamp)
        y = filtered(y, BLUR, padding=2)
        y = Conv(self.features, stride=2, padding="VALID", name="conv_1", **shared)(y, train=train)
        y = scaled_leaky_relu(y, self.clamp)
        if not self.residual:
            return y
        shortcut = Conv(self.features, use_bias=False, kernel_size=1, name="shortcut", **shared)
        return (shortcut(filtered(x, BLUR, down=2), train=train) + y) / math.sqrt(2)


class Discriminator(nn.Module):
    """Residual blocks down to 4 to 7 pixels, what a group of examples has in common, and a dense layer.

    `width` is the number of channels at the image's size, doubled per block up to `max_width`; `channels` gives them
    one by one instead, from the image on. `minibatch_stddev` is a group size, 0 for none. Classes are seen by
    projection on an embedding (Miyato & Koyama 2018), or by another of heads.HEADS. Without `residual` it is that of
    the authors' CIFAR-10.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    width: Positive = 64
    max_width: Positive = 512
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    minibatch_stddev: Count = 4
    residual: bool = True
    head: str = "projection"
    clamp: Amount = 0.0
    remat: bool = False

    @nn.compact
    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Said:
        """Returns logits, and what else the head says; the end of the network is float32 throughout."""
        check_label(label, self.num_classes)
        first, *features = block_channels(self.channels, self.width, self.max_width, halvings(self.image_shape) + 1)
        from_image = Conv(first, kernel_size=1, equalized=True, dtype=self.dtype, name="from_image")
        x = scaled_leaky_relu(from_image(image, train=train), self.clamp)
        for number, width in enumerate(features):
            block = DiscriminatorBlock(width, self.clamp, self.residual, self.dtype, name=f"block_{number}")
            x = apply_block(block, x, remat=self.remat, train=train)
        x = x.astype(jnp.float32)
        width = x.shape[-1]
        if self.minibatch_stddev:
            x = minibatch_stddev(x, self.minibatch_stddev)
        x = scaled_leaky_relu(Conv(width, equalized=True, name="conv")(x, train=train))
        x = scaled_leaky_relu(Dense(width, equalized=True, name="dense")(x.reshape(len(x), -1), train=train))
        if self.head != "projection":
            return judged(x, label, self.head, self.num_classes, train=train)
        if not self.num_classes:
            return Dense(1, equalized=True, name="logits")(x, train=train)[:, 0]
        said = Dense(width, equalized=True, name="logits")(x, train=train)
        embed = Dense(width, equalized=True, name="embed")
        wanted = unit_mean_square(embed(jax.nn.one_hot(label, self.num_classes), train=train))
        return (said * wanted).sum(axis=-1) / math.sqrt(width)
