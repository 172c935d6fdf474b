"""DINOv2's vision transformers (Oquab et al. 2023, https://arxiv.org/abs/2304.07193), for FD-DINOv2.

Stein et al. 2023, https://arxiv.org/abs/2306.04675: the class token of the ViT-L/14 ranks generators as people do. The
weights come from a file of the user's.
"""

from typing import Literal

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, UInt8

from gan_jax.bounds import Count
from gan_jax.features import weights as weight_files
from gan_jax.features.base import QUANTISATION, Features, to_colours
from gan_jax.features.resize import cubic, resize
from gan_jax.features.squeezenet import DEVIATION, MEAN

SIZE = 224
PATCH = 14
TRAINED = 37  # patches along a side of the 518 pixels that it was trained at
OFFSET = 0.1  # the released model stretches its grid of positions to `new + OFFSET` patches

Tokens = Float[Array, "batch tokens width"]


class Block(nn.Module):
    """Self-attention and a two-layer perceptron, each scaled by `gamma`."""

    heads: int

    @nn.compact
    def __call__(self, x: Tokens) -> Tokens:
        """Maps tokens to tokens."""
        width = x.shape[-1]
        y = nn.LayerNorm(epsilon=1e-6, name="norm1")(x)
        y = nn.Dense(3 * width, name="attn.qkv")(y).reshape(*x.shape[:2], 3, self.heads, width // self.heads)
        y = jax.nn.dot_product_attention(y[:, :, 0], y[:, :, 1], y[:, :, 2]).reshape(x.shape)
        x = x + nn.Dense(width, name="attn.proj")(y) * self.param("ls1.gamma", nn.initializers.ones, (width,))
        y = nn.LayerNorm(epsilon=1e-6, name="norm2")(x)
        y = nn.gelu(nn.Dense(4 * width, name="mlp.fc1")(y), approximate=False)
        return x + nn.Dense(width, name="mlp.fc2")(y) * self.param("ls2.gamma", nn.initializers.ones, (width,))


class VisionTransformer(nn.Module):
    """ImageNet-normalised colours, sides that are multiples of 14, to the normalised class token."""

    width: int
    depth: int
    heads: int

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width 3"]) -> Float[Array, "batch features"]:
        """Returns `width` features."""
        x = nn.Conv(self.width, (PATCH, PATCH), PATCH, padding="VALID", name="patch_embed.proj")(x)
        batch, height, width, _ = x.shape
        positions = self.param("pos_embed", nn.initializers.zeros, (1, 1 + TRAINED**2, self.width))
        token = self.param("cls_token", nn.initializers.zeros, (1, 1, self.width)) + positions[:, :1]
        grid = positions[0, 1:].reshape(TRAINED, TRAINED, self.width)
        x = x + jnp.einsum("hg,wv,gvc->hwc", _stretch(height), _stretch(width), grid)
        x = jnp.concatenate([jnp.tile(token, (batch, 1, 1)), x.reshape(batch, height * width, -1)], axis=1)
        for index in range(self.depth):
            x = Block(self.heads, name=f"blocks.{index}")(x)
        return nn.LayerNorm(epsilon=1e-6, name="norm")(x[:, 0])


def _stretch(new: int) -> Float[np.ndarray, "new old"]:
    """PyTorch's bicubic interpolation (a = -3/4, edges repeated) of the grid of positions along one side."""
    source = (np.arange(new) + 0.5) * TRAINED / (new + OFFSET) - 0.5
    matrix = np.zeros((new, TRAINED))
    for shift in range(-1, 3):
        place = np.floor(source).astype(int) + shift
        np.add.at(matrix, (np.arange(new), np.clip(place, 0, TRAINED - 1)), cubic(source - place, -0.75))
    return matrix.astype(np.float32)


NETWORKS = {"vits14": VisionTransformer(384, 12, 6), "vitl14": VisionTransformer(1024, 24, 16)}


def make(weights: str = "", network: Literal["vits14", "vitl14"] = "vitl14", batch_size: Count = 0) -> Features:
    """The class token (vitl14: 1024 features, vits14: 384) of images resized to 224 x 224, antialiased bicubic.

    `weights`: a converted file; without one, `dinov2_<network>` in the weights folder.
    """
    name = f"dinov2_{network}"
    file = weight_files.load(name, weights)
    transformer = NETWORKS[network]
    shapes = jax.eval_shape(transformer.init, jax.random.key(0), jnp.zeros((1, SIZE, SIZE, 3)))
    variables, sha256 = weight_files.to_flax(file, shapes)
    identity = dict(
        name=name,
        weights_sha256=sha256,
        source_sha256=file.source_sha256,
        size=[SIZE, SIZE],
        resize="clean",
        quantisation=QUANTISATION,
    )

    def apply(variables: dict, images: UInt8[Array, "batch height width channels"]) -> dict:
        x = resize(to_colours(images, 3), (SIZE, SIZE), "clean") / 255
        return {"features": transformer.apply(variables, (x - jnp.array(MEAN)) / jnp.array(DEVIATION))}

    return Features(name, transformer.width, identity, variables, apply, batch_size)
