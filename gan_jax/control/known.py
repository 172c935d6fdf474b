"""Codes with what is known of their images: of a labelled set as a model encodes it, or of what a model draws."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Integer
from tqdm import tqdm

from gan_jax.control.spaces import TO, Space
from gan_jax.data.dataset import Dataset
from gan_jax.data.factors import Factor, factors_of, read_factors
from gan_jax.errors import InputError
from gan_jax.sampling.sampler import Sampler

BLOCK = 1024  # images in memory at a time


class Known(NamedTuple):
    """Codes, and the factors of their images."""

    codes: Float[np.ndarray, "n *code"]
    factors: list[Factor]


def encoded(
    sampler: Sampler, draw: str, data: Dataset, chosen: Integer[np.ndarray, "n"], where: str, progress: bool = False
) -> Known:
    """The codes that a draw, such as `to_z`, finds for some examples of a set; `where` begins what is said of these.

    Raises:
        InputError: the model does not encode, or the set has neither factors nor labels.
    """
    if draw not in sampler.objective.draws:
        raise InputError(f"{where}: {not_encoding(sampler, draw)}.")
    model, codes, columns = sampler.on(data), [], []
    factors_of(data, _known_of(model.examples(chosen[:2])), where)  # so that what is not known is said before the work
    for start in tqdm(range(0, len(chosen), BLOCK), "Encoding", unit_scale=BLOCK, unit="image", disable=not progress):
        here = chosen[start : start + BLOCK]
        same = np.zeros(len(here), np.uint32)  # seeds: one Gaussian of the prior for all, where it has several
        examples = model.examples(here)
        codes.append(model(same, model.of_data(here, draw, examples), draw=draw))
        columns.append(_known_of(examples))
    whole = {name: np.concatenate([part[name] for part in columns]) for name in columns[0]}
    return Known(np.concatenate(codes), factors_of(data, whole, where))


def _known_of(examples: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What is known of examples, without their pictures."""
    return {name: examples[name] for name in ("factors", "label") if name in examples}


def drawn(sampler: Sampler, space: Space, data: Dataset, count: int, where: str) -> Known:
    """The codes of seeds 0 to count - 1, all of one class, and what the data's source reads in their images.

    Raises:
        InputError: the source reads nothing.
    """
    where = f"{where}: {not_encoding(sampler, space.encoder)}"
    read_factors(data, data.example(0)["image"][None], where)  # so that what cannot be read is said before the work
    seeds = np.arange(count)
    label = {"label": 0} if "label" in sampler.conditions() else {}
    images = np.concatenate(list(sampler.stream(seeds, label)))
    own = {name: value for name, value in label.items() if name in sampler.conditions(space.name)}
    codes = np.concatenate(list(sampler.stream(seeds, own, draw=space.name)))
    return Known(codes, read_factors(data, images, where))


def not_encoding(sampler: Sampler, draw: str) -> str:
    """That a model does not encode, in words."""
    return f"{sampler.name} does not encode to {draw.removeprefix(TO)}, as VAEs do ({draw})"
