"""Trains the tower that tells which caption a picture has, for the metric r_precision, on captioned pictures.

gan-jax tower --config=text_sprites --config.data.source.seed=1 [--out=FILE]
"""

import logging
from collections.abc import Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree, UInt8
from tqdm import tqdm

from gan_jax import command
from gan_jax.data.tokenizers import Tokenizer
from gan_jax.errors import InputError
from gan_jax.evaluation import own_networks
from gan_jax.features import tower
from gan_jax.features.classifier import prepare
from gan_jax.metrics.r_precision import r_precision
from gan_jax.rng import key as root_key

TEMPERATURE = 0.07
BATCH = 128
LARGEST = 64  # pixels along the longer side that the tower sees


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
    scale = min(1.0, LARGEST / max(images.shape[1:3]))
    size = tuple(max(1, round(side * scale)) for side in images.shape[1:3])
    channels = 1 if images.shape[-1] < 3 else 3
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


def main(arguments: Sequence[str]) -> int:
    """Trains on `config.data`, and tells R-precision on every tenth example, which is held out."""
    parser = own_networks.parser("tower", __doc__.splitlines()[0])
    parser.add_argument("--steps", type=int, default=2000, help="of training, of 128 examples each")
    flags, config = own_networks.parse(parser, arguments)
    if flags.steps < 1:
        raise InputError(f"--steps={flags.steps} should be at least 1.")
    data = own_networks.data(config, "data")
    if not data.tokenizers:
        raise InputError("The tower reads captions: data.tokenizer says how, of a source with a column of strings.")
    column, tokenizer = next(iter(data.tokenizers.items()))
    arrays = data.arrays()
    images, tokens = arrays["image"], arrays[column]
    held_out = own_networks.held_out(len(images), flags.seed)
    captions = [tokenizer.decode(row) for row in tokens[held_out]]
    candidates = min(100, len(set(captions)))
    if candidates < 2:
        raise InputError(f"The {len(captions)} held-out captions are all {captions[0]!r}: there is nothing to choose.")
    trained = train(images[~held_out], tokens[~held_out], tokenizer, steps=flags.steps, seed=flags.seed)
    features = trained.images(images[held_out]), trained.texts(captions)
    found = r_precision(*features, captions, candidates)
    sha256 = tower.write(flags.out, trained, held_out=found.value, candidates=candidates)
    logging.info(
        "%s: R-precision of %d captions %.3f on %d held-out pictures, SHA-256 %s",
        *(flags.out, candidates, found.value, len(captions), sha256),
    )
    return 0


if __name__ == "__main__":
    command.main(main)
