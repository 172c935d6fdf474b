"""Small classifiers that are trained again and again, each for the same number of steps, to compare training sets."""

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float, Int, Integer, PyTree, UInt8

from gan_jax import compiler
from gan_jax.errors import InputError
from gan_jax.images import from_uint8
from gan_jax.rng import key as root_key

BATCH = 32
AT_ONCE = 50  # steps whose batches are made together
SHOWN = 256  # images that are classified at once
LEARNING_RATE = 3e-3


class Linear(nn.Module):
    """Logistic regression on pixels."""

    num_classes: int

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Maps images in [-1, 1] to logits."""
        return nn.Dense(self.num_classes, kernel_init=nn.initializers.zeros)(x.reshape(len(x), -1))


class Convolutional(nn.Module):
    """Two strided convolutions and a dense layer, without normalisation: what it says of an image is of that alone."""

    num_classes: int

    @nn.compact
    def __call__(self, x: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
        """Maps images in [-1, 1] to logits."""
        for width in (8, 16):
            x = nn.relu(nn.Conv(width, (4, 4), strides=2)(x))
        x = nn.relu(nn.Dense(64)(x.reshape(len(x), -1)))
        return nn.Dense(self.num_classes)(x)


FAMILIES: dict[str, Callable[[int], nn.Module]] = {"linear": Linear, "convolutional": Convolutional}


class Labelled(NamedTuple):
    """Images and their classes."""

    images: UInt8[np.ndarray, "n height width channels"]
    labels: Integer[np.ndarray, "n"]


class Classical(NamedTuple):
    """Classical augmentation: moved by up to a share of the sides (the edge is repeated), and mirrored or not."""

    shift: float = 0.0
    flip: bool = False


AS_THEY_ARE = Classical()


class Trained(NamedTuple):
    """A classifier: images to logits."""

    family: str
    num_classes: int
    variables: PyTree

    def __call__(self, images: UInt8[np.ndarray, "n height width channels"]) -> Float[np.ndarray, "n classes"]:
        """The logits of each image, which depend on no other."""
        apply = _program(self.family, self.num_classes, images.shape[1:]).apply
        return np.concatenate([np.asarray(apply(self.variables, part))[:size] for part, size in _parts(images)])


def joined(*sets: Labelled) -> Labelled:
    """All examples of some sets."""
    return Labelled(*(np.concatenate(columns) for columns in zip(*sets, strict=True)))


def fit(
    family: str,
    sets: Sequence[Labelled],
    num_classes: int,
    *,
    steps: int,
    seed: int,
    classical: Classical = AS_THEY_ARE,
) -> Trained:
    """Trains on batches with as many of each class; of several sets each 50 steps see the next (GaFi's recycling).

    The seed fixes the first parameters and the choice of examples, whatever the family is shown.
    """
    if steps < AT_ONCE or steps % AT_ONCE:
        raise InputError(f"steps={steps}: {AT_ONCE} are made at a time, so give a multiple of that.")
    program = _program(family, num_classes, sets[0].images.shape[1:])
    rng = np.random.Generator(np.random.Philox(seed))
    state = program.init(root_key(seed))
    for call in range(steps // AT_ONCE):
        images, labels = sets[call % len(sets)]
        chosen = _balanced(labels, AT_ONCE * BATCH, rng)
        shown, asked = _changed(images[chosen], classical, rng), labels[chosen].astype(np.int32)
        for number in range(AT_ONCE):
            batch, rate = slice(number * BATCH, (number + 1) * BATCH), _rate((call * AT_ONCE + number) / steps)
            state = program.step(state, shown[batch], asked[batch], rate)
    return Trained(family, num_classes, state[0])


def _rate(done: float) -> np.float32:
    """The learning rate when a share of the steps is done: a tenth of them up, then down to 0 by a half cosine."""
    return np.float32(LEARNING_RATE * min(1, 0.01 + 10 * done) * (1 + np.cos(np.pi * done)) / 2)


class _Program(NamedTuple):
    init: Callable
    step: Callable
    apply: Callable


@functools.lru_cache(maxsize=16)  # compiled once for all sets and numbers of steps
def _program(family: str, num_classes: int, shape: tuple[int, ...]) -> _Program:
    if family not in FAMILIES:
        raise InputError(f"There is no family of classifiers {family!r}: use {', '.join(FAMILIES)}.")
    network = FAMILIES[family](num_classes)
    optimizer = optax.adamw(1.0, weight_decay=1e-2)

    def init(key: Array) -> tuple[PyTree, PyTree]:
        variables = network.init(key, jnp.zeros((1, *shape)))
        return variables, optimizer.init(variables)

    def step(
        state: tuple[PyTree, PyTree],
        images: UInt8[Array, "batch *image"],
        labels: Int[Array, "batch"],
        rate: Float[Array, ""],
    ) -> tuple[PyTree, PyTree]:
        variables, opt_state = state

        def loss(variables: PyTree) -> Float[Array, ""]:
            logits = network.apply(variables, from_uint8(images))
            return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()

        updates, opt_state = optimizer.update(jax.grad(loss)(variables), opt_state, variables)
        return jax.tree.map(lambda x, change: x + rate * change, variables, updates), opt_state

    def apply(variables: PyTree, images: UInt8[Array, "batch *image"]) -> Float[Array, "batch classes"]:
        return network.apply(variables, from_uint8(images))

    jit = functools.partial(jax.jit, compiler_options=compiler.options())
    return _Program(jit(init), jit(step, donate_argnums=0), jit(apply))


def _balanced(labels: Integer[np.ndarray, "n"], count: int, rng: np.random.Generator) -> Integer[np.ndarray, "count"]:
    """Places of examples, each class as likely as any other: a rare class is no matter of the threshold then."""
    order, counts = np.argsort(labels, kind="stable"), np.bincount(labels)
    present = np.flatnonzero(counts)
    first = np.cumsum(counts) - counts
    classes = present[rng.integers(len(present), size=count)]
    return order[first[classes] + (rng.random(count) * counts[classes]).astype(np.int64)]


def _changed(
    images: UInt8[np.ndarray, "n height width channels"], classical: Classical, rng: np.random.Generator
) -> UInt8[np.ndarray, "n height width channels"]:
    n, height, width = images.shape[:3]
    if classical.shift:
        reach = [max(round(classical.shift * side), 1) for side in (height, width)]
        down, right = (rng.integers(-r, r + 1, size=(n, 1)) for r in reach)
        rows = np.clip(np.arange(height) + down, 0, height - 1)
        columns = np.clip(np.arange(width) + right, 0, width - 1)
        images = images[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]]
    if classical.flip:
        images = np.where(rng.random((n, 1, 1, 1)) < 0.5, images[:, :, ::-1], images)
    return images


def _parts(images: UInt8[np.ndarray, "n *image"]) -> Iterator[tuple[UInt8[np.ndarray, "part *image"], int]]:
    for start in range(0, len(images), SHOWN):
        part = images[start : start + SHOWN]
        yield np.pad(part, [(0, SHOWN - len(part))] + [(0, 0)] * (part.ndim - 1)), len(part)
