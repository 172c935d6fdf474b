"""Attributes read from images: measured in the pixels where a source knows how, else by a regressor of real images."""

import warnings
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from sklearn.neural_network import MLPRegressor

from gan_jax.control.finding import small
from gan_jax.data.factors import attributes_of, factors_of, read_factors
from gan_jax.errors import InputError
from gan_jax.evaluation.examples import Examples

HELD_OUT = 5  # every fifth example is, to tell how well attributes are read
LEAST = 100  # examples


class AttributeReader(NamedTuple):
    """Reads attributes, in standard deviations of those of the data."""

    names: tuple[str, ...]
    how: str  # in words
    agreement: Float[np.ndarray, "attributes"]  # squared correlation with what is known of examples
    read: Callable[[UInt8[np.ndarray, "n h w c"]], Float[np.ndarray, "n attributes"]]


def make(examples: Examples, where: str) -> AttributeReader:
    """By the source's `read_factors`; else by a network of one hidden layer, trained on the examples.

    The network sees images averaged to 16 pixels at most, and its agreement is that on every fifth example, which it
    was not trained on. `where` begins what is said of the examples.

    Raises:
        InputError: the examples are too few, or nothing is known of them.
    """
    if len(examples.chosen) < LEAST:
        raise InputError(f"{where}: {len(examples.chosen)} examples are too few to read attributes by: give {LEAST}.")
    columns = {name: examples.column(name) for name in ("factors", "label") if name in examples.data.columns}
    true = attributes_of(factors_of(examples.data, columns, where))
    images = examples.column("image")
    test = np.arange(len(images)) % HELD_OUT == 0
    if hasattr(examples.data.source, "read_factors"):
        found = attributes_of(read_factors(examples.data, images, where))
        names = tuple(name for name in true if name in found)
        how = "measured in the pixels"

        def raw(images: np.ndarray) -> np.ndarray:
            factors = read_factors(examples.data, images, where)
            values = dict(pair for factor in factors for pair in factor.attributes())
            return np.stack([values[name] for name in names], axis=1)

        known = np.stack([true[name] for name in names], axis=1)
    else:
        names, how = tuple(true), "by a regressor trained on examples"
        known = np.stack([true[name] for name in names], axis=1)
        network = _trained(images[~test], known[~test])

        def raw(images: np.ndarray) -> np.ndarray:
            return network(images)

    mean, deviation = known.mean(axis=0), known.std(axis=0)
    seen = raw(images[test])
    agreement = np.array([np.corrcoef(a, b)[0, 1] ** 2 for a, b in zip(seen.T, known[test].T, strict=True)])
    return AttributeReader(names, how, agreement, lambda images: (raw(images) - mean) / deviation)


def _trained(
    images: UInt8[np.ndarray, "n h w c"], values: Float[np.ndarray, "n attributes"]
) -> Callable[[np.ndarray], np.ndarray]:
    network = MLPRegressor(hidden_layer_sizes=(256,), early_stopping=True, max_iter=100, random_state=0)
    mean, deviation = values.mean(axis=0), values.std(axis=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it has converged is told by its agreement
        network.fit(_scaled(images), (values - mean) / deviation)
    return lambda images: network.predict(_scaled(images)).reshape(len(images), -1) * deviation + mean


def _scaled(images: UInt8[np.ndarray, "n h w c"]) -> Float[np.ndarray, "n values"]:
    return small(images) / 127.5 - 1
