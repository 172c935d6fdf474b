"""Asking a reward: of images as a file would have them, checked, and in NumPy where it is no function of JAX's."""

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax.lax import stop_gradient
from jaxtyping import Array, Float

from gan_jax.errors import InputError, told_always
from gan_jax.images import from_uint8, to_uint8

Images = Float[Array, "batch *space channels"]
Scores = Float[Array, "batch"]


def score(reward: Callable, images: Images, frozen: Mapping[str, Callable]) -> Scores:
    """The rewards of images as they would be written to a file, with the gradient of the images themselves.

    Raises:
        InputError: the function gives something else than one finite float32 number for each image.
    """
    asks = "frozen" in inspect.signature(reward).parameters
    if not asks:
        _tried(reward, images.shape[1:])
    with _asking(reward):
        values = reward(_quantised(images), frozen) if asks else reward(_quantised(images))
    return _checked(values, reward, len(images))


def _quantised(images: Images) -> Images:
    """Whole levels, as if they were not rounded for the gradient: there is none for values out of range."""
    images = jnp.clip(images, -1, 1)
    return images + stop_gradient(from_uint8(to_uint8(images)) - images)


@contextmanager
def _asking(reward: Callable) -> Iterator[None]:
    """Tells how a reward fails, and of one in NumPy how it is made one."""
    with told_always(name_of(reward), "the reward fails"):
        try:
            yield
        except (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError) as error:
            raise InputError(
                f"{name_of(reward)}: inside a step images have no values yet that NumPy or Python could look at: "
                "return gan_jax.losses.scoring.on_host(function, images), where function takes uint8 arrays of NumPy's."
            ) from error


def _checked(values: Any, reward: Callable, size: int) -> Scores:
    if not isinstance(values, jax.Array | np.ndarray):
        raise InputError(f"{name_of(reward)}: a reward is an array; it returned {type(values).__name__}.")
    if jnp.shape(values) != (size,) or jnp.result_type(values) != jnp.float32:
        raise InputError(
            f"{name_of(reward)}: a reward is one float32 number for each image, of shape ({size},); "
            f"it returned {jnp.result_type(values)} of shape {jnp.shape(values)}."
        )
    return values


@functools.lru_cache(maxsize=64)
def _tried(reward: Callable, shape: tuple[int, ...]) -> None:
    """Asks once for the rewards of a black, a grey and a noisy image: NaN is found before anything compiles."""
    noise = np.random.default_rng(0).integers(0, 256, shape)
    images = np.stack([np.zeros(shape), np.full(shape, 128), noise]).astype(np.uint8)
    allowed = jax.transfer_guard("allow")  # a step is traced where no transfers are
    with allowed, jax.ensure_compile_time_eval(), _asking(reward):
        values = np.asarray(_checked(reward(from_uint8(jnp.asarray(images))), reward, 3))
    if not np.isfinite(values).all():
        told = f"{name_of(reward)}: the rewards of a black, a grey and a noisy image are {values.tolist()}"
        raise InputError(f"{told}: a reward is a finite number for any image.")


def name_of(reward: Callable) -> str:
    """What a message calls the function, which may be bound to its settings."""
    inner = getattr(reward, "func", reward)
    return f"reward {getattr(inner, '__module__', '')}:{getattr(inner, '__name__', inner)}"


@functools.partial(jax.custom_jvp, nondiff_argnums=(0,))
def on_host(function: Callable, images: Images) -> Scores:
    """`function(pixels uint8 [B, H, W, C]) -> numbers [B]` in NumPy, inside a step; it must depend on nothing else."""

    def call(pixels: Any) -> Float[np.ndarray, "batch"]:  # arrays of JAX's, whatever it says of itself
        return np.asarray(function(np.asarray(pixels)), np.float32).reshape(len(pixels))

    result = jax.ShapeDtypeStruct((len(images),), jnp.float32)
    return jax.pure_callback(call, result, to_uint8(images), vmap_method="sequential")


@on_host.defjvp
def _no_gradient(function: Callable, primals: tuple, tangents: tuple) -> tuple:
    del primals, tangents
    name = getattr(function, "__qualname__", str(function)).split(".")[0]  # of the reward that it stands in
    raise InputError(f"reward {name} has no gradient: ask for it by reinforce, evolution or best_of.")
