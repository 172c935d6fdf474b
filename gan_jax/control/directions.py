"""Directions in a space of codes along which images change, found without labels; and files of them."""

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Float

from gan_jax.control.first_layers import FirstLayer
from gan_jax.control.spaces import Space
from gan_jax.data.arrays import read_npz
from gan_jax.errors import InputError
from gan_jax.sampling.export import replacing

Steps = Float[np.ndarray, "k *part"]
Scales = Float[np.ndarray, "k"]


class Directions(NamedTuple):
    """Directions by how much they do, the strongest first."""

    space: str
    steps: Steps  # what a strength of one adds to a code, or to each row of one
    scales: Scales  # how much that does, in the measure of the method
    layers: tuple[int, ...]  # the rows of a code that they are for; () for all, and where a code has none
    names: tuple[str, ...] = ()  # of the attributes that they change, where these are known

    def step(self, which: str, key: str) -> Float[np.ndarray, "..."]:
        """The direction of that name or number, from 0; `key` is how it was asked for.

        Raises:
            InputError: there is none of that name or number.
        """
        number = self.names.index(which) if which in self.names else int(which) if which.isdecimal() else -1
        if not 0 <= number < len(self.steps):
            named = f", and by name {', '.join(self.names)}" if self.names else ""
            raise InputError(f"{key}={which}: there are the directions 0 to {len(self.steps) - 1}{named}.")
        return self.steps[number]


def factorized(layers: Iterable[FirstLayer], space: Space, count: int, rows: tuple[int, ...] = ()) -> Directions:
    """SeFa (Shen & Zhou 2021): the unit vectors n for which |A n| is largest, A being the layers that read a code.

    They are the right singular vectors of A, `scales` its singular values. Of several layers the matrices are stacked,
    those that read one of `rows`, by default all of them. The sign is that which makes the largest number positive.

    Raises:
        InputError: no layer reads those rows.
    """
    chosen = [layer.matrix for layer in layers if not rows or set(rows) & set(layer.rows)]
    if not chosen:
        raise InputError(f"layers: none of the network's layers reads row {', '.join(map(str, rows))} of a code.")
    gram = sum(matrix.T.astype(np.float64) @ matrix.astype(np.float64) for matrix in chosen)
    values, vectors = _largest(gram, count)
    return Directions(space.name, vectors.reshape(-1, *space.shape_of_part), np.sqrt(values), rows)


def principal(codes: Iterable[Float[np.ndarray, "_ *part"]], space: Space, count: int) -> Directions:
    """GANSpace (Härkönen et al. 2020) where codes have a law to be found: the principal components of w.

    `codes` come in parts, a row of each code. A strength of one is one standard deviation, which `scales` tells.
    """
    number, total, products = 0, 0.0, 0.0
    for part in codes:
        flat = part.reshape(len(part), -1).astype(np.float64)
        number, total, products = number + len(flat), total + flat.sum(axis=0), products + flat.T @ flat
    mean = total / number
    values, vectors = _largest(products / number - np.outer(mean, mean), count)
    deviations = np.sqrt(values)
    steps = (vectors * deviations[:, None]).astype(np.float32)
    return Directions(space.name, steps.reshape(-1, *space.shape_of_part), deviations, ())


def regressed(
    codes: Float[np.ndarray, "n *part"], seen: Float[np.ndarray, "n values"], space: Space, count: int
) -> Directions:
    """GANSpace (section 2.2) where codes are normal, all directions alike: the components are those of what is `seen`.

    The direction of a component is the mean change of the code with it, by least squares, for one standard deviation
    of the component, which `scales` tells.
    """
    flat = codes.reshape(len(codes), -1).astype(np.float64)
    centred = seen.astype(np.float64) - seen.mean(axis=0, dtype=np.float64)
    values, vectors = _largest(centred.T @ centred / len(seen), count)
    kept = values > 1e-10 * values.max(initial=0)
    coordinates = centred @ vectors[kept].T / np.sqrt(values[kept])  # of unit variance and uncorrelated, so that
    steps = coordinates.T @ (flat - flat.mean(axis=0)) / len(flat)  # this is the least-squares solution
    return Directions(space.name, steps.astype(np.float32).reshape(-1, *space.shape_of_part), np.sqrt(values[kept]), ())


def _largest(matrix: Float[np.ndarray, "n n"], count: int) -> tuple[Float[np.ndarray, "k"], Float[np.ndarray, "k n"]]:
    """The largest eigenvalues of a symmetric matrix, falling, and their vectors, whose largest numbers are positive."""
    values, vectors = np.linalg.eigh(matrix)
    values, vectors = np.maximum(values[::-1][:count], 0), vectors.T[::-1][:count]
    largest = np.take_along_axis(vectors, np.abs(vectors).argmax(axis=1)[:, None], axis=1)
    return values, vectors * np.sign(largest)


def save(directions: Directions, file: Path) -> None:
    """Writes an npz with the arrays `steps`, `scales`, `layers`, `space` and `names`."""
    with replacing(file) as temporary:
        np.savez(
            temporary,
            steps=directions.steps.astype(np.float32),
            scales=directions.scales.astype(np.float32),
            layers=np.array(directions.layers, np.int32),
            space=np.array(directions.space),
            names=np.array(directions.names, np.str_),
        )


def read(file: Path, key: str) -> Directions:
    """Reads what `save` wrote; `key` begins what is said of it.

    Raises:
        InputError: there is no such file, or it is no file of directions.
    """
    arrays = read_npz(file, key)
    missing = [name for name in Directions._fields if name not in arrays]
    if missing:
        raise InputError(f"{key}={file}: holds no array {missing[0]!r}: write one by the command `directions`.")
    steps, scales, layers, space, names = (arrays[n] for n in ("steps", "scales", "layers", "space", "names"))
    fine = steps.dtype.kind == "f" and steps.ndim > 1 and np.isfinite(steps).all() and scales.shape == steps.shape[:1]
    fine &= layers.dtype.kind == "i" and layers.ndim == 1 and space.dtype.kind == "U" and space.ndim == 0
    if not fine or names.dtype.kind != "U" or names.shape not in ((0,), steps.shape[:1]):
        raise InputError(f"{key}={file}: its arrays are not those that the command `directions` writes.")
    return Directions(str(space), steps, scales, tuple(layers.tolist()), tuple(names.tolist()))


def check_fits(directions: Directions, space: Space, where: str) -> None:
    """Refuses directions of another model's space; `where` says where they come from."""
    if directions.space != space.name or directions.steps.shape[1:] != space.shape_of_part:
        raise InputError(
            f"{where}: holds directions {list(directions.steps.shape[1:])} in {directions.space}, and a code of "
            f"{space.name} takes {list(space.shape_of_part)}."
        )
