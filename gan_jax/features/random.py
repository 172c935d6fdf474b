"""Random convolutions: features with no weights to fetch and no classes to favour.

Randomly initialised networks were shown to rank generators where ImageNet's features mislead (Naeem et al. 2020,
https://arxiv.org/abs/2002.09797, section 4). The weights come from Philox's raw integers by
exact arithmetic alone, so that no version of JAX, NumPy or a math library can change them.
"""

import jax
import numpy as np
from jaxtyping import Array, UInt8

from gan_jax.bounds import Positive, Seed
from gan_jax.errors import InputError
from gan_jax.features import weights
from gan_jax.features.base import QUANTISATION, Features, to_colours
from gan_jax.features.pooling import mean_pool
from gan_jax.features.resize import resize

WIDTHS = (32, 64, 128)


def make(seed: Seed = 0, size: Positive = 64, batch_size: Positive = 64) -> Features:
    """Three 3x3 convolutions with halvings between them, then means over the four quadrants: 512 features."""
    if size % 16:
        raise InputError(f"size={size} is no multiple of 16.")
    params = draw(seed)
    identity = dict(
        name="random",
        weights_sha256=weights.fingerprint(params),
        seed=seed,
        size=[size, size],
        resize="clean",
        quantisation=QUANTISATION,
    )

    def apply(params: dict, images: UInt8[Array, "batch height width channels"]) -> dict:
        x = resize(to_colours(images, 3), (size, size), "clean") / 127.5 - 1
        for kernel in params.values():
            x = jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
            x = mean_pool(jax.nn.leaky_relu(x, 0.2), 2)
        x = mean_pool(x, size // 16)
        return {"features": x.reshape(len(x), -1)}

    return Features("random", 4 * WIDTHS[-1], identity, params, apply, batch_size)


def draw(seed: int) -> dict[str, np.ndarray]:
    """The kernels: uniform He initialisation from raw 64-bit integers."""
    stream = np.random.Philox(key=seed)
    params, fan_in = {}, 3
    for index, width in enumerate(WIDTHS):
        shape = (3, 3, fan_in, width)
        unit = (stream.random_raw(int(np.prod(shape))) >> np.uint64(40)).astype(np.float64) / 2**23 - 1
        params[f"kernel{index}"] = (unit * np.sqrt(6 / (9 * fan_in))).astype(np.float32).reshape(shape)
        fan_in = width
    return params
