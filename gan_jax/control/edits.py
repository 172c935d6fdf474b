"""What can be done to codes: rows of another's, steps along a direction, ways from one to the next."""

import numpy as np
from jaxtyping import Float, Integer

from gan_jax.errors import InputError
from gan_jax.sampling import interpolation

Codes = Float[np.ndarray, "n *code"]


def mixed(
    codes: Float[np.ndarray, "n rows size"], others: Float[np.ndarray, "n rows size"], layers: Integer[np.ndarray, "k"]
) -> Float[np.ndarray, "n rows size"]:
    """Codes whose rows `layers` are those of others: style mixing (Karras et al. 2019, section 3.1).

    Raises:
        InputError: there is no such row.
    """
    check_layers(layers, codes.shape[1])
    result = codes.copy()
    result[:, layers] = others[:, layers]
    return result


def moved(codes: Codes, step: Float[np.ndarray, "..."], layers: Integer[np.ndarray, "k"] | None = None) -> Codes:
    """Codes with a step added, one for all or one each; with `layers` to those of their rows alone.

    A step has the shape of a code; of codes with rows, that of a row or [n, 1, size].

    Raises:
        InputError: there is no such row.
    """
    if layers is None:
        return codes + step.astype(codes.dtype)
    check_layers(layers, codes.shape[1])
    result = codes.copy()
    result[:, layers] += step.astype(codes.dtype)
    return result


def replaced(codes: Codes, places: Integer[np.ndarray, "n"], values: Float[np.ndarray, "n"]) -> Codes:
    """Codes of which one number each, at its place in the flat code, is another."""
    result = codes.copy().reshape(len(codes), -1)
    result[np.arange(len(codes)), places] = values
    return result.reshape(codes.shape)


def way(
    codes: Codes, frames: int, numbers: Integer[np.ndarray, "points"], *, straight: bool
) -> Float[np.ndarray, "points *code"]:
    """Points of the way from code to code, `frames` to a leg, which meets all codes exactly; number 0 is the first.

    Not `straight`, a leg is part of the great circle through its ends, whose points are as long as normal codes are.
    """
    if not straight:
        return interpolation.walk(codes, frames, numbers)
    legs = numbers // frames
    after = codes[np.minimum(legs + 1, len(codes) - 1)]
    share = (numbers % frames / frames).astype(codes.dtype).reshape(-1, *[1] * (codes.ndim - 1))
    return codes[legs] + share * (after - codes[legs])


def check_layers(layers: Integer[np.ndarray, "k"], rows: int) -> None:
    """Refuses layers that a code has no row for."""
    wrong = layers[(layers < 0) | (layers >= rows)]
    if wrong.size:
        raise InputError(f"layers: there is no layer {wrong[0]}; the model's are 0 to {rows - 1}.")
