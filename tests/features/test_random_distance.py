"""The distance of random convolutions, as a frozen network: by a loop over its kernels, without a file."""

import experiments
import jax
import jax.numpy as jnp
import numpy as np
from scipy import signal

from gan_jax.config import experiment, schema
from gan_jax.frozen import random as frozen
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
