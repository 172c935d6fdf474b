"""SqueezeNet 1.1 (Iandola et al. 2016, https://arxiv.org/abs/1602.07360) in torchvision's layout."""

import flax.linen as nn
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, UInt8

from gan_jax.bounds import Count, Positive
from gan_jax.features import weights as weight_files
from gan_jax.features.base import QUANTISATION, Features, to_colours
from gan_jax.features.pooling import max_pool
from gan_jax.features.resize import Method, resize

Image = Float[Array, "batch height width channels"]
Map = Float[Array, "batch _ _ _"]

MEAN = (0.485, 0.456, 0.406)
DEVIATION = (0.229, 0.224, 0.225)

# torchvision's index in `features`: (squeeze, expand); the pools stand before 3, 6 and 9.
FIRES = {
    3: (16, 64),
    4: (16, 64),
    6: (32, 128),
    7: (32, 128),
    9: (48, 192),
    10: (48, 192),
    11: (64, 256),
    12: (64, 256),
}
POOLS_BEFORE = (3, 6, 9)


class Fire(nn.Module):
    """A narrow 1x1 convolution, then 1x1 and 3x3 ones side by side."""

    squeeze: int
    expand: int

    @nn.compact
    def __call__(self, x: Image) -> Map:
        """Maps to the same places with 2 * `expand` channels."""
        x = nn.relu(nn.Conv(self.squeeze, (1, 1), name="squeeze")(x))
        wide = nn.Conv(self.expand, (1, 1), name="expand1x1")(x), nn.Conv(self.expand, (3, 3), name="expand3x3")(x)
        return nn.relu(jnp.concatenate(wide, axis=-1))


class SqueezeNet(nn.Module):
    """The convolutional part: the seven maps that LPIPS compares, the last of which the classifier reads."""

    @nn.compact
    def __call__(self, x: Image) -> tuple[Map, ...]:
        """Takes ImageNet-normalised colours; the maps have 64, 128, 256, 384, 384, 512 and 512 channels."""
        x = nn.relu(nn.Conv(64, (3, 3), strides=2, padding="VALID", name="features.0")(x))
        maps = [x]
        for index, (squeeze, expand) in FIRES.items():
            if index in POOLS_BEFORE:
                x = max_pool(x, 3, 2, ceil_mode=True)
            x = Fire(squeeze, expand, name=f"features.{index}")(x)
            maps.append(x)
        # LPIPS looks after each stage: the first convolution, then the fires that end one.
        return tuple(maps[place] for place in (0, 2, 4, 5, 6, 7, 8))


def make(weights: str = "", size: Positive = 224, resize_method: Method = "clean", batch_size: Count = 0) -> Features:
    """The mean of the last map, 512 features of the image resized to `size` x `size`, ImageNet-normalised.

    `weights`: an npz or safetensors file in torchvision's layout; without one, `squeezenet` in the weights folder.
    """
    file = weight_files.load("squeezenet", weights)
    network = SqueezeNet()
    shapes = jax.eval_shape(network.init, jax.random.key(0), jnp.zeros((1, size, size, 3)))
    params, sha256 = weight_files.to_flax(file, shapes)
    identity = dict(
        name="squeezenet",
        weights_sha256=sha256,
        size=[size, size],
        resize=resize_method,
        quantisation=QUANTISATION,
    )

    def apply(params: dict, images: UInt8[Array, "batch height width channels"]) -> dict:
        x = resize(to_colours(images, 3), (size, size), resize_method) / 255
        maps = network.apply(params, (x - jnp.asarray(MEAN)) / jnp.asarray(DEVIATION))
        return {"features": maps[-1].mean((1, 2))}

    return Features("squeezenet", 512, identity, params, apply, batch_size)
