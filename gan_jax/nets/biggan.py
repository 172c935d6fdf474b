"""BigGAN (Brock et al. 2019, appendix B, the residual version), for any resolution; SAGAN (Zhang et al. 2019) in it.

SAGAN is `embedding=0, skip=False, initializer="xavier"` with `width=64`. The authors' public variant for CIFAR-10 is
that with `width=256, max_width=256, initializer="dcgan"`, and `flat=2` in the discriminator.
"""

from typing import Annotated, Any

import flax.linen as nn
import jax.numpy as jnp
from jaxtyping import Array, Float

from gan_jax.bounds import Bounds, Count, Positive
from gan_jax.errors import InputError
from gan_jax.nets.attention import SelfAttention
from gan_jax.nets.checks import Label, base_size, block_channels, check_label, halvings
from gan_jax.nets.heads import Said, judged
from gan_jax.nets.layers import Conv, Dense, Embed, UpsampleConv
from gan_jax.nets.normalization import BatchNorm
from gan_jax.nets.remat import apply_block
from gan_jax.nets.resample import upsample
from gan_jax.nets.resnet import DiscriminatorBlock, check_attention

Images = Float[Array, "batch height width channels"]
NewImages = Float[Array, "batch new_height new_width features"]
Condition = Float[Array, "batch condition"] | None

MULTIPLES = {  # of `width`, by the number of halvings, from the image to the base: the tables of appendix B
    5: (1, 2, 4, 8, 16, 16),
    6: (1, 2, 4, 8, 8, 16, 16),
    7: (1, 1, 2, 4, 8, 8, 16, 16),
    8: (1, 1, 1, 2, 4, 8, 8, 16, 16),  # 1024 pixels, beyond the paper: as for 512, and one more level
}


def block_widths(channels: tuple[int, ...], width: int, max_width: int, halvings: int) -> tuple[int, ...]:
    """The channels at each resolution, from the image to the base: as given, by the tables, or doubled up to 16."""
    if channels or halvings not in MULTIPLES:
        return block_channels(channels, width, min(16 * width, max_width), halvings + 1)
    return tuple(min(width * multiple, max_width) for multiple in MULTIPLES[halvings])


class ModulatedBatchNorm(nn.Module):
    """Batch normalisation with a scale and a bias that are linear in a condition (Brock et al. 2019).

    Where there are classes here, each has a table of its own as well (Dumoulin et al. 2017), which starts at zero.
    Without condition and classes it is the plain one.
    """

    num_classes: int
    axis_name: str | None
    dtype: Any
    spectral: bool
    initializer: str

    @nn.compact
    def __call__(self, x: Images, condition: Condition, label: Label, *, train: bool) -> Images:
        """The scale is one more than what is made of the condition."""
        plain = condition is None and self.num_classes == 0
        x = BatchNorm(self.axis_name, affine=plain, dtype=self.dtype, name="batch")(x, train=train)

        def offset(name: str) -> Array:
            terms = []
            if condition is not None:
                linear = Dense(x.shape[-1], False, self.spectral, self.initializer, self.dtype, name=name)
                terms.append(linear(condition, train=train))
            if self.num_classes:
                settings = dict(initializer="zeros", dtype=self.dtype, num_classes=self.num_classes)
                table = Embed(x.shape[-1], name=f"{name}_of_class", **settings)
                terms.append(table(label, train=train))
            return sum(terms)[:, None, None, :]

        return x if plain else x * (1 + offset("scale")) + offset("bias")


class GeneratorBlock(nn.Module):
    """Modulated batch normalisation, ReLU, up-sampling and convolution, twice; beside it a linear shortcut."""

    features: int
    num_classes: int
    axis_name: str | None
    dtype: Any
    spectral: bool
    initializer: str

    @nn.compact
    def __call__(self, x: Images, condition: Condition, label: Label, *, train: bool) -> NewImages:
        """The sides are doubled."""
        shared = dict(spectral=self.spectral, initializer=self.initializer, dtype=self.dtype)
        norms = [
            ModulatedBatchNorm(self.num_classes, self.axis_name, name=f"norm_{number}", **shared) for number in range(2)
        ]
        y = nn.relu(norms[0](x, condition, label, train=train))
        y = UpsampleConv(self.features, name="conv_0", **shared)(y, train=train)
        y = nn.relu(norms[1](y, condition, label, train=train))
        y = Conv(self.features, name="conv_1", **shared)(y, train=train)
        # Before the up-sampling, with which it commutes, the shortcut's convolution is four times cheaper.
        return upsample(Conv(self.features, kernel_size=1, name="shortcut", **shared)(x, train=train)) + y


