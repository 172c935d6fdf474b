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


Read = Callable[[UInt8[np.ndarray, "n h w c"]], Float[np.ndarray, "n attributes"]]


class AttributeReader(NamedTuple):
    """Reads attributes, in standard deviations of those of the data."""

    names: tuple[str, ...]
    how: str  # in words
    agreement: Float[np.ndarray, "attributes"]  # squared correlation with what is known of examples
    read: Read


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
    measurable = hasattr(examples.data.source, "read_factors")
    if measurable:
        seen = attributes_of(read_factors(examples.data, images, where))
        true = {name: values for name, values in true.items() if name in seen}
    names, known = tuple(true), np.stack(list(true.values()), axis=1)
    mean, deviation = known.mean(axis=0), known.std(axis=0)
    scaled, held_out = (known - mean) / deviation, np.arange(len(images)) % HELD_OUT == 0
    if measurable:
        how = "measured in the pixels"

        def read(images: UInt8[np.ndarray, "n h w c"]) -> Float[np.ndarray, "n attributes"]:
            factors = read_factors(examples.data, images, where)
            values = dict(pair for factor in factors for pair in factor.attributes())
            return (np.stack([values[name] for name in names], axis=1) - mean) / deviation
    else:
        how, read = "by a regressor trained on examples", _trained(images[~held_out], scaled[~held_out])
    pairs = zip(read(images[held_out]).T, scaled[held_out].T, strict=True)
    return AttributeReader(names, how, np.array([np.corrcoef(a, b)[0, 1] ** 2 for a, b in pairs]), read)


def _trained(images: UInt8[np.ndarray, "n h w c"], values: Float[np.ndarray, "n attributes"]) -> Read:
    network = MLPRegressor(hidden_layer_sizes=(256,), early_stopping=True, max_iter=100, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # whether it has converged is told by its agreement
        network.fit(_scaled(images), values)
    return lambda images: network.predict(_scaled(images)).reshape(len(images), -1)


def _scaled(images: UInt8[np.ndarray, "n h w c"]) -> Float[np.ndarray, "n values"]:
    return small(images) / 127.5 - 1
