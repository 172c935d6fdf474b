"""LPIPS, the learned perceptual distance (Zhang et al. 2018), as something to train against."""

from gan_jax.features import lpips
from gan_jax.runs.kept import Kept
from gan_jax.types import Frozen


def make(*, weights: str = "", kept: Kept | None = None) -> Frozen:
    """(images, images), [B, H, W, 1 or 3] in [-1, 1] -> distances [B].

    weights: a file with SqueezeNet 1.1 and LPIPS's heads; without one, `squeezenet` in the weights folder.
    """
    if kept is not None:
        return Frozen(lpips.of_images, kept.variables, kept.identity)
    network = lpips.load(weights)
    return Frozen(lpips.of_images, network.params, network.identity)
