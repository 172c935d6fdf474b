"""Attributes of images as classes, and how often each is misread: factors measured in the pixels, or a classifier's."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from jaxtyping import Integer, UInt8

from gan_jax.data.factors import Factor, factors_from, read_factors
from gan_jax.errors import InputError, nearest
from gan_jax.evaluation.image_sets import ImageSet, parse
from gan_jax.evaluation.sides import named_features
from gan_jax.features import Features
from gan_jax.metrics.shares import Confusion, confusion

KNOWN = 5000  # images by which mistakes are counted, at most
FACTOR = re.compile(r"(?P<factor>\w+)>(?P<bound>-?(?:\d+\.?\d*|\.\d+))")
Images = UInt8[np.ndarray, "n height width channels"]


class Attribute(NamedTuple):
    """One attribute, read from images with mistakes that are known."""

    name: str
    classes: tuple[str, ...]
    confusion: Confusion
    how: str  # it is read, and on what its mistakes were counted
    read: Callable[[Images], Integer[np.ndarray, "n"]]
    true: Integer[np.ndarray, "n"] | None  # of the training images, where that is known


def make(spec: str, train: ImageSet, held_out: ImageSet | None, labelled: Mapping[str, str]) -> Attribute:
    """The attribute that a word means: FACTOR>NUMBER, or NAME=CLASSIFIER.

    A factor is measured in the pixels by a source that can (`read_factors`), `labelled[FACTOR]` or that of the training
    data; its mistakes are counted on training images, where their factors are known, else on examples of that source.
    A classifier is a file that `gan-jax classifier` wrote, or the name of features with logits; its mistakes are
    counted on the labels of `labelled[NAME]`, a data source, or of held-out images where it is called `label`.

    Raises:
        InputError: the word means neither, nothing is known of images, or reading them is not good enough.
    """
    factor = FACTOR.fullmatch(spec)
    if factor:
        reader = _labelled(labelled.get(factor["factor"]), train) or train
        return _factor(spec, factor["factor"], float(factor["bound"]), reader, train)
    name, equals, classifier = spec.partition("=")
    if not (name and equals and classifier):
        raise InputError(f"--attribute {spec}: should be FACTOR>NUMBER, such as size>0.2, or NAME=CLASSIFIER.")
    known = _labelled(labelled.get(name), train) or (held_out if name == "label" else None)
    if known is None:
        raise InputError(
            f"--attribute {spec}: how often the classifier errs is counted on images whose {name} is known: give them "
            f"by --labelled '{name}=SOURCE', best generated ones labelled by hand, else some it was not trained on."
        )
    return _classified(spec, name, _network(classifier, f"--attribute {spec}"), known, train)


def name_of(spec: str) -> str:
    """What `labelled` calls the attribute that a word means."""
    factor = FACTOR.fullmatch(spec)
    return factor["factor"] if factor else spec.partition("=")[0]


def _labelled(spec: str | None, train: ImageSet) -> ImageSet | None:
    height, width, channels = train.image_shape
    return parse(spec, (height, width), channels, KNOWN) if spec else None


def _network(classifier: str, key: str) -> Features:
    is_file = Path(classifier).suffix == ".npz"
    return named_features("classifier", classifier, key) if is_file else named_features(classifier, None, key)


def _factor(spec: str, name: str, bound: float, reader: ImageSet, train: ImageSet) -> Attribute:
    key = f"--attribute {spec}"
    known = train if _has_factors(train) else reader
    if not _has_factors(known) or reader.examples is None:
        raise InputError(f"{key}: nothing is known of {reader.name}: name a source with factors by --labelled.")
    data = reader.examples.data  # which can read them, and says what they are called

    def above(factors: list[Factor]) -> Integer[np.ndarray, "n"]:
        values = {factor.name: factor.values for factor in factors}
        if name not in values:
            raise InputError(f"{key}: {reader.name} has no such factor. {nearest(name, list(values))}")
        unread = np.isnan(values[name])
        if unread.any():
            raise InputError(
                f"{key}: it cannot be read in {unread.sum()} of {len(unread)} images. A factor that no pixels tell "
                "needs a classifier, NAME=CLASSIFIER; generated images may also be empty: look at them."
            )
        return (values[name] > bound).astype(np.int64)

    def read(images: Images) -> Integer[np.ndarray, "n"]:
        return above(read_factors(data, images, key))

    classes = (f"{name}<={bound:g}", f"{name}>{bound:g}")
    true = above(factors_from(data, known.examples.column("factors"), key))
    every = -(-len(true) // KNOWN)  # so that a sorted set keeps all its classes
    some = known.examples._replace(chosen=known.examples.chosen[::every])
    matrix = confusion(true[::every], read(some.column("image")), classes, key)
    how = f"measured in the pixels, mistakes counted on {len(some.chosen)} images of {known.name}"
    return Attribute(spec, classes, matrix, how, read, true if known is train else None)


def _has_factors(images: ImageSet) -> bool:
    return images.examples is not None and "factors" in images.examples.data.columns


def _classified(spec: str, name: str, network: Features, known: ImageSet, train: ImageSet) -> Attribute:
    key = f"--attribute {spec}"
    images, labels = known.whole()
    if labels is None or known.examples is None:
        raise InputError(f"{key}: the images of {known.name} have no labels, by which to count mistakes.")
    classes = known.examples.data.classes

    def read(images: Images) -> Integer[np.ndarray, "n"]:
        outputs = network.outputs(images)
        if "logits" not in outputs:
            raise InputError(f"{key}: the features {network.name!r} have no logits; take those of a classifier.")
        if outputs["logits"].shape[1] != len(classes):
            raise InputError(
                f"{key}: the classifier knows {outputs['logits'].shape[1]} classes, and {known.name} has "
                f"{len(classes)}: they should be of one labelling."
            )
        return outputs["logits"].argmax(axis=1)

    words = tuple(f"{name}/{word}" for word in classes)
    matrix = confusion(labels.astype(np.int64), read(images), words, key)
    how = f"by {network.name}, mistakes counted on {len(labels)} images of {known.name}"
    true = None
    if name == "label" and train.examples is not None and train.examples.data.classes == classes:
        true = train.examples.column("label").astype(np.int64)
    return Attribute(name, words, matrix, how, read, true)
