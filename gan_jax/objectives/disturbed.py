"""What happens to pictures on their way, as functions that have gradients: what a watermark has to outlast.

Rounding has none, so that here its gradient is that of the identity (Bengio et al. 2013).
"""

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Key

from gan_jax.nets.resample import average_pool, upsample

Images = Float[Array, "batch height width channels"]  # in [-1, 1]
Amount = Float[Array, "batch"]

# The tables of the JPEG standard (ITU-T T.81, annex K), of brightness and of colours.
_BRIGHTNESS = """16 11 10 16 24 40 51 61 12 12 14 19 26 58 60 55 14 13 16 24 40 57 69 56 14 17 22 29 51 87 80 62
18 22 37 56 68 109 103 77 24 35 55 64 81 104 113 92 49 64 78 87 103 121 120 101 72 92 95 98 112 100 103 99"""
_COLOURS = [[17, 18, 24, 47], [18, 21, 26, 66], [24, 26, 56, 99], [47, 66, 99, 99]]  # 99 further on
_TABLES = np.stack([np.array(_BRIGHTNESS.split(), float).reshape(8, 8), np.full((8, 8), 99.0), np.full((8, 8), 99.0)])
_TABLES[1:, :4, :4] = _COLOURS
_TO_YCC = np.array([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_FREQUENCY, _PLACE = np.meshgrid(np.arange(8), np.arange(8), indexing="ij")
_COSINES = np.cos((2 * _PLACE + 1) * _FREQUENCY * np.pi / 16) / np.where(_FREQUENCY == 0, np.sqrt(8), 2)

LEAST_QUALITY = 50  # of a JPEG
MOST_NOISE = 0.1  # standard deviation
LEAST_WINDOW = 0.7  # of the sides, that a crop leaves


def disturbed(images: Images, keys: Key[Array, "batch"]) -> Images:
    """One thing happens to each image, by its key: nothing, a JPEG, noise, half the resolution, or a crop."""
    kind, amount, noise = jax.vmap(_drawn, in_axes=(0, None))(keys, images.shape[1:])
    # A value past the ends has no gradient: with that of the identity whoever hides bits drives all pixels there.
    images = jnp.clip(images, -1, 1)
    ways = (
        images,
        jpeg(images, LEAST_QUALITY + (95 - LEAST_QUALITY) * amount[:, 0]),
        images + MOST_NOISE * amount[:, 0, None, None, None] * noise,
        upsample(average_pool(images)),
        crop(images, LEAST_WINDOW + (1 - LEAST_WINDOW) * amount[:, 0], amount[:, 1:]),
    )
    chosen = jnp.select([(kind == number)[:, None, None, None] for number in range(len(ways))], ways)
    return jnp.clip(chosen, -1, 1)


def _drawn(key: Key[Array, ""], shape: tuple[int, ...]) -> tuple[Array, Array, Array]:
    kind, amount, noise = jax.random.split(key, 3)
    return jax.random.randint(kind, (), 0, 5), jax.random.uniform(amount, (3,)), jax.random.normal(noise, shape)


def through(before: Array, after: Array) -> Array:
    """What comes after, with the gradient of what was before."""
    return before + jax.lax.stop_gradient(after - before)


def jpeg(images: Images, quality: Amount) -> Images:
    """What is left of images after a JPEG of that quality, from 1 to 100, without subsampled colours.

    The first three channels of three or four are colours; any other is a grey picture of its own.
    """
    height, width, channels = images.shape[1:]
    levels = (images + 1) * 127.5
    colours = channels in (3, 4)
    if colours:
        levels = jnp.concatenate([levels[..., :3] @ _TO_YCC.T.astype(np.float32), levels[..., 3:]], axis=-1)
    levels = through(levels, jnp.round(levels))  # as files have them
    offset = np.array([128.0, 0.0, 0.0, 128.0][:channels] if colours else [128.0] * channels, np.float32)
    tables = _TABLES[[0, 1, 2, 0][:channels] if colours else [0] * channels]
    scale = jnp.where(quality < 50, 5000 / quality, 200 - 2 * quality)
    steps = jnp.clip(jnp.floor((tables * scale[:, None, None, None] + 50) / 100), 1, 255)  # [batch, channels, 8, 8]
    padded = jnp.pad(levels - offset, ((0, 0), (0, -height % 8), (0, -width % 8), (0, 0)), mode="edge")
    blocks = padded.reshape(len(images), -(-height // 8), 8, -(-width // 8), 8, channels)
    cosines = jnp.asarray(_COSINES, jnp.float32)
    found = jnp.einsum("uh,bihjWc,vW->bijcuv", cosines, blocks, cosines)
    found = found / steps[:, None, None]
    kept = through(found, jnp.round(found)) * steps[:, None, None]
    blocks = jnp.einsum("uh,bijcuv,vW->bihjWc", cosines, kept, cosines)
    levels = blocks.reshape(padded.shape)[:, :height, :width] + offset
    if colours:
        back = np.linalg.inv(_TO_YCC).T.astype(np.float32)
        levels = jnp.concatenate([levels[..., :3] @ back, levels[..., 3:]], axis=-1)
    return levels / 127.5 - 1


def crop(images: Images, window: Amount, at: Float[Array, "batch 2"]) -> Images:
    """A window of so much of the sides, as large as the image was; `at` is its place, from 0 to 1."""
    height, width, _ = images.shape[1:]
    sides = jnp.array([height, width], jnp.float32)

    def cut(image: Array, window: Array, at: Array) -> Array:
        scale = jnp.repeat(1 / window, 2)
        shift = -at * (sides / window - sides)
        return jax.image.scale_and_translate(image, image.shape, (0, 1), scale, shift, "linear")

    return jax.vmap(cut)(images, window, at)
