"""From a model to directions in one of its spaces."""

from collections.abc import Iterable, Iterator
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from gan_jax.control import directions
from gan_jax.control.directions import Directions
from gan_jax.control.edits import check_layers
from gan_jax.control.first_layers import first_layers
from gan_jax.control.spaces import Space
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler

Method = Literal["sefa", "pca"]

SIDE = 16  # pixels at most of images whose components are looked for: what is finer is no matter of the whole picture
BATCH = 256


def default_space(found: Iterable[str]) -> str:
    """Where there is most to be found: w, and z where there is no other."""
    return next((name for name in found if name not in ("z", "class")), "z")


def find(
    sampler: Sampler,
    space: Space,
    *,
    method: Method = "sefa",
    count: int = 16,
    layers: Iterable[int] = (),
    num: int = 10_000,
) -> Directions:
    """At most `count` directions, the strongest first.

    Args:
        sampler: of the model.
        space: of the codes.
        method: `sefa` looks at weights, `pca` at codes or images of `num` seeds.
        count: of directions.
        layers: the rows of a code that they are for, by default all; `sefa` looks at the layers that read these.
        num: of seeds; for `sefa` it does not matter.

    Raises:
        InputError: there are no such layers, or none that `sefa` could look at; or too few seeds.
    """
    rows = tuple(layers)
    if rows and not space.rows:
        raise InputError(f"layers: a code of {space.name} is one for all layers.")
    check_layers(np.array(rows, int), space.rows or 1)
    if method == "sefa":
        return directions.factorized(first_layers(sampler, space), space, count, rows)
    if num < 2:
        raise InputError(f"num = {num}: components take two seeds at least, and should have thousands.")
    if not space.is_normal:
        found = directions.principal(_parts(sampler, space, num), space, count)
    else:
        codes = np.concatenate(list(_parts(sampler, space, num)))
        images = sampler.stream(range(num), _same(sampler), batch_size=BATCH)
        found = directions.regressed(codes, np.concatenate([small(part) for part in images]), space, count)
    return found._replace(layers=rows)


def _parts(sampler: Sampler, space: Space, num: int) -> Iterator[Float[np.ndarray, "n *part"]]:
    """Codes of some seeds, of which all rows are alike: one of them."""
    for part in sampler.stream(range(num), draw=space.name, batch_size=BATCH):
        yield part[:, 0] if space.rows else part


def _same(sampler: Sampler) -> dict[str, int]:
    """One class for all, so that components tell what else there is."""
    return {"label": 0} if "label" in sampler.conditions() else {}


def small(images: UInt8[np.ndarray, "n height width channels"]) -> Float[np.ndarray, "n values"]:
    """Images averaged to at most 16 pixels a side, as rows."""
    height, width = (-(-side // SIDE) for side in images.shape[1:3])  # of a window
    fitted = images[:, : images.shape[1] // height * height, : images.shape[2] // width * width].astype(np.float32)
    shape = (len(images), fitted.shape[1] // height, height, fitted.shape[2] // width, width, images.shape[3])
    return fitted.reshape(shape).mean(axis=(2, 4)).reshape(len(images), -1)
