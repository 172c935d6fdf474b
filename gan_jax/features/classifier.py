"""The features of a small classifier of one's own: for medical images, digits, anything unlike photographs."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8

from gan_jax.bounds import Positive
from gan_jax.errors import InputError
from gan_jax.features import weights as weight_files
from gan_jax.features.base import QUANTISATION, Features, to_colours
from gan_jax.features.pooling import mean_pool
from gan_jax.features.resize import resize

WIDTHS = (32, 64, 128)
DIMENSION = 128
LARGEST = 64  # pixels along the longer side that is trained on


class Classifier(nn.Module):
    """Three normalised 3x3 convolutions, each halving maps of 8 pixels or more, and two dense layers."""

    num_classes: int

    @nn.compact
    def __call__(
        self, x: Float[Array, "batch height width channels"], *, train: bool
    ) -> tuple[Float[Array, "batch features"], Float[Array, "batch classes"]]:
        """Maps images in [-1, 1] to the features before the last layer, and to logits."""
        for index, width in enumerate(WIDTHS):
            x = nn.Conv(width, (3, 3), use_bias=False, name=f"conv{index}")(x)
            x = nn.relu(nn.BatchNorm(use_running_average=not train, momentum=0.9, name=f"bn{index}")(x))
            if min(x.shape[1:3]) >= 8:
                x = mean_pool(x, 2)
        x = nn.relu(nn.Dense(DIMENSION, name="dense")(x.reshape(len(x), -1)))
        return x, nn.Dense(self.num_classes, name="logits")(x)


def input_format(shape: tuple[int, ...]) -> tuple[tuple[int, int], int]:
    """The size and the channels that a network is trained to see of images [N, H, W, C]: its longer side is 64 at most.

    Images of fewer than three channels are seen in grey.
    """
    sides = shape[1:3]
    scale = min(1.0, LARGEST / max(sides))
    height, width = (max(1, round(side * scale)) for side in sides)
    return (height, width), 1 if shape[-1] < 3 else 3


def prepare(
    images: UInt8[Array, "batch height width channels"], size: tuple[int, int], channels: int
) -> Float[Array, "batch new_height new_width new_channels"]:
    """What the classifier sees of pixels: its own size and channels, in [-1, 1]."""
    return resize(to_colours(images, channels), size, "clean") / 127.5 - 1


def make(weights: str = "", batch_size: Positive = 64) -> Features:
    """`features` (128) and `logits` of the classifier that `gan-jax classifier` trained.

    `weights`: the file that it wrote; without one, `classifier` in the weights folder.
    """
    return from_weights(weight_files.load("classifier", weights), batch_size)


def from_weights(file: weight_files.Weights, batch_size: int = 64) -> Features:
    """The features of a trained classifier."""
    missing = {"size", "channels", "num_classes", "test_accuracy"} - file.about.keys()
    if missing:
        raise InputError(
            f"{file.path}: it does not say its {min(missing)}, as weights of a classifier do that `gan-jax classifier` "
            "wrote"
        )
    size, channels = tuple(file.about["size"]), file.about["channels"]
    network = Classifier(file.about["num_classes"])
    example = jax.ShapeDtypeStruct((1, *size, channels), jnp.float32)
    shapes = jax.eval_shape(lambda x: network.init(jax.random.key(0), x, train=False), example)
    variables, sha256 = weight_files.to_flax(file, shapes)
    identity = dict(
        name="classifier",
        weights_sha256=sha256,
        size=list(size),
        channels=channels,
        resize="clean",
        quantisation=QUANTISATION,
        test_accuracy=file.about["test_accuracy"],
    )

    def apply(variables: dict, images: UInt8[Array, "batch height width channels"]) -> dict:
        features, logits = network.apply(variables, prepare(images, size, channels), train=False)
        return {"features": features, "logits": logits}

    return Features("classifier", DIMENSION, identity, variables, apply, batch_size)