class Generator(nn.Module):
    """Residual blocks up to the image from a base of 4 to 7 pixels; the defaults are BigGAN's for 128 pixels.

    `width` is the number of channels beside the image, multiplied towards the base by the tables of the paper and at
    most `max_width`; `channels` gives them one by one instead, the base's first. `embedding` is the size of the
    class embedding that all layers share, 0 for a table of scales and biases in each (as SAGAN has). With `skip`
    the latent is cut into one chunk for the base and one for each block, where it joins the embedding. `attention` is
    the resolution (shorter side) of a block that self-attention follows, 0 for none. `remat` saves memory for time.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    axis_name: str | None = None
    dtype: Any = jnp.float32
    width: Positive = 96
    max_width: Positive = 2048
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    embedding: Count = 128
    skip: bool = True
    attention: Count = 0
    spectral: bool = True
    initializer: str = "orthogonal"
    remat: bool = False

    @nn.compact
    def __call__(self, latent: Float[Array, "batch latent"], label: Label = None, *, train: bool) -> Images:
        """Returns float32 images in [-1, 1]."""
        check_label(label, self.num_classes)
        blocks = halvings(self.image_shape)
        base, *features = block_widths(self.channels[::-1], self.width, self.max_width, blocks)[::-1]
        height, width = base_size(self.image_shape)
        check_attention(self.attention, [min(height, width) * 2 ** (block + 1) for block in range(blocks)])
        if self.skip and latent.shape[-1] <= blocks:
            raise InputError(
                f"skip=True cuts the latent into {blocks + 1} chunks, and it has {latent.shape[-1]} numbers."
            )
        shared = dict(spectral=self.spectral, initializer=self.initializer, dtype=self.dtype)
        first, *chunks = jnp.array_split(latent, blocks + 1, axis=-1) if self.skip else [latent, *[None] * blocks]
        embedded, tables = None, self.num_classes
        if self.num_classes and self.embedding:  # without spectral normalisation, as in the authors' code
            layer = Embed(self.embedding, initializer=self.initializer, num_classes=self.num_classes, name="embedding")
            embedded, tables = layer(label, train=train), 0

        x = Dense(height * width * base, name="base", **shared)(first, train=train).reshape(-1, height, width, base)
        for block, (width, chunk) in enumerate(zip(features, chunks, strict=True)):
            parts = [part for part in (chunk, embedded) if part is not None]
            condition = jnp.concatenate(parts, axis=-1) if parts else None
            layer = GeneratorBlock(width, tables, self.axis_name, name=f"block_{block}", **shared)
            x = apply_block(layer, x, condition, label, train=train, remat=self.remat)
            if min(x.shape[1:3]) == self.attention:
                layer = SelfAttention(pooled=True, name="attention", **shared)
                x = apply_block(layer, x, train=train, remat=self.remat)
        x = nn.relu(BatchNorm(self.axis_name, dtype=self.dtype, name="norm")(x, train=train))
        x = Conv(self.image_shape[-1], name="image", **shared)(x, train=train)
        return jnp.tanh(x.astype(jnp.float32))


class Discriminator(nn.Module):
    """Residual blocks down to 4 to 7 pixels and one more there, then global sum pooling and a projection.

    The settings are those of the generator. Of as many blocks as there are halvings, and one, the last `flat` keep
    their size: 1, or 2 in the variant for CIFAR-10, which ends at 8 pixels. `head` is one of heads.HEADS.
    """

    image_shape: tuple[int, ...]
    num_classes: int = 0
    dtype: Any = jnp.float32
    width: Positive = 96
    max_width: Positive = 2048
    channels: Annotated[tuple[int, ...], Bounds(1)] = ()
    flat: Positive = 1
    attention: Count = 0
    head: str = "projection"
    spectral: bool = True
    initializer: str = "orthogonal"
    remat: bool = False

    @nn.compact
    def __call__(self, image: Images, label: Label = None, *, train: bool) -> Said:
        """Returns float32 logits, and what else the head says."""
        check_label(label, self.num_classes)
        downs = halvings(self.image_shape) + 1 - self.flat
        if downs < 1:
            raise InputError(f"flat={self.flat} leaves no block of {downs + self.flat} that halves the image.")
        features = block_widths(self.channels, self.width, self.max_width, downs + self.flat - 1)
        check_attention(self.attention, [min(self.image_shape[:2]) // 2**block for block in range(1, downs + 1)])
        shared = dict(spectral=self.spectral, initializer=self.initializer, dtype=self.dtype)

        x = image.astype(self.dtype)
        for block, width in enumerate(features):
            layer = DiscriminatorBlock(
                width,
                normalization="none",
                down=block < downs,
                first=block == 0,
                shortcut_initializer=self.initializer,
                name=f"block_{block}",
                **shared,
            )
            x = apply_block(layer, x, train=train, remat=self.remat)
            if block < downs and min(x.shape[1:3]) == self.attention:
                layer = SelfAttention(pooled=True, name="attention", **shared)
                x = apply_block(layer, x, train=train, remat=self.remat)
        x = nn.relu(x).astype(jnp.float32).sum(axis=(1, 2))
        return judged(x, label, self.head, self.num_classes, train=train, **shared)
