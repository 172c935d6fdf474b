"""Quantizers against their definitions, known codes and NumPy."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from gan_jax.nets import quantizers

RANDOM = np.random.default_rng(0)
KEY = jax.random.key(0)


def maps(*shape):
    return jnp.asarray(RANDOM.normal(size=shape), jnp.float32)


@pytest.mark.parametrize(
    "levels, codes",
    [
        ((8, 6, 5), 240),
        ((8, 5, 5, 5), 1000),
        ((7, 5, 5, 5, 5), 4375),
        ((8, 8, 8, 6, 5), 15_360),
        ((8, 8, 8, 5, 5, 5), 64_000),
    ],
)
def test_finite_scalars_have_the_published_numbers_of_codes_and_each_finds_itself(levels, codes):
    network = quantizers.FiniteScalars(levels)
    assert network.codes == codes and network.features == len(levels)
    every = jnp.arange(codes).reshape(1, 1, codes)
    values = network.apply({}, every, method="lookup")
    assert len(np.unique(np.asarray(values).reshape(codes, -1), axis=0)) == codes
    half = np.array(levels) // 2
    digits = np.asarray(values) * half  # around 0; what tanh brings near to them is rounded to them
    size = (np.array(levels) - 1) * (1 + 1e-3) / 2
    offset = np.where(np.array(levels) % 2 == 0, 0.5, 0.0)
    before = np.arctanh((digits + offset) / size) - np.arctanh(offset / size)
    found = network.apply({}, jnp.asarray(before, jnp.float32), train=False)
    np.testing.assert_array_equal(found.codes, every)
    np.testing.assert_allclose(found.values, values, atol=1e-6)


def test_finite_scalars_at_zero_and_their_gradient():
    network = quantizers.FiniteScalars((8, 5, 5, 5))
    zeros = jnp.zeros((1, 1, 1, 4))
    found = network.apply({}, zeros, train=True)
    assert found.codes.item() == 4 + 2 * 8 + 2 * 40 + 2 * 200 and not np.any(found.values)
    slope = jax.grad(lambda x: network.apply({}, x, train=True).values.sum())(zeros)[0, 0, 0]
    size, shift = 7 * 1.001 / 2, np.arctanh(0.5 / (7 * 1.001 / 2))
    assert shift == pytest.approx(0.143695, abs=1e-5)  # a known value
    np.testing.assert_allclose(slope, [size / np.cosh(shift) ** 2 / 4, *[2.002 / 2] * 3], rtol=1e-5)


def test_signs_are_bits_from_the_highest_on():
    network = quantizers.Signs(3)
    points = jnp.array(list(itertools.product([-0.2, 0.7], repeat=3))).reshape(1, 2, 4, 3)
    found = network.apply({}, points, train=True)
    np.testing.assert_array_equal(found.codes.ravel(), range(8))
    np.testing.assert_array_equal(found.values, jnp.sign(points))
    np.testing.assert_array_equal(network.apply({}, found.codes, method="lookup"), jnp.sign(points))
    np.testing.assert_array_equal(jax.grad(lambda x: network.apply({}, x, train=True).values.sum())(points), 1)


def test_a_codebook_chooses_the_nearest_and_lets_gradients_straight_through():
    network = quantizers.Codebook(codes=5, features=3)
    values = maps(2, 3, 4, 3) / 5
    variables = network.init(KEY, values, train=True)
    vectors = variables["params"]["vectors"]
    found = network.apply(variables, values, train=True)
    distance = np.square(np.asarray(values)[..., None, :] - np.asarray(vectors)).sum(axis=-1)
    np.testing.assert_array_equal(found.codes, distance.argmin(axis=-1))
    np.testing.assert_allclose(found.values, vectors[found.codes], atol=1e-6)

    def weighed(values, vectors, part):
        return getattr(network.apply({"params": {"vectors": vectors}}, values, train=True), part).sum()

    for part, expected in (("values", (1, 0)), ("chosen", (0, np.bincount(found.codes.ravel(), minlength=5)[:, None]))):
        for gradient, wanted in zip(jax.grad(weighed, argnums=(0, 1))(values, vectors, part), expected, strict=True):
            np.testing.assert_array_equal(gradient, np.broadcast_to(wanted, gradient.shape))


def test_a_moving_codebook_follows_what_its_vectors_were_chosen_for():
    network = quantizers.MovingCodebook(codes=4, features=2, decay=0.75)
    values = maps(3, 2, 2, 2)
    state = network.init(KEY, values, train=True)
    counts, sums = np.ones(4), np.asarray(state["codebook"]["vectors"], np.float64)
    flat = np.asarray(values).reshape(-1, 2)
    for _ in range(3):
        found, state = network.apply(state, values, train=True, mutable=["codebook"])
        chosen = np.eye(4)[np.asarray(found.codes).ravel()]
        counts = 0.75 * counts + 0.25 * chosen.sum(axis=0)
        sums = 0.75 * sums + 0.25 * chosen.T @ flat
        smooth = (counts + 1e-5) / (counts.sum() + 4e-5) * counts.sum()
        np.testing.assert_allclose(state["codebook"]["vectors"], sums / smooth[:, None], rtol=1e-4, atol=1e-6)
    assert network.apply(state, values, train=False).codes.shape == (3, 2, 2)


def test_dead_codes_begin_anew_alike_on_any_number_of_devices():
    values = maps(4, 2, 2, 2) + 100  # far from all vectors, so that one is chosen for everything
    settings = dict(codes=6, features=2, decay=0.5, restart=0.6)

    def after(axis_name, values):
        state = quantizers.MovingCodebook(**settings).init(KEY, values, train=True)
        network = quantizers.MovingCodebook(axis_name=axis_name, **settings)
        return network.apply(state, values, train=True, mutable=["codebook"])[1]["codebook"]

    whole = after(None, values)
    parts = jax.vmap(lambda values: after("devices", values), axis_name="devices")(values.reshape(2, 2, 2, 2, 2))
    for name, x in whole.items():
        np.testing.assert_allclose(parts[name], np.broadcast_to(x, parts[name].shape), rtol=1e-5)
    known = np.asarray(values).reshape(-1, 2)
    nearest = np.abs(np.asarray(whole["sums"])[:, None] - known).sum(axis=-1).min(axis=1)
    assert (nearest < 1e-3).sum() == 5  # all but the one that is chosen


def test_a_code_that_nobody_chooses_falls_below_the_floor_and_restarts():
    network = quantizers.MovingCodebook(codes=3, features=2, decay=0.5, restart=0.4)
    values = jnp.full((1, 2, 2, 2), 50.0)
    state = network.init(KEY, values, train=True)
    for _ in range(2):  # counts 1, then .5, then .25
        _, state = network.apply(state, values, train=True, mutable=["codebook"])
    vectors = np.asarray(state["codebook"]["vectors"])
    assert (np.abs(vectors - 50) < 26).all()  # two began anew at 50, the third was on its way there
    assert (state["codebook"]["counts"] > 0.9).all() and int(state["codebook"]["steps"]) == 2
