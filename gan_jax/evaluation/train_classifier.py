"""Trains the classifier whose features and predictions metrics use."""

from functools import partial
from pathlib import Path
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree, UInt8
from tqdm import tqdm

from gan_jax.features import weights as weight_files
from gan_jax.features.classifier import Classifier, from_weights, input_format, prepare
from gan_jax.metrics.conditional_accuracy import conditional_accuracy
from gan_jax.rng import key as root_key

LEAST_SHOWN = 40_000  # images, over all epochs
LEAST_EPOCHS = 5


class State(NamedTuple):
    """What training carries from step to step."""

    variables: PyTree
    opt_state: optax.OptState


def train(
    images: np.ndarray,
    labels: np.ndarray,
    *,
    test_images: np.ndarray,
    test_labels: np.ndarray,
    num_classes: int = 0,
    epochs: int = 0,
    batch_size: int = 128,
    learning_rate: float = 2e-3,
    seed: int = 0,
    progress: bool = True,
) -> weight_files.Weights:
    """Trains on uint8 images [N, H, W, C] and labels; the test images give the accuracy that goes with the weights.

    `num_classes` 0: one more than the largest label. `epochs` 0: five, or more where that would show it fewer than
    40,000 images. The result is a function of the images, their order and `seed`.
    """
    num_classes = num_classes or int(max(labels.max(), test_labels.max())) + 1
    epochs = epochs or max(LEAST_EPOCHS, -(-LEAST_SHOWN // len(images)))
    batch_size = min(batch_size, len(images))
    size, channels = input_format(images.shape)
    steps = epochs * (len(images) // batch_size)

    network = Classifier(num_classes)
    optimizer = optax.adamw(optax.cosine_onecycle_schedule(steps, learning_rate), weight_decay=1e-3)
    example = jnp.zeros((1, *size, channels))
    variables = jax.jit(partial(network.init, train=False))(root_key(seed), example)
    state = State(variables, optimizer.init(variables["params"]))
    step = jax.jit(partial(_step, network, optimizer, size, channels), donate_argnums=0)
    pixels, classes = jax.device_put((images, labels.astype(np.int32)))
    rng = np.random.Generator(np.random.Philox(seed))
    with tqdm(total=steps, desc="Training the classifier", unit="step", disable=not progress) as bar:
        for _ in range(epochs):
            order = rng.permutation(len(images))[: len(images) // batch_size * batch_size]
            for chosen in order.reshape(-1, batch_size):
                state, loss = step(state, pixels, classes, chosen)
                bar.update()
            bar.set_postfix(loss=f"{loss:.3f}")

    about = dict(size=size, channels=channels, num_classes=num_classes, test_accuracy=float("nan"))
    arrays = weight_files.from_flax(jax.device_get(state.variables))
    features = from_weights(weight_files.Weights(arrays, "", Path(), about))
    about["test_accuracy"] = conditional_accuracy(features.outputs(test_images)["logits"], test_labels).value
    return weight_files.Weights(arrays, "", Path(), about)


def _step(
    network: Classifier,
    optimizer: optax.GradientTransformation,
    size: tuple[int, int],
    channels: int,
    state: State,
    images: UInt8[Array, "examples height width channels"],
    labels: Int[Array, "examples"],
    chosen: Int[Array, "batch"],
) -> tuple[State, Float[Array, ""]]:
    x, y = prepare(images[chosen], size, channels), labels[chosen]

    def loss(params: PyTree) -> tuple[Array, PyTree]:
        variables = {**state.variables, "params": params}
        (_, logits), new = network.apply(variables, x, train=True, mutable="batch_stats")
        return optax.softmax_cross_entropy_with_integer_labels(logits, y).mean(), new

    params = state.variables["params"]
    (value, new), gradient = jax.value_and_grad(loss, has_aux=True)(params)
    updates, opt_state = optimizer.update(gradient, state.opt_state, params)
    return State({**new, "params": optax.apply_updates(params, updates)}, opt_state), value
