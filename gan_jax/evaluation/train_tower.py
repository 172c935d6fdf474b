"""Trains the tower that tells which caption a picture has, for the metric r_precision."""

from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree, UInt8
from tqdm import tqdm

from gan_jax.data.tokenizers import Tokenizer
from gan_jax.features import tower
from gan_jax.features.classifier import input_format, prepare
from gan_jax.rng import key as root_key

TEMPERATURE = 0.07
BATCH = 128


def train(
    images: UInt8[np.ndarray, "n height width channels"],
    tokens: Int[np.ndarray, "n length"],
    tokenizer: Tokenizer,
    *,
    steps: int = 2000,
    learning_rate: float = 2e-3,
    seed: int = 0,
    progress: bool = True,
) -> tower.Trained:
    """By the contrast of pictures and captions in batches of 128 (Radford et al. 2021), a function of all of these."""
    size, channels = input_format(images.shape)
    batch = min(BATCH, len(images))
    network = tower.Tower(tokenizer.size)
    optimizer = optax.adam(optax.cosine_onecycle_schedule(steps, learning_rate))
    example = jnp.zeros((1, *size, channels)), jnp.zeros((1, tokens.shape[1]), jnp.int32)
    variables = jax.jit(network.init)(root_key(seed), *example)
    state = variables, optimizer.init(variables)
    step = jax.jit(partial(_step, network, optimizer, size, channels), donate_argnums=0)
    held = jax.device_put((images, tokens))
    random = np.random.Generator(np.random.Philox(seed))
    for _ in tqdm(range(steps), desc="Training the tower", unit="step", disable=not progress):
        state = step(state, *held, random.choice(len(images), batch, replace=False))
    return tower.Trained(jax.device_get(state[0]), tokenizer, size, channels)


def _step(
    network: tower.Tower,
    optimizer: optax.GradientTransformation,
    size: tuple[int, int],
    channels: int,
    state: tuple[PyTree, PyTree],
    images: UInt8[Array, "n height width channels"],
    tokens: Int[Array, "n length"],
    chosen: Int[Array, "batch"],
) -> tuple[PyTree, PyTree]:
    variables, memory = state
    x, words = prepare(images[chosen], size, channels), tokens[chosen]

    def loss(variables: PyTree) -> Float[Array, ""]:
        seen, said = network.apply(variables, x, words)
        alike = seen @ said.T / TEMPERATURE
        own = jnp.arange(len(x))
        both = [optax.softmax_cross_entropy_with_integer_labels(rows, own).mean() for rows in (alike, alike.T)]
        return sum(both) / 2

    updates, memory = optimizer.update(jax.grad(loss)(variables), memory, variables)
    return optax.apply_updates(variables, updates), memory
