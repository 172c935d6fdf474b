"""A classifier of one's own as a function of images: what a reward can ask for."""

from jaxtyping import Array, Float, PyTree

from gan_jax.errors import InputError
from gan_jax.features import classifier
from gan_jax.runs.kept import Kept
from gan_jax.types import Frozen


def make(*, weights: str = "", kept: Kept | None = None) -> Frozen:
    """Images [B, H, W, C] in [-1, 1] of the classifier's size -> logits [B, classes], as after training.

    weights: the file that `gan-jax classifier` wrote; without one, `classifier` in the weights folder.
    """
    if kept is not None:
        return Frozen(logits, kept.variables, kept.identity)
    features = classifier.make(weights)
    return Frozen(logits, features.params, features.identity | {"name": "logits"})


def logits(variables: PyTree, images: Float[Array, "batch height width channels"]) -> Float[Array, "batch classes"]:
    """Batch normalisation by the averages of training: a reward must not depend on what else is in the batch."""
    kernels = variables["params"]
    channels = kernels["conv0"]["kernel"].shape[2]
    if images.shape[-1] != channels:
        raise InputError(f"frozen: the classifier was trained on {channels} channels, not {images.shape[-1]}.")
    network = classifier.Classifier(kernels["logits"]["kernel"].shape[-1])
    return network.apply(variables, images, train=False)[1]
