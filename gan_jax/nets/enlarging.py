"""The end of networks that enlarge: convolutions to more channels, which become pixels (Shi et al. 2016)."""

from collections.abc import Callable
from typing import Any

from jaxtyping import Array, Float

from gan_jax.errors import InputError
from gan_jax.nets.layers import Conv
from gan_jax.nets.shuffle import pixel_shuffle


def steps_of(scale: int) -> tuple[int, ...]:
    """The enlargements by 2, or the one by 3, that make a scale of 1, 2, 3, 4, 8, ..."""
    if scale == 3:
        return (3,)
    if scale < 1 or scale & (scale - 1):
        raise InputError(f"This network enlarges pictures 3 times, or by a power of two, not {scale} times.")
    return (2,) * (scale.bit_length() - 1)


def enlarged(
    x: Float[Array, "batch height width features"],
    scale: int,
    *,
    train: bool,
    activation: Callable[[Array, str], Array] = lambda x, name: x,
    **settings: Any,
) -> Float[Array, "batch rows columns features"]:
    """To be called in a module: its layers are `enlarge_0`, ...; `activation(x, name)` comes after each."""
    for number, step in enumerate(steps_of(scale)):
        x = Conv(x.shape[-1] * step**2, name=f"enlarge_{number}", **settings)(x, train=train)
        x = activation(pixel_shuffle(x, step), f"activation_{number}")
    return x
