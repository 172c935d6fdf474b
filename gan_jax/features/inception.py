"""The Inception network of 2015-12-05, by which FID and the inception score are defined.

Heusel et al. 2017, https://arxiv.org/abs/1706.08500; Salimans et al. 2016, https://arxiv.org/abs/1606.03498. It differs
from torchvision's Inception v3: 1008 classes, means that leave the padding out, and a maximum in the last block's pool.
The weights come from a file of the user's.
"""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8

from gan_jax.bounds import Count
from gan_jax.features import weights as weight_files
from gan_jax.features.base import QUANTISATION, Features, to_colours
from gan_jax.features.pooling import max_pool, mean_pool_same
from gan_jax.features.resize import Method, resize

Image = Float[Array, "batch height width channels"]
Map = Float[Array, "batch _ _ _"]

SIZE = 299
DIMENSION = 2048
CLASSES = 1008


class Convolution(nn.Module):
    """A convolution without bias, batch normalisation by fixed statistics, a rectifier."""

    width: int
    kernel: tuple[int, int] = (1, 1)
    stride: int = 1
    padding: str = "SAME"

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Maps images to `width` channels."""
        x = nn.Conv(self.width, self.kernel, self.stride, self.padding, use_bias=False, name="conv")(x)
        return nn.relu(nn.BatchNorm(use_running_average=True, epsilon=1e-3, name="bn")(x))


def reduced(width: int, name: str) -> Convolution:
    """A 3x3 convolution that halves the map."""
    return Convolution(width, (3, 3), stride=2, padding="VALID", name=name)


def chain(x: Image, name: str, *layers: tuple[int, tuple[int, int]]) -> Map:
    """Convolutions one after another, called name_1, name_2, ..."""
    for index, (width, kernel) in enumerate(layers, 1):
        x = Convolution(width, kernel, name=f"{name}_{index}")(x)
    return x


class BlockA(nn.Module):
    """35x35 maps."""

    pool: int

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Maps images to 224 + `pool` channels."""
        parts = [
            Convolution(64, name="branch1x1")(x),
            chain(x, "branch5x5", (48, (1, 1)), (64, (5, 5))),
            chain(x, "branch3x3dbl", (64, (1, 1)), (96, (3, 3)), (96, (3, 3))),
            Convolution(self.pool, name="branch_pool")(mean_pool_same(x)),
        ]
        return jnp.concatenate(parts, axis=-1)


class BlockB(nn.Module):
    """35x35 to 17x17 maps."""

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Adds 480 channels."""
        double = chain(x, "branch3x3dbl", (64, (1, 1)), (96, (3, 3)))
        parts = [reduced(384, "branch3x3")(x), reduced(96, "branch3x3dbl_3")(double), max_pool(x, 3, 2)]
        return jnp.concatenate(parts, axis=-1)


class BlockC(nn.Module):
    """17x17 maps, with 7x7 convolutions taken apart into rows and columns."""

    width: int

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Maps images to 768 channels."""
        c, row, column = self.width, (1, 7), (7, 1)
        parts = [
            Convolution(192, name="branch1x1")(x),
            chain(x, "branch7x7", (c, (1, 1)), (c, row), (192, column)),
            chain(x, "branch7x7dbl", (c, (1, 1)), (c, column), (c, row), (c, column), (192, row)),
            Convolution(192, name="branch_pool")(mean_pool_same(x)),
        ]
        return jnp.concatenate(parts, axis=-1)


class BlockD(nn.Module):
    """17x17 to 8x8 maps."""

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Adds 512 channels."""
        short = reduced(320, "branch3x3_2")(chain(x, "branch3x3", (192, (1, 1))))
        long = chain(x, "branch7x7x3", (192, (1, 1)), (192, (1, 7)), (192, (7, 1)))
        return jnp.concatenate([short, reduced(192, "branch7x7x3_4")(long), max_pool(x, 3, 2)], axis=-1)


class BlockE(nn.Module):
    """8x8 maps; the last block takes the maximum where the others take the mean."""

    last: bool

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Maps images to 2048 channels."""
        single = chain(x, "branch3x3", (384, (1, 1)))
        double = chain(x, "branch3x3dbl", (448, (1, 1)), (384, (3, 3)))
        pooled = max_pool(x, 3, 1, padding=1) if self.last else mean_pool_same(x)
        parts = [
            Convolution(320, name="branch1x1")(x),
            Convolution(384, (1, 3), name="branch3x3_2a")(single),
            Convolution(384, (3, 1), name="branch3x3_2b")(single),
            Convolution(384, (1, 3), name="branch3x3dbl_3a")(double),
            Convolution(384, (3, 1), name="branch3x3dbl_3b")(double),
            Convolution(192, name="branch_pool")(pooled),
        ]
        return jnp.concatenate(parts, axis=-1)


class Inception(nn.Module):
    """Colours in [-1, 1] to `pool_3` and the logits without their bias."""

    @nn.compact
    def __call__(self, x: Image) -> tuple[Float[Array, "batch 2048"], Float[Array, "batch 1008"]]:
        """Takes images of at least 75 x 75."""
        x = reduced(32, "Conv2d_1a_3x3")(x)
        x = Convolution(32, (3, 3), padding="VALID", name="Conv2d_2a_3x3")(x)
        x = Convolution(64, (3, 3), name="Conv2d_2b_3x3")(x)
        x = Convolution(80, name="Conv2d_3b_1x1")(max_pool(x, 3, 2))
        x = Convolution(192, (3, 3), padding="VALID", name="Conv2d_4a_3x3")(x)
        x = max_pool(x, 3, 2)
        for name, pool in (("5b", 32), ("5c", 64), ("5d", 64)):
            x = BlockA(pool, name=f"Mixed_{name}")(x)
        x = BlockB(name="Mixed_6a")(x)
        for name, width in (("6b", 128), ("6c", 160), ("6d", 160), ("6e", 192)):
            x = BlockC(width, name=f"Mixed_{name}")(x)
        x = BlockD(name="Mixed_7a")(x)
        x = BlockE(last=False, name="Mixed_7b")(x)
        x = BlockE(last=True, name="Mixed_7c")(x)
        pooled = x.mean((1, 2))
        return pooled, nn.Dense(CLASSES, use_bias=False, name="fc")(pooled)


def make(weights: str = "", resize_method: Method = "tf1", batch_size: Count = 0) -> Features:
    """`features` (2048) and `logits` (1008, without bias) of images resized to 299 x 299.

    `weights`: a converted file; without one, `inception` in the weights folder. The Fréchet distance of these features
    is called FID only when the file was converted from the published one and the resizing is `tf1`.
    """
    file = weight_files.load("inception", weights)
    network = Inception()
    shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, SIZE, SIZE, 3)))
    variables, sha256 = weight_files.to_flax(file, shapes)
    identity = dict(
        name="inception",
        weights_sha256=sha256,
        source_sha256=file.source_sha256,
        size=[SIZE, SIZE],
        resize=resize_method,
        quantisation=QUANTISATION,
    )

    def apply(variables: dict, images: UInt8[Array, "batch height width channels"]) -> dict:
        x = resize(to_colours(images, 3), (SIZE, SIZE), resize_method)
        features, logits = network.apply(variables, (x - 128) / 128)
        return {"features": features, "logits": logits}

    published = file.source_sha256 == weight_files.PUBLISHED["inception"].sha256 and resize_method == "tf1"
    return Features("inception", DIMENSION, identity, variables, apply, batch_size, published)
