"""Trains the classifier whose features and predictions metrics use, on the labels of one's own set.

gan-jax classifier --config.data.source=npz --config.data.source.path=SET.npz [--out=FILE]

Its accuracy is told of a tenth that is held out, or of a set of its own: --config.test.source=npz and the like.
"""

import logging
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, PyTree, UInt8
from tqdm import tqdm

from gan_jax import command
from gan_jax.errors import InputError
from gan_jax.evaluation import own_networks
from gan_jax.features import weights as weight_files
from gan_jax.features.classifier import Classifier, from_weights, prepare
from gan_jax.metrics.conditional_accuracy import conditional_accuracy
from gan_jax.rng import key as root_key

LARGEST = 64  # pixels along the longer side that the classifier sees
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
    scale = min(1.0, LARGEST / max(images.shape[1:3]))
    size = tuple(max(1, round(side * scale)) for side in images.shape[1:3])
    channels = 1 if images.shape[-1] < 3 else 3
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


def _labelled(config: dict[str, Any], section: str) -> tuple[np.ndarray, np.ndarray, int]:
    """The images, the labels and the number of classes of a section."""
    dataset = own_networks.data(config, section)
    if "label" not in dataset.columns:
        raise InputError(f"{section}.source has no labels; a classifier needs them.")
    arrays = dataset.arrays()
    return arrays["image"], arrays["label"], dataset.num_classes


def main(arguments: Sequence[str]) -> int:
    """Trains on `config.data`; the accuracy is that on `config.test`, or on every tenth example held out."""
    parser = own_networks.parser("classifier", __doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=0, help="passes over the set; 0: by its size")
    flags, config = own_networks.parse(parser, arguments)
    if flags.epochs < 0:
        raise InputError(f"--epochs={flags.epochs} should be 0 or more.")
    images, labels, num_classes = _labelled(config, "data")
    if "test" in config:
        test_images, test_labels, _ = _labelled(config, "test")
    else:
        held_out = own_networks.held_out(len(images), flags.seed)
        test_images, test_labels = images[held_out], labels[held_out]
        images, labels = images[~held_out], labels[~held_out]
    trained = train(
        images,
        labels,
        test_images=test_images,
        test_labels=test_labels,
        num_classes=num_classes,
        epochs=flags.epochs,
        seed=flags.seed,
    )
    sha256 = weight_files.write(flags.out, trained.arrays, **trained.about)
    accuracy = trained.about["test_accuracy"]
    logging.info("%s: accuracy %.4f on %d held-out images, SHA-256 %s", flags.out, accuracy, len(test_images), sha256)
    return 0


if __name__ == "__main__":
    command.main(main)
