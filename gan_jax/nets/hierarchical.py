"""The hierarchical VAE of Child 2021 (VDVAE): latents at every resolution, from the coarsest to the finest."""

from typing import Annotated, Any, NamedTuple

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Positive, Share
from gan_jax.errors import InputError
from gan_jax.nets.checks import Label, check_label, halvings
from gan_jax.nets.layers import Conv, Embed
from gan_jax.nets.remat import apply_block
from gan_jax.nets.resample import average_pool, upsample

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width channels"]
Noise = dict[str, Float[Array, "batch ..."]]


class Level(NamedTuple):
    """What one stochastic layer does with an image."""

    kl: Float[Array, " batch"]  # KL(q || p), nats
    log_ratio: Float[Array, " batch"]  # log p - log q of the latent that was drawn


class Bottleneck(nn.Module):
    """GELU and convolutions 1x1, 3x3, 3x3, 1x1 at a fraction of the channels; 1x1 throughout on maps below 3 pixels."""

    features: int
    hidden: int
    residual: bool
    gain: float  # of the last layer as it is drawn
    dtype: Any

    @nn.compact
    def __call__(self, x: Images, *, train: bool) -> Float[Array, "batch height width features"]:
        """With `residual`, added to its input."""
        size = 3 if min(x.shape[1:3]) > 2 else 1
        y = x
        for layer, kernel in enumerate((1, size, size)):
            conv = Conv(self.hidden, kernel_size=kernel, initializer="torch", dtype=self.dtype, name=f"conv_{layer}")
            y = conv(nn.gelu(y), train=train)
        shared = dict(initializer="torch", dtype=self.dtype, gain=self.gain)
        y = Conv(self.features, kernel_size=1, name="conv_3", **shared)(nn.gelu(y), train=train)
        return x + y if self.residual else y


class TopDown(nn.Module):
    """One stochastic layer: a prior p(z | above), a posterior q(z | above, image), and what z adds to the features."""

    features: int
    hidden: int
    latent_channels: int
    depth: int  # stochastic layers of the whole network
    dtype: Any

    @nn.compact
    def __call__(
        self,
        x: Images,
        seen: Images | None,
        noise: Float[Array, "batch height width latent"],
        temperature: Array | float,
        *,
        train: bool,
    ) -> tuple[Images, Level]:
        """Where an image is `seen`, z is drawn from the posterior, else from the prior at a temperature."""
        gain = self.depth**-0.5
        shared = dict(hidden=self.hidden, dtype=self.dtype)
        size = self.latent_channels
        prior = Bottleneck(2 * size + self.features, residual=False, gain=0.0, name="prior", **shared)(x, train=train)
        mean, log_scale = (part.astype(jnp.float32) for part in jnp.split(prior[..., : 2 * size], 2, axis=-1))
        if seen is None:
            z = mean + temperature * jnp.exp(log_scale) * noise
            level = Level(jnp.zeros(len(x)), jnp.zeros(len(x)))
        else:
            posterior = Bottleneck(2 * size, residual=False, gain=1.0, name="posterior", **shared)
            told = posterior(jnp.concatenate([x, seen], axis=-1), train=train).astype(jnp.float32)
            centre, log_width = jnp.split(told, 2, axis=-1)
            z = centre + jnp.exp(log_width) * noise
            level = _compared(z, noise, (centre, log_width), (mean, log_scale))
        x = x + prior[..., 2 * size :]
        add = Conv(self.features, kernel_size=1, initializer="torch", gain=gain, dtype=self.dtype, name="latent")
        x = x + add(z.astype(self.dtype), train=train)
        return Bottleneck(self.features, residual=True, gain=gain, name="features_after", **shared)(
            x, train=train
        ), level


def _compared(z: Array, noise: Array, posterior: tuple[Array, Array], prior: tuple[Array, Array]) -> Level:
    """Of two Gaussians, given by mean and log of the standard deviation, and a draw of the first."""
    (centre, log_width), (mean, log_scale) = posterior, prior

    def total(values: Array) -> Float[Array, " batch"]:
        return values.reshape(len(values), -1).sum(axis=1)

    narrower = log_width - log_scale
    distance = ((centre - mean) * jnp.exp(-log_scale)) ** 2
    kl = total(0.5 * (distance + jnp.expm1(2 * narrower)) - narrower)
    log_ratio = total(narrower - 0.5 * ((z - mean) * jnp.exp(-log_scale)) ** 2 + 0.5 * noise**2)
    return Level(kl, log_ratio)


