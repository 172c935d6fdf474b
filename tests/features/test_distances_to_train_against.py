"""Distances of random convolutions and of a classifier of one's own, as frozen networks."""

from functools import partial

import experiments
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import signal

from gan_jax.config import experiment, schema
from gan_jax.errors import InputError
from gan_jax.features import classifier, weights
from gan_jax.frozen import classifier as own
from gan_jax.frozen import logits
from gan_jax.frozen import random as frozen
from gan_jax.images import from_uint8, to_uint8
from gan_jax.losses import rewards, scoring
from gan_jax.runs.kept import Kept

A, B = (np.random.default_rng(seed).uniform(-1, 1, (2, 8, 8, 3)).astype(np.float32) for seed in (1, 2))


def held(network):
    """With its variables where a run has them."""
    return network._replace(variables=jax.tree.map(jnp.asarray, network.variables))


def described(kernel, images):
    """One layer of one image, a channel at a time."""
    rows = [
        sum(signal.correlate2d(images[..., i], kernel[:, :, i, o], "same") for i in range(images.shape[-1]))
        for o in range(kernel.shape[-1])
    ]
    x = np.stack(rows, axis=-1)
    return np.where(x > 0, x, 0.2 * x)


def test_it_is_the_mean_squared_distance_of_unit_vectors():
    network = held(frozen.make(seed=3))
    total = 0.0
    x, y = np.float64(A[0]), np.float64(B[0])
    for number in range(3):
        x, y = (described(np.float64(network.variables[f"kernel{number}"]), image) for image in (x, y))
        units = [image / np.linalg.norm(image, axis=-1, keepdims=True) for image in (x, y)]
        total += np.square(units[0] - units[1]).sum(-1).mean() / 3
        x, y = (image.reshape(len(image) // 2, 2, len(image) // 2, 2, -1).mean((1, 3)) for image in (x, y))
    found = network.apply(network.variables, jnp.asarray(A), jnp.asarray(B))
    np.testing.assert_allclose(found[0], total, rtol=1e-4)


def test_equal_images_have_no_distance_and_a_finite_slope():
    network = held(frozen.make())
    distance = lambda x: network.apply(network.variables, x, jnp.asarray(A)).sum()  # noqa: E731
    value, slope = jax.value_and_grad(distance)(jnp.asarray(A))
    assert value == 0 and not slope.any()
    grey = network.apply(network.variables, jnp.asarray(A[..., :1]), jnp.asarray(B[..., :1]))
    assert grey.shape == (2,) and (grey > 0).all()


def test_a_config_names_it_and_a_run_keeps_it():
    config = dict(frozen=dict(eyes=dict(name="random", seed=5)))
    made = experiment.make_frozen(schema.resolve_config(experiments.translation(**config)), {})["eyes"]
    kept = frozen.make(kept=Kept(made.variables, made.identity))
    assert kept.identity == {"name": "random", "seed": 5}
    jax.tree.map(np.testing.assert_array_equal, kept.variables, frozen.make(seed=5).variables)


def test_a_classifier_of_ones_own_compares_its_maps(tmp_path):
    """By its layers one by one: convolution, statistics that it has, what is positive, means of 2x2 pixels."""
    shape = jax.ShapeDtypeStruct((1, 8, 8, 3), jnp.float32)
    shapes = jax.eval_shape(lambda x: classifier.Classifier(4).init(jax.random.key(0), x, train=False), shape)
    random = np.random.default_rng(0)
    arrays = {
        name: np.abs(random.normal(0.5, 0.3, dims)).astype(np.float32)
        if name.endswith("var")
        else random.normal(0.1, 0.3, dims).astype(np.float32)
        for name, dims in dict(weights.torch_names(shapes).values()).items()
    }
    file = tmp_path / "own.npz"
    weights.write(file, arrays, size=[8, 8], channels=3, num_classes=4, test_accuracy=0.5)
    network = own.make(weights=str(file))
    variables = jax.tree.map(jnp.asarray, network.variables)
    x, y, total = np.float64(A[0]), np.float64(B[0]), 0.0
    for number in range(3):
        layer, scale = (network.variables["params"][f"{name}{number}"] for name in ("conv", "bn"))
        kept = network.variables["batch_stats"][f"bn{number}"]

        def seen(image, layer=layer, scale=scale, kept=kept):
            kernel = np.float64(layer["kernel"])
            outputs = [
                sum(signal.correlate2d(image[..., i], kernel[:, :, i, o], "same") for i in range(image.shape[-1]))
                for o in range(kernel.shape[-1])
            ]
            unit = (np.stack(outputs, -1) - kept["mean"]) / np.sqrt(kept["var"] + 1e-5)
            return np.maximum(unit * scale["scale"] + scale["bias"], 0)

        x, y = seen(x), seen(y)
        units = [z / np.maximum(np.linalg.norm(z, axis=-1, keepdims=True), 1e-10) for z in (x, y)]
        total += np.square(units[0] - units[1]).sum(-1).mean() / 3
        if len(x) >= 8:
            x, y = (z.reshape(len(z) // 2, 2, len(z) // 2, 2, -1).mean((1, 3)) for z in (x, y))
    np.testing.assert_allclose(network.apply(variables, jnp.asarray(A), jnp.asarray(B))[0], total, rtol=1e-4)
    again = own.make(kept=Kept(network.variables, network.identity))
    assert again.apply(variables, jnp.asarray(A), jnp.asarray(A)).tolist() == [0, 0]
    with pytest.raises(InputError, match=r"trained on images \[8, 8, 3\], not on \[8, 4, 3\]"):
        again.apply(variables, jnp.asarray(A[:, :, :4]), jnp.asarray(B[:, :, :4]))
    check_probabilities(str(file), classifier.make(str(file), batch_size=2))


def check_probabilities(file, features):
    """A reward of two classifiers is their mean less their deviation; of one it is its probability."""
    network, images = logits.make(weights=file), from_uint8(to_uint8(jnp.asarray(A)))
    judge = lambda x: network.apply(network.variables, x)  # noqa: E731
    known = features.outputs(np.asarray(to_uint8(images)))["logits"]
    first = np.asarray(jax.nn.softmax(known))[:, 2]
    asked = partial(rewards.class_probability, label=2, networks=("a", "b"), caution=2.0)
    frozen = {"a": judge, "b": lambda x: -judge(x)}
    np.testing.assert_allclose(scoring.score(partial(asked, networks=("a",)), images, frozen), first, rtol=1e-3)
    second = np.asarray(jax.nn.softmax(-known))[:, 2]
    expected = (first + second) / 2 - 2 * np.abs(first - second) / 2
    np.testing.assert_allclose(scoring.score(asked, images, frozen), expected, rtol=1e-3, atol=1e-5)
    with pytest.raises(InputError, match="class_probability: 'c' is none of `frozen`"):
        scoring.score(partial(asked, networks=("c",)), images, frozen)
