"""A weight that keeps an adversarial term as strong as a reconstruction (Esser et al. 2021, VQGAN)."""

from collections.abc import Callable, Mapping

import jax
import jax.numpy as jnp
from jax.lax import stop_gradient
from jaxtyping import Array, Float, PyTree

from gan_jax import paths
from gan_jax.bounds import Amount
from gan_jax.errors import InputError, nearest
from gan_jax.losses.adversarial import AdversarialLoss
from gan_jax.losses.views import CodesView, VaeView


def adaptive(
    view: VaeView | CodesView,
    *,
    game: AdversarialLoss,
    against: Mapping[str, Callable],
    last: str = "decoder/outputs/kernel",
    most: Amount = 1e4,
) -> Float[Array, "batch"]:
    """The generator's side of a game, times |grad against| / (|grad game| + 1e-4), at most `most`.

    `against` are terms that compare the image with its reconstruction, such as `l1` and `perceptual`; both gradients
    are of the global batch's means with respect to the parameter `last`. `weight` is the paper's 0.8.
    """
    known = paths.by_name(view.params)
    if last not in known:
        raise InputError(f"adaptive.last = {last!r} is no parameter of this player. {nearest(last, known)}")

    def decoded(kernel: Array) -> Array:
        return view.redecoded(_replaced(view.params, last, kernel))

    image, pull = jax.vjp(decoded, known[last])

    def compared(image: Array) -> Array:
        own = view.replace(reconstruction=image)
        return sum(term(own).mean() for term in against.values())

    def judged(image: Array) -> Array:
        own = view.replace(fake=image, fake_judged={"logits": view.discriminator(image)})
        return game.generator(own).mean()

    def size(loss: Callable) -> Array:
        (gradient,) = pull(jax.grad(loss)(image))
        gradient = gradient if view.axis_name is None else jax.lax.pmean(gradient, view.axis_name)
        return jnp.linalg.norm(gradient)

    weight = jnp.clip(size(compared) / (size(judged) + 1e-4), 0, most)
    return stop_gradient(weight) * game.generator(view)


def _replaced(params: PyTree, path: str, value: Array) -> PyTree:
    return jax.tree_util.tree_map_with_path(lambda at, leaf: value if paths.name(at) == path else leaf, params)