class VDVAE(nn.Module):
    """Blocks upwards from the image, and stochastic layers downwards from one pixel to the image's size.

    Sizes are the image's, halved down to 4 to 7 pixels, and a single pixel. `encoder_blocks` and `decoder_blocks` say
    how many blocks there are at each, from the image's size on; `width` is the number of channels throughout, and a
    block works at `bottleneck` of them. The published network for CIFAR-10 has (12, 7, 7, 4, 3) and (22, 11, 6, 3, 1).
    """

    image_shape: tuple[int, ...]
    out_channels: int
    num_classes: int = 0
    dtype: Any = jnp.float32
    encoder_blocks: Annotated[tuple[int, ...], Bounds(1)] = (2, 2, 2, 2)
    decoder_blocks: Annotated[tuple[int, ...], Bounds(0)] = (3, 2, 2, 1)
    width: Positive = 64
    bottleneck: Share = 0.25
    latent_channels: Positive = 16
    remat: bool = False

    def sizes(self) -> list[tuple[int, int]]:
        """Height and width of the maps, from the image to the single pixel."""
        downs = halvings(self.image_shape)
        height, width, _ = self.image_shape
        sizes = [(height >> level, width >> level) for level in range(downs + 1)] + [(1, 1)]
        for name in ("encoder_blocks", "decoder_blocks"):
            blocks = getattr(self, name)
            if len(blocks) != len(sizes):
                words = ", ".join(f"{height}x{width}" for height, width in sizes)
                raise InputError(f"{name} has {len(blocks)} entries and needs {len(sizes)}, one for each of {words}.")
        if not sum(self.decoder_blocks):
            raise InputError("decoder_blocks: without any there are no latents.")
        return sizes

    def levels(self) -> list[tuple[str, int]]:
        """Name and place among the sizes of each stochastic layer, from the single pixel to the image."""
        places = [place for place in reversed(range(len(self.sizes()))) for _ in range(self.decoder_blocks[place])]
        return [(f"level_{number:02}", place) for number, place in enumerate(places)]

    def latent_shapes(self) -> dict[str, tuple[int, int, int]]:
        """Of one example, by the name of the level."""
        sizes = self.sizes()
        return {name: (*sizes[place], self.latent_channels) for name, place in self.levels()}

    def hidden(self) -> int:
        """The channels inside a block."""
        return max(1, round(self.bottleneck * self.width))

    @nn.compact
    def __call__(
        self, image: Images | None, noise: Noise, temperatures: tuple = (), label: Label = None, *, train: bool
    ) -> tuple[Float[Array, "batch height width outputs"], list[Level]]:
        """The likelihood's parameters and what each level did, of the posterior of an image or, without one, the prior.

        `temperatures`: one for each level, of standard deviations of the prior; none: 1.
        """
        check_label(label, self.num_classes)
        sizes = self.sizes()
        seen = self._upwards(image, sizes, train=train) if image is not None else [None] * len(sizes)
        batch = len(next(iter(noise.values())))
        x, place, told = jnp.zeros((batch, 1, 1, self.width), self.dtype), len(sizes), []  # above the single pixel
        levels = self.levels()
        for (name, at), temperature in zip(levels, temperatures or (1.0,) * len(levels), strict=True):
            while place > at:
                place -= 1
                x = self._enlarged(x, sizes[place]) + self._start(place, sizes[place], label, train=train)
            layer = TopDown(self.width, self.hidden(), self.latent_channels, len(levels), self.dtype, name=name)
            x, level = apply_block(layer, x, seen[at], noise[name], temperature, train=train, remat=self.remat)
            told.append(level)
        while place:
            place -= 1
            x = self._enlarged(x, sizes[place]) + self._start(place, sizes[place], label, train=train)
        gain = self.param("gain", nn.initializers.ones, (self.width,)).astype(self.dtype)
        x = Conv(self.out_channels, kernel_size=1, initializer="torch", dtype=self.dtype, name="outputs")(
            x * gain, train=train
        )
        return x.astype(jnp.float32), told

    def _upwards(self, image: Images, sizes: list[tuple[int, int]], *, train: bool) -> list[Array]:
        """What is seen of the image at each size."""
        gain, seen = sum(self.encoder_blocks) ** -0.5, []
        x = Conv(self.width, initializer="torch", dtype=self.dtype, name="image")(image, train=train)
        for place, size in enumerate(sizes):
            if place:
                x = average_pool(x) if size != (1, 1) else x.mean(axis=(1, 2), keepdims=True)
            for number in range(self.encoder_blocks[place]):
                block = Bottleneck(self.width, self.hidden(), True, gain, self.dtype, name=f"up_{place}_{number}")
                x = apply_block(block, x, train=train, remat=self.remat)
            seen.append(x)
        return seen

    def _enlarged(self, x: Images, size: tuple[int, int]) -> NewImages:
        height, width = x.shape[1:3]
        if (height, width) == size:
            return x
        return jnp.broadcast_to(x, (len(x), *size, x.shape[-1])) if (height, width) == (1, 1) else upsample(x)

    def _start(self, place: int, size: tuple[int, int], label: Label, *, train: bool) -> Array:
        """What is added where a size begins: learned values for each pixel, and for each class."""
        x = self.param(f"bias_{place}", nn.initializers.zeros, (*size, self.width)).astype(self.dtype)
        if not self.num_classes:
            return x
        settings = dict(initializer="zeros", num_classes=self.num_classes, dtype=self.dtype)
        return x + Embed(self.width, name=f"class_{place}", **settings)(label, train=train)[:, None, None, :]
