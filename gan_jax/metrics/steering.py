"""How straight attributes of images follow a step in the space of codes, and what else changes with it."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from gan_jax.errors import InputError


class Response(NamedTuple):
    """What attributes do along one direction."""

    slopes: Float[np.ndarray, "attributes"]  # change for a strength of one, in the unit of each attribute
    linearity: Float[np.ndarray, "attributes"]  # R²: how much of each image's changes is one straight line for all

    def leakage(self, attribute: int) -> Float[np.ndarray, "attributes"]:
        """How much the others change while that one changes by one; itself 0, and without a change of it infinite."""
        steepness = np.abs(self.slopes)
        with np.errstate(divide="ignore", invalid="ignore"):
            relative = np.where(steepness == 0, 0, steepness / steepness[attribute])
        return np.where(np.arange(len(relative)) == attribute, 0, relative)


def response(
    values: Float[np.ndarray, "images strengths attributes"], strengths: Float[np.ndarray, "strengths"]
) -> Response:
    """The least-squares line of each attribute over strengths, one slope for all images, each with its own height.

    Of the values' changes within an image alone: how images differ before they are moved does not matter.
    """
    along = strengths - strengths.mean()
    if not along.any():
        raise InputError(f"steering: the strengths {strengths.tolist()} are one; a slope takes two at least.")
    change = values - values.mean(axis=1, keepdims=True)
    slopes = np.einsum("nsa,s->a", change, along) / (len(values) * (along @ along))
    total = np.mean(change**2, axis=(0, 1))
    left = np.mean((change - along[:, None] * slopes) ** 2, axis=(0, 1))
    return Response(slopes, 1 - np.divide(left, total, out=np.ones_like(total), where=total > 0))
