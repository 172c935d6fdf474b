"""A classifier of one's own as something to train against: a perceptual distance for images unlike photographs."""

from collections.abc import Callable, Mapping
from typing import Any

import flax.linen as nn
import jax
from jaxtyping import Array, Float, PyTree

from gan_jax.errors import InputError
from gan_jax.features import classifier
from gan_jax.features.lpips import apart
from gan_jax.runs.kept import Kept
from gan_jax.types import Frozen

Images = Float[Array, "batch height width channels"]
Maps = list[Float[Array, "batch _ _ _"]]


def make(*, weights: str = "", kept: Kept | None = None) -> Frozen:
    """(images, images), [B, H, W, C] in [-1, 1] of the classifier's size -> distances [B], of its three maps.

    weights: the file that `gan-jax classifier` wrote; without one, `classifier` in the weights folder.
    """
    if kept is not None:
        return Frozen(_distance_of(kept.identity), kept.variables, kept.identity)
    features = classifier.make(weights)
    return Frozen(_distance_of(features.identity), features.params, features.identity)


def _distance_of(identity: Mapping[str, Any]) -> Callable:
    shape = (*identity["size"], identity["channels"])

    def distance(variables: PyTree, a: Images, b: Images) -> Float[Array, "batch"]:
        if a.shape[1:] != shape:
            raise InputError(f"frozen: the classifier was trained on images {list(shape)}, not on {list(a.shape[1:])}.")
        return apart(_maps(variables, a), _maps(variables, b))

    return distance


def _maps(variables: PyTree, images: Images) -> Maps:
    network = classifier.Classifier(variables["params"]["logits"]["kernel"].shape[-1])
    seen = dict(capture_intermediates=lambda module, _: isinstance(module, nn.BatchNorm), mutable=["intermediates"])
    _, found = network.apply(variables, images, train=False, **seen)
    return [
        jax.nn.relu(found["intermediates"][f"bn{number}"]["__call__"][0]) for number in range(len(classifier.WIDTHS))
    ]
