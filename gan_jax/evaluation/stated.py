"""Whether pictures show what they were asked for, where a set knows both."""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from gan_jax.errors import InputError
from gan_jax.evaluation.comparison import Value
from gan_jax.evaluation.examples import Examples
from gan_jax.features import tower
from gan_jax.metrics.r_precision import r_precision
from gan_jax.metrics.samples import proportion
from gan_jax.sampling.sampler import Sampler

Attributes = Mapping[str, str]


def attribute_accuracy(sampler: Sampler, examples: Examples) -> Iterator[Value]:
    """The share of the stated attributes that pictures show, all in all and by attribute.

    `all` is the share of pictures that show every one of those stated, and `data` the accuracy of the examples' own
    pictures: where it is below 1, reading them fails. A source says what the condition of example i states by
    `asked(i)` and what pictures show by `shown(images)`, both {attribute: value}.
    """
    source = examples.data.source
    if not (hasattr(source, "asked") and hasattr(source, "shown")):
        raise InputError(
            "attribute_accuracy is about a source that says what it asks for, as sprites with captions do."
        )
    asked = [source.asked(int(i)) for i in examples.chosen]
    condition = {name: examples.column(name) for name in sampler.conditions()}
    images = np.concatenate(list(sampler.stream(examples.chosen, condition)))
    marks = _marks(asked, source.shown(images))
    real = _marks(asked, source.shown(examples.column("image")))
    yield Value("accuracy", proportion(_pooled(marks)))
    yield Value("all", proportion(np.array([all(of_one.values()) for of_one in marks])))
    yield Value("data", proportion(_pooled(real)))
    for name in sorted({name for of_one in marks for name in of_one}):
        yield Value(name, proportion(np.array([of_one[name] for of_one in marks if name in of_one])))


def precision(sampler: Sampler, examples: Examples, weights: str, candidates: int) -> Iterator[Value]:
    """R-precision of pictures of the examples' captions, and of the examples' own pictures (`data`)."""
    trained = tower.read(weights)
    column = next((name for name, known in sampler.conditions().items() if known.kind == "text"), None)
    if column is None:
        raise InputError("r_precision is about models that are asked with text.")
    condition = {name: examples.column(name) for name in sampler.conditions()}
    tokenizer = examples.data.tokenizers[column]
    captions = [tokenizer.decode(row) for row in condition[column]]
    texts = trained.texts(captions)
    images = np.concatenate(list(sampler.stream(examples.chosen, condition)))
    settings = {"candidates": candidates}
    yield Value("", r_precision(trained.images(images), texts, captions, candidates), settings)
    yield Value("data", r_precision(trained.images(examples.column("image")), texts, captions, candidates), settings)


def _marks(asked: Sequence[Attributes], shown: Sequence[Attributes]) -> list[dict[str, bool]]:
    """Of each picture and attribute that is asked for whether it is there."""
    return [
        {name: found.get(name) == value for name, value in wanted.items()}
        for wanted, found in zip(asked, shown, strict=True)
    ]


def _pooled(marks: list[dict[str, bool]]) -> np.ndarray:
    return np.array([mark for of_one in marks for mark in of_one.values()])
