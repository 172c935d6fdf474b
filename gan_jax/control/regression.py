"""Directions along which known attributes change, by linear regression on codes."""

import logging
from collections.abc import Mapping

import numpy as np
from jaxtyping import Float

from gan_jax.control.directions import Directions
from gan_jax.control.spaces import Space
from gan_jax.errors import InputError

log = logging.getLogger(__name__)

HELD_OUT = 5  # every fifth example is, to tell how much of an attribute the codes know
POOR = 0.1  # of the variance; with less than that explained a direction is mostly noise


def regressed(
    codes: Float[np.ndarray, "n *code"], attributes: Mapping[str, Float[np.ndarray, "n"]], space: Space
) -> Directions:
    """The direction of each attribute: the likeliest step by which its best linear prediction rises.

    With y the attribute in standard deviations, by least squares y = a + b z. Of all steps d with b d = 1 that which is
    shortest in the measure of the codes' own covariance C is C b / (b C b): numbers of a code that hardly vary, whose b
    is noise, stay as they are. Of a class this is the way from the mean code of the others to its own. A strength of
    one is one standard deviation of the attribute, in all rows of a code that has rows; `scales` tells R², the share
    of its variance that the codes of examples that the fit has not seen explain, which may be below 0.

    Raises:
        InputError: there are too few examples for codes of that size.
    """
    parts = codes.mean(axis=1) if space.rows else codes
    flat = parts.reshape(len(codes), -1).astype(np.float64)
    least = 2 * flat.shape[1] + 2 * HELD_OUT
    if len(flat) < least:
        raise InputError(
            f"{len(flat)} examples are too few for a regression on the {flat.shape[1]} numbers of a code of "
            f"{space.name}, which takes {least} at least and should have thousands."
        )
    held_out = np.arange(len(flat)) % HELD_OUT == 0
    fitted, mean = flat[~held_out], flat[~held_out].mean(axis=0)
    covariance = np.cov(fitted.T, bias=True).reshape(flat.shape[1], -1)
    steps, scales = [], []
    for values in attributes.values():
        wanted = (values - values[~held_out].mean()) / max(values[~held_out].std(), np.finfo(np.float32).tiny)
        weights = np.linalg.lstsq(fitted - mean, wanted[~held_out], rcond=None)[0]
        along = covariance @ weights
        steps.append(along / max(weights @ along, np.finfo(np.float32).tiny))
        left = wanted[held_out] - (flat[held_out] - mean) @ weights
        scales.append(1 - np.mean(left**2) / max(np.var(wanted[held_out]), np.finfo(np.float32).tiny))
    poor = [f"{name} ({r2:.2f})" for name, r2 in zip(attributes, scales, strict=True) if r2 < POOR]
    if poor:
        log.warning("Codes hardly tell, so that directions are mostly noise (R²): %s", ", ".join(poor))
    found = np.stack(steps).astype(np.float32).reshape(-1, *space.shape_of_part)
    return Directions(space.name, found, np.array(scales), (), tuple(attributes))
